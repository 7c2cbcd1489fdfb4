"""Working files: looking at one, taking it into a dataset, and writing a dataset back into one."""
