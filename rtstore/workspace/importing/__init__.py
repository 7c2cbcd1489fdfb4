"""Taking conversations from other files into a dataset."""
