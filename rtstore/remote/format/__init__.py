"""The files of a backup: what a part, a head and the changes of a dataset's entries look like."""
