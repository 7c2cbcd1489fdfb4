"""What differs between two decoded JSON values, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rtstore.compare.difference import MISSING, FieldChange
from rtstore.model.jsonedit import dotted
from rtstore.model.jsontext import Path


class Difference(NamedTuple):
    """A value that differs, and where it is. ``MISSING`` stands for not being there."""

    path: Path
    old: Any
    new: Any

    def under(self, prefix: str) -> FieldChange:
        """Return the same as a field below something that has a name: ``tags/approved``."""
        below = dotted(self.path)
        separator = "." if below and below[0] != "[" else ""
        return FieldChange(prefix + separator + below, self.old, self.new)


def same(old: Any, new: Any) -> bool:
    """Tell whether two decoded values are the same. 1, 1.0 and true are not; NaN is the same as NaN."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return len(old) == len(new) and all(
            key in new and same(value, new[key]) for key, value in old.items()
        )
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new or (old != old and new != new))


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Difference]:
    """Yield what differs, in the order of the old value, then what is new.

    Objects are gone through member by member, lists of objects item by item; any other list is one value.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key, MISSING), new.get(key, MISSING), (*path, key))
    elif _has_items(old) and _has_items(new):
        yield from _of_lists(old, new, path)
    elif not same(old, new):
        yield Difference(path, old, new)


def _has_items(value: Any) -> bool:
    """Tell whether a value is a list of objects or lists, which have something in them to differ."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict | list) for item in value)


def _of_lists(old: list[Any], new: list[Any], path: Path) -> Iterator[Difference]:
    """Yield what differs in the items between those that are the same at the beginning and the end."""
    start = end = 0
    most = min(len(old), len(new))
    while start < most and same(old[start], new[start]):
        start += 1
    while end < most - start and same(old[-1 - end], new[-1 - end]):
        end += 1
    for index in range(start, max(len(old), len(new)) - end):
        before = old[index] if index < len(old) - end else MISSING
        after = new[index] if index < len(new) - end else MISSING
        yield from differences(before, after, (*path, index))
