"""What merge, cherry-pick, revert, conflicts and resolve show: outcomes, conflicts in words, the walk through them."""
