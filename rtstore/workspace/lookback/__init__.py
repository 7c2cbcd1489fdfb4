"""Looking back: which versions hold a text, how an entry came about, who last changed a turn."""
