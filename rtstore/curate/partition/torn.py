"""Entries that have to be on one side and are on several: edited to say the same since they got their sides."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rtstore.curate.partition.alike import NO_GROUP, Alike


class Torn(Struct, frozen=True):
    """An entry that is alike another one, on another side. Positions count from 0.

    ``why``: ``duplicate`` (both say the same) or ``group`` (both have the same value in the field to group by).
    """

    position: int
    side: str
    other: int
    other_side: str
    why: str


def torn(common: Sequence[Alike], sides: Sequence[str]) -> list[Torn]:
    """Return the entries that are alike an earlier one which is on another side, in order."""
    said: dict[bytes, int] = {}
    groups: dict[bytes, int] = {}
    found = []
    for at, alike in enumerate(common):
        first = said.setdefault(alike.said, at)
        if sides[first] != sides[at]:
            found.append(Torn(at, sides[at], first, sides[first], "duplicate"))
        elif alike.group != NO_GROUP:
            first = groups.setdefault(alike.group, at)
            if sides[first] != sides[at]:
                found.append(Torn(at, sides[at], first, sides[first], "group"))
    return found
