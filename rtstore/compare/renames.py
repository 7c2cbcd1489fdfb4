"""Which of the datasets that came is which of those that went: one that was given another name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from struct import iter_unpack

from rtstore.compare.entries import Shared, descend
from rtstore.history.tree import PageRef, Tree
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE


def pair_renamed(removed: Mapping[str, Tree], added: Mapping[str, Tree]) -> dict[str, str]:
    """Return the old names of datasets that were only given another, by their new names.

    A removed and an added dataset are the same one if they share at least half of the entries of the larger: by id,
    or by record where ids were given anew. Those that share most are paired first, then in the order of their names,
    each once. One without entries is never paired.

    Raises:
        DamagedError: a page is missing or damaged.
    """
    found: dict[str, str] = {}
    # What was merely renamed needs no look at its entries, be it a whole directory of datasets.
    roots: dict[bytes, list[str]] = {}
    for name in sorted(removed, reverse=True):
        if (root := removed[name].root.id) is not None:
            roots.setdefault(root, []).append(name)
    for name in sorted(added):
        if same := roots.get(added[name].root.id or b""):
            found[name] = same.pop()
    left = {name: _Entries(removed[name]) for name in removed.keys() - found.values()}
    others = {name: _Entries(added[name]) for name in added.keys() - found.keys()}
    scored = [
        (-_likeness(old, new), new_name, old_name)
        for new_name, new in others.items()
        for old_name, old in left.items()
    ]
    for score, new_name, old_name in sorted(scored):
        if score and new_name not in found and old_name in left:
            found[new_name] = old_name
            del left[old_name]
    return found


def keeps_ids(old: Tree, new: Tree) -> bool:
    """Tell whether at least half of the entries of the larger of two versions have their ids in both.

    Raises:
        DamagedError: a page is missing or damaged.
    """
    shared, old_leaves, new_leaves = descend(old, new)
    ids = {*_ids(old, old_leaves)}.intersection(_ids(new, new_leaves))
    return (_count(shared) + len(ids)) * 2 >= max(len(old), len(new))


class _Entries:
    """The entries of a dataset that is compared with several: what has to be looked at as a whole is kept."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def ids(self) -> Set[bytes]:
        return {*_ids(self.tree, self.tree.leaves())}

    @cached_property
    def records(self) -> Counter[bytes]:
        return Counter(_records(self.tree, self.tree.leaves()))


def _likeness(old: _Entries, new: _Entries) -> float:
    """Return which part of the larger dataset both have; 0 where it is less than half."""
    sizes = len(old.tree), len(new.tree)
    larger = max(sizes)
    if not larger or min(sizes) * 2 < larger:
        return 0
    shared, old_leaves, new_leaves = descend(old.tree, new.tree)
    same = _count(shared)
    if same:
        # Most of what was only edited is in pages that both have.
        ids = {*_ids(old.tree, old_leaves)} & {*_ids(new.tree, new_leaves)}
        if (same + len(ids)) * 2 >= larger:
            return (same + len(ids)) / larger
    by_id = len(old.ids & new.ids)
    if by_id * 2 >= larger:
        return by_id / larger
    by_record = 0 if old.records.keys().isdisjoint(new.records) else (old.records & new.records).total()
    return by_record / larger if by_record * 2 >= larger else 0


def _count(shared: Iterable[Shared]) -> int:
    return sum(count for _, _, count in shared)


def _ids(tree: Tree, leaves: Iterable[PageRef]) -> Iterator[bytes]:
    for ref in leaves:
        yield from (id for (id,) in iter_unpack(f"{ENTRY_ID_SIZE}s", tree.leaf(ref).entries))


def _records(tree: Tree, leaves: Iterable[PageRef]) -> Iterator[bytes]:
    for ref in leaves:
        yield from (id for (id,) in iter_unpack(f"{OBJECT_ID_SIZE}s", tree.leaf(ref).records))
