"""Renames: a dataset that is gone and one that is new, with the same records in the same order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from rtstore.history.tree import Tree
from rtstore.workspace.results import DatasetChange

#: Gives the entries of a dataset that was added or removed; None if they cannot be read.
TreeOf = Callable[[str], Tree | None]


def with_renames(changes: Sequence[DatasetChange], old: TreeOf, new: TreeOf) -> tuple[DatasetChange, ...]:
    """Return the changes, those of datasets that were only given another path with ``renamed_from``.

    ``old`` is asked for datasets that were removed, ``new`` for those that were added.
    """
    gone = [change for change in changes if change.change == "removed"]
    found: dict[str, str] = {}
    for added in changes if gone else ():
        same = [one for one in gone if added.change == "added" and one.entries == added.entries > 0]
        tree = new(added.path) if same else None
        if tree is None:
            continue
        source = next((one for one in same if _same_records(old(one.path), tree)), None)
        if source is not None:
            gone.remove(source)
            found[added.path] = source.path
    return tuple(
        replace(change, renamed_from=found[change.path]) if change.path in found else change
        for change in changes
    )


def _same_records(old: Tree | None, new: Tree) -> bool:
    # By record: without an id field, entries of another file are named anew, and leaves end elsewhere.
    return old is not None and (old.root == new.root or _records(old) == _records(new))


def _records(tree: Tree) -> bytes:
    return b"".join(_columns(tree))


def _columns(tree: Tree) -> Iterator[bytes]:
    for ref in tree.leaves():
        yield tree.leaf(ref).records
