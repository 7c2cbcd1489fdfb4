"""Work on what a dataset says: choosing, checking, dividing and exporting its conversations."""
