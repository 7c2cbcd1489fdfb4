"""Readers and writers of the files people work with: JSONL, JSON arrays and their sidecars."""
