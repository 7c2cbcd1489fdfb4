"""Carrying uncommitted changes over to another version, where the two do not collide.

A three-way merge of entries in which nothing is merged inside an entry: whatever both changed differently is a
collision.
"""

from __future__ import annotations

from typing import NamedTuple

from rtstore.compare.merge.entries import merge_entries
from rtstore.compare.merge.outcome import Source
from rtstore.compare.merge.versions import Joined, Version
from rtstore.history.splice import Splice
from rtstore.history.tree import Tree


class Carried(NamedTuple):
    """The changes as splices of the target. ``sources`` has, for each, where its entries are from: ``ours`` is
    the target, ``theirs`` the working version.

    ``collisions``: the entries both sides changed; then the rest is of no use.
    """

    splices: list[Splice]
    sources: list[list[Source]]
    collisions: list[bytes]


def carry(base: Tree, working: Tree, target: Tree, usual: bytes) -> Carried:
    """Return what makes of ``target`` a version with the changes from ``base`` to ``working``.

    ``usual`` is the separator that goes without saying in the result. An entry that both moved goes where the
    working version has it.
    """
    merged = merge_entries(base, target, working, _Colliding(), usual, their_moves=True)
    collisions = [*(conflict.entry for conflict in merged.conflicts), *merged.renamed]
    return Carried([], [], collisions) if collisions else Carried(merged.splices, merged.sources, [])


class _Colliding:
    """Takes any two changes of one entry for a contradiction."""

    has_renames = False

    def join(self, base: Version | None, ours: Version, theirs: Version, choose: str | None) -> Joined:
        """Leave what is there, and say that it does not go together."""
        return Joined(ours, 0, clash=True)

    def outweighs_removal(self, old: Version, new: Version) -> bool:
        """Every change counts."""
        return True

    def renamed(self, version: Version, side: str) -> Version:
        """Nothing has another name."""
        return version
