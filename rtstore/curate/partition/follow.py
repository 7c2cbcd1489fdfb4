"""Where entries go that have no side yet: to those that they are alike, else where their ids put them.

An entry that has a side for good decides for all that say the same, then for all of its group. Entries that hang
together and none of which has a side yet go where the first of them in order goes: what is appended later cannot move
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rtstore.curate.partition.alike import NO_GROUP, Alike


class Cluster(NamedTuple):
    """Entries that hang together, by position in order."""

    positions: list[int]

    @property
    def first(self) -> int:
        """The one that decides."""
        return self.positions[0]


#: Tells the sides of clusters that nothing else decides about.
Decide = Callable[[Sequence[Cluster]], Sequence[int]]


def follow(
    fresh: Sequence[int], common: Sequence[Alike], sides: Sequence[int], decide: Decide
) -> dict[int, int]:
    """Return the sides of the entries at the positions ``fresh``, in order; all others have those in ``sides``."""
    new = set(fresh)
    settled = _Settled(common, (at for at in range(len(common)) if at not in new), sides)
    found: dict[int, int] = {}
    undecided: list[Cluster] = []
    for cluster in _clusters(fresh, common):
        known = [(at, side) for same in _same(cluster, common) for at, side in settled.sides(same)]
        found.update(known)
        if len(known) == len(cluster.positions):
            continue
        if known:
            side = min(known)[1]
            found.update((at, side) for at in cluster.positions if at not in found)
        else:
            undecided.append(cluster)
    for cluster, side in zip(undecided, decide(undecided), strict=True):
        found.update((at, side) for at in cluster.positions)
    return found


class _Settled:
    """The sides that entries with a side for good give to those that are like them."""

    def __init__(self, common: Sequence[Alike], positions: Iterable[int], sides: Sequence[int]) -> None:
        self._common = common
        self._said: dict[bytes, int] = {}
        self._group: dict[bytes, int] = {}
        for at in positions:
            self._said.setdefault(common[at].said, sides[at])
            if common[at].group != NO_GROUP:
                self._group.setdefault(common[at].group, sides[at])

    def sides(self, same: Sequence[int]) -> list[tuple[int, int]]:
        """Return the side of entries that say the same, each with its position; none if nothing is known."""
        side = self._said.get(self._common[same[0]].said)
        if side is None:
            groups = (self._group.get(self._common[at].group) for at in same)
            side = next((one for one in groups if one is not None), None)
        return [] if side is None else [(at, side) for at in same]


def _same(cluster: Cluster, common: Sequence[Alike]) -> Iterable[list[int]]:
    """Return the entries of a cluster that say the same, together."""
    found: dict[bytes, list[int]] = {}
    for at in cluster.positions:
        found.setdefault(common[at].said, []).append(at)
    return found.values()


def _clusters(positions: Sequence[int], common: Sequence[Alike]) -> Iterator[Cluster]:
    """Yield entries that say the same or are of one group, and those that are so connected through others."""
    joined = _Union()
    for at in positions:
        joined.join((0, common[at].said), (1, common[at].group) if common[at].group != NO_GROUP else None)
    clusters: dict[object, list[int]] = {}
    for at in positions:
        clusters.setdefault(joined.root((0, common[at].said)), []).append(at)
    yield from map(Cluster, clusters.values())


_Token = tuple[int, bytes]


class _Union:
    """Sets of tokens that were joined (union-find)."""

    def __init__(self) -> None:
        self._parents: dict[_Token, _Token] = {}

    def join(self, one: _Token, other: _Token | None) -> None:
        """Put two tokens into one set, or one into its own."""
        root = self.root(one)
        if other is not None:
            self._parents[self.root(other)] = root

    def root(self, token: _Token) -> _Token:
        """Return what stands for the set of a token."""
        parents = self._parents
        while (parent := parents.setdefault(token, token)) != token:
            parents[token] = token = parents.setdefault(parent, parent)
        return token
