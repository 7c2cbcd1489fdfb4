"""Iterative stratification: each entry tag divided in proportion, the rarest first (Sechidis and others, 2011).

Strata by whole sets of tags would mostly have one entry each, and by first tags would leave the others to chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from rtstore.model.partitions import WHOLE


class Stratum(NamedTuple):
    """What goes to one side as a whole: how often each tag is in it, its number of entries, its place by chance."""

    tags: Counter[str]
    size: int
    mark: bytes


#: Stands for what has no tags.
_UNTAGGED = ""


def stratified(items: Sequence[Stratum], shares: Sequence[int]) -> list[int]:
    """Return the side of each item, such that each tag is divided in proportion to the ``shares`` of the sides.

    All is counted in billionths: the same on every machine.
    """
    work = _Work(items, shares)
    while (tag := work.rarest()) is not None:
        for number in sorted(work.open[tag], key=lambda number: items[number].mark):
            work.assign(number, tag)
    return work.sides


class _Work:
    def __init__(self, items: Sequence[Stratum], shares: Sequence[int]) -> None:
        self._items = [
            item if item.tags else item._replace(tags=Counter({_UNTAGGED: item.size})) for item in items
        ]
        self.sides = [0] * len(items)
        self.open: dict[str, set[int]] = {}
        totals: Counter[str] = Counter()
        for number, item in enumerate(self._items):
            totals.update(item.tags)
            for tag in item.tags:
                self.open.setdefault(tag, set()).add(number)
        #: What each side still wants: of all entries, and of those with a tag.
        size = sum(item.size for item in items)
        self._wanted = [share * size for share in shares]
        self._wanted_of = {tag: [share * count for share in shares] for tag, count in totals.items()}
        self._heap = [(len(numbers), tag) for tag, numbers in self.open.items()]
        heapify(self._heap)

    def rarest(self) -> str | None:
        """Return the tag with the fewest items that have no side yet; None when all have."""
        while self._heap:
            count, tag = heappop(self._heap)
            left = len(self.open[tag])
            if left == count and left:
                return tag
            if left:
                heappush(self._heap, (left, tag))
        return None

    def assign(self, number: int, tag: str) -> None:
        """Put an item where its tag is wanted most, then where entries are."""
        item, wanted = self._items[number], self._wanted_of[tag]
        side = max(range(len(wanted)), key=lambda one: (wanted[one], self._wanted[one], -one))
        self.sides[number] = side
        self._wanted[side] -= item.size * WHOLE
        for each, count in item.tags.items():
            self._wanted_of[each][side] -= count * WHOLE
            self.open[each].discard(number)
