"""What was: the trees that hold datasets, and the snapshots, commits and operations made of them."""
