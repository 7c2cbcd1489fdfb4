"""Curating datasets: what is done to entries for the sake of what is trained on them."""
