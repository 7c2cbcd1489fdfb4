"""Curation: selecting entries by what they say and are, and checking that they are what trainers need."""
