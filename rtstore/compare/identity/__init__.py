"""Which line of a working file is which entry, through edits, moves and reordering."""
