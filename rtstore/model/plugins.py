"""What other packages add to rtstore, found by their entry points."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def plugins(group: str) -> tuple[Any, ...]:
    """Return one object of each class that installed packages name under an entry point group, in order of name.

    It is looked for once in a process, and only when it is needed: looking through all packages takes its time.
    """
    from importlib.metadata import entry_points

    return tuple(found.load()() for found in sorted(entry_points(group=group), key=lambda one: one.name))
