"""Dividing a dataset into train, val and so on, so that no entry ever changes sides."""
