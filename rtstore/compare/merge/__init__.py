"""Three-way merge: of entries, of what is inside an entry, of what belongs to a dataset as a whole."""
