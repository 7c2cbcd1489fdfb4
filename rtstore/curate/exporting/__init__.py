"""Export: a version of a dataset as the file that a trainer reads."""
