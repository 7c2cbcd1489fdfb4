"""Bringing two lines of work together: merge, cherry-pick, revert, and the conflicts they leave."""
