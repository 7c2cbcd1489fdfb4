"""Encrypted backups on a git remote: their format, their keys, and keeping a store and a remote in step."""
