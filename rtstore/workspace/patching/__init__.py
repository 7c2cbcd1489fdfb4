"""Patches: doing to working files what was done to other versions of them."""
