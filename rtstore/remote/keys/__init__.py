"""The keys of a backup, and those of the people and machines that may open it."""
