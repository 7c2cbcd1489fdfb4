"""Keeping a store and a backup in step: fetch and push."""
