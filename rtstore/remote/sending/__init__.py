"""From the store to a backup: what it lacks, and the parts that hold it."""
