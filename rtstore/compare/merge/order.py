"""Where entries go that one version put somewhere, in another version that has its own changes.

The order is that of *ours*. What *theirs* placed, inserted or moved, goes in runs: a run goes after its nearest
left neighbour in theirs that ours has, behind what ours itself placed there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from rtstore.compare.entries import Places

#: Gives the position in ours of the entry at a position of theirs; None if ours does not have it, or it leaves.
Here = Callable[[int], int | None]


class Insertion(NamedTuple):
    """Entries to insert before position ``before`` of ours, by their positions in theirs."""

    before: int
    entries: list[int]


def insertions(placed: Iterable[int], here: Here, own: Collection[int]) -> list[Insertion]:
    """Return where the entries go that theirs placed, in order.

    ``placed``: their positions in theirs. ``own``: positions in ours of what ours placed, and of what leaves; of a
    block that ours moved the first alone, since the others are only behind the one they were behind before.
    """
    runs: dict[int, list[int]] = {}
    for position, anchor in left_neighbours(placed, here).items():
        runs.setdefault(anchor, []).append(position)
    ends = _ends(own)
    # Of two runs that go to one place, that whose neighbour is nearer goes first.
    ordered = sorted((ends.get(anchor + 1, anchor + 1), -anchor, entries) for anchor, entries in runs.items())
    return [Insertion(before, entries) for before, _, entries in ordered]


def left_neighbours(positions: Iterable[int], here: Here) -> dict[int, int]:
    """Return where in ours the nearest left neighbours are that entries of theirs have there; -1: none.

    Ascending by position; none of ``positions`` counts as a neighbour.
    """
    found: dict[int, int] = {}
    for position in sorted(positions):
        for left in range(position - 1, -1, -1):
            anchor = found[left] if left in found else here(left)
            if anchor is not None:
                found[position] = anchor
                break
        else:
            found[position] = -1
    return found


def _ends(own: Collection[int]) -> dict[int, int]:
    """Return, for each of some positions, the first behind it that is none of them."""
    ends: dict[int, int] = {}
    for position in sorted(own, reverse=True):
        ends[position] = ends.get(position + 1, position + 1)
    return ends


class Correspondence:
    """Where entries of theirs are in ours, by way of the base; what both sides added is told with ``unite``."""

    def __init__(self, mine: Places, other: Places) -> None:
        self._mine, self._other = mine, other
        self._twins: dict[int, int] = {}
        #: Positions in ours of what both sides added.
        self.twinned: set[int] = set()

    def unite(self, there: int, here: int) -> None:
        """Take an added entry of theirs and one of ours for the same."""
        self._twins[there] = here
        self.twinned.add(here)

    def here(self, there: int) -> int | None:
        """Return where ours has the entry at a position of theirs; None if it does not have it."""
        if there in self._twins:
            return self._twins[there]
        old = self._other.old(there)
        return None if old is None else self._mine.new(old)

    def is_behind_the_same(self, there: int, here: int) -> bool:
        """Tell whether an entry has the same left neighbour on both sides, of those that both have."""
        left = next((at for at in range(here - 1, -1, -1) if self._is_there(at)), -1)
        return left == left_neighbours([there], self.here)[there]

    def _is_there(self, here: int) -> bool:
        old = self._mine.old(here)
        return here in self.twinned if old is None else self._other.new(old) is not None
