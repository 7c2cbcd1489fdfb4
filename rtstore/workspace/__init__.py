"""Working files: scan, status, commit, switch, restore, and the workspace's configuration."""
