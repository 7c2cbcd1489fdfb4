"""Which of the datasets that came is which of those that went: one that was given another name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from struct import iter_unpack

from rtstore.compare.entries import Common, descend
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
    left = removed.keys() - found.values()
    scored = [
        (-_likeness(removed[old], added[new]), new, old)
        for new in added.keys() - found.keys()
        for old in left
    ]
    for score, new, old in sorted(scored):
        if score and new not in found and old in left:
            found[new] = old
            left.remove(old)
    return found


def keeps_ids(old: Tree, new: Tree) -> bool:
    """Tell whether at least half of the entries of the larger of two versions have their ids in both.

    Raises:
        DamagedError: a page is missing or damaged.
    """
    return _shared_ids(old, new, descend(old, new)) * 2 >= max(len(old), len(new))


def _likeness(old: Tree, new: Tree) -> float:
    """Return which part of the larger dataset both have; 0 where it is less than half."""
    larger = max(len(old), len(new))
    if not larger or min(len(old), len(new)) * 2 < larger:
        return 0
    common = descend(old, new)
    by_id = _shared_ids(old, new, common)
    if by_id * 2 >= larger:
        return by_id / larger
    shared, old_leaves, new_leaves = common
    records = Counter(_records(old, old_leaves)) & Counter(_records(new, new_leaves))
    by_record = sum(count for _, _, count in shared) + records.total()
    return by_record / larger if by_record * 2 >= larger else 0


def _shared_ids(old: Tree, new: Tree, common: Common) -> int:
    shared, old_leaves, new_leaves = common
    same = sum(count for _, _, count in shared)
    return same + len({*_ids(old, old_leaves)} & {*_ids(new, new_leaves)})


def _ids(tree: Tree, leaves: Iterable[PageRef]) -> Iterator[bytes]:
    for ref in leaves:
        yield from (id for (id,) in iter_unpack(f"{ENTRY_ID_SIZE}s", tree.leaf(ref).entries))


def _records(tree: Tree, leaves: Iterable[PageRef]) -> Iterator[bytes]:
    for ref in leaves:
        yield from (id for (id,) in iter_unpack(f"{OBJECT_ID_SIZE}s", tree.leaf(ref).records))
