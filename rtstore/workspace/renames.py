"""Renames: which dataset of a version is which of another, although its name is not the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, State, decode
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.results import DatasetChange

if TYPE_CHECKING:
    from rtstore.history.tree import Tree
    from rtstore.workspace.files.working import Working
    from rtstore.workspace.workspace import Workspace

#: Old names of datasets that were given another, by their new names.
Sources = Mapping[str, str]

# Only where something both went and came is anything looked at, or imported.


def find_renames(
    removed: Iterable[str],
    added: Iterable[str],
    old: Callable[[str], Tree],
    new: Callable[[str], Tree | None],
) -> dict[str, str]:
    """Return the old names of datasets by their new ones. A file of lines never becomes one with an array.

    ``old`` gives the entries of one that was removed, ``new`` those of one that was added; None if it is no valid
    dataset at the moment.

    Raises:
        DamagedError: a page is missing or damaged.
    """
    gone, came = list(removed), list(added)
    if not gone or not came:
        return {}
    from rtstore.compare.renames import pair_renamed
    from rtstore.workspace.files.observe import layout_of

    found: dict[str, str] = {}
    for layout in {*map(layout_of, gone)} & {*map(layout_of, came)}:
        trees = {name: tree for name in came if layout_of(name) == layout and (tree := new(name)) is not None}
        found |= pair_renamed({name: old(name) for name in gone if layout_of(name) == layout}, trees)
    return found


def renames_between(
    reader: ObjectReader, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> dict[str, str]:
    """Return the renames between two snapshots, the ids of datasets by name."""
    return find_renames(
        before.keys() - after.keys(),
        after.keys() - before.keys(),
        lambda name: _tree(reader, before[name]),
        lambda name: _tree(reader, after[name]),
    )


def renamed_files(workspace: Workspace, state: State, before: Mapping[str, bytes]) -> dict[str, str]:
    """Return the renames between a snapshot and the tracked working files."""
    came = {name for name in state.tracked.keys() - before.keys() if _is_there(workspace, name)}
    if not came:
        return {}
    gone = {name for name in before if name not in state.tracked or not _is_there(workspace, name)}
    if not gone:
        return {}
    from rtstore.workspace.files.working import look

    with workspace.transaction() as transaction:

        def now(name: str) -> Tree | None:
            working = look(workspace, name, state.tracked[name], transaction)
            working.close()
            return workspace.tree(working.dataset, transaction) if working.dataset is not None else None

        return find_renames(gone, came, lambda name: _tree(workspace.objects, before[name]), now)


def renamed_workings(
    workspace: Workspace, workings: Sequence[Working], before: Mapping[str, bytes], reader: ObjectReader
) -> dict[str, str]:
    """Return the renames between a snapshot and working files that were looked at; others do not count."""
    datasets = {one.name: one.dataset for one in workings if one.dataset is not None}
    gone = {one.name for one in workings if one.name in before} - datasets.keys()
    return find_renames(
        gone,
        datasets.keys() - before.keys(),
        lambda name: _tree(workspace.objects, before[name]),
        lambda name: workspace.tree(datasets[name], reader),
    )


def as_renamed(change: DatasetChange, source: str | None) -> DatasetChange:
    """Return how a dataset differs from what it was under another name; None: its name is the same."""
    if source is None:
        return change
    return replace(change, change="edited", stamps_only=False, renamed_from=source)


def _is_there(workspace: Workspace, name: str) -> bool:
    return os.path.lexists(workspace.path(name))


def _tree(reader: ObjectReader, id: bytes) -> Tree:
    from rtstore.history.tree import Root, Tree

    dataset = decode(reader.read(Kind.DATASET, id), Dataset)
    return Tree(reader, Root(dataset.root, dataset.height, dataset.count))
