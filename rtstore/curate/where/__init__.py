"""The expression language of ``--where``: which entries are meant, by what they say and what is known of them."""
