"""Validation: whether entries are what trainers and RoleThread take, and what a curator should look at.

``findings`` has every rule by its code, ``rules`` applies them to a record; ``quick`` tells most records that are plain
and sound without that; ``checking`` goes through datasets. Repair, and checks before a commit, build on ``rules``.
"""
