"""From a backup to the store: what is fetched is checked, stored, and only then counts."""
