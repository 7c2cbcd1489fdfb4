"""rtstore: version control for conversation datasets."""
