"""Where an entry is in a commit, and where it was in the commit before: through edits, moves and renames.

From a version to the one before, an entry is found by descending both trees along the page boundaries around it,
which an edit elsewhere leaves alone. Where that does not lead to it the versions are compared; either way the cost
follows the history and not the size of the dataset.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple

from rtstore.compare.entries import relate
from rtstore.history.tree import PageRef, Tree, leaf_entries
from rtstore.model.ids import ENTRY_ID_SIZE, Kind
from rtstore.model.objects import Annotation, Commit, Dataset, decode
from rtstore.model.shapes import Turn
from rtstore.model.volatile import Volatile
from rtstore.workspace.lookback.reading import turns_of
from rtstore.workspace.workspace import Workspace

#: Datasets whose trees, with the pages read of them, are kept for the next question.
_KEPT: Final = 8


class Place(NamedTuple):
    """An entry in a version: its dataset's name and id, its position from 0, what the tree has of it."""

    path: str
    dataset: bytes
    position: int
    entry: bytes
    record: bytes
    annotation: bytes | None

    def same_entry(self, other: Place | None) -> bool:
        """Tell whether two versions of an entry are the same in a dataset of the same name."""
        return other is not None and self[3:] == other[3:] and self.path == other.path


class Places:
    """Finds entries in commits, and in their parents from there."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._datasets: OrderedDict[bytes, tuple[Dataset, Tree]] = OrderedDict()
        self._snapshots: OrderedDict[bytes, dict[str, bytes]] = OrderedDict()

    def datasets(self, commit: bytes) -> dict[str, bytes]:
        """Return the ids of the datasets of a commit by name."""
        if commit not in self._snapshots:
            self._snapshots[commit] = self._workspace.snapshot(commit)
            if len(self._snapshots) > _KEPT:
                self._snapshots.popitem(last=False)
        return self._snapshots[commit]

    def dataset(self, id: bytes) -> tuple[Dataset, Tree]:
        """Return a dataset and its tree."""
        known = self._datasets.pop(id, None)
        if known is None:
            dataset = self._workspace.dataset(id)
            known = dataset, self._workspace.tree(dataset)
            if len(self._datasets) >= _KEPT:
                self._datasets.popitem(last=False)
        self._datasets[id] = known
        return known

    def at(self, path: str, dataset: bytes, position: int) -> Place:
        """Return the place of the entry at a position."""
        leaf, index = self.dataset(dataset)[1].locate(position)
        row = next(leaf_entries(leaf, index, index + 1))
        return Place(path, dataset, position, row.entry, row.record, row.annotation)

    def find(self, commit: bytes, entry: bytes, near: str) -> Place | None:
        """Look for an entry in all datasets of a commit, first in the one named ``near``."""
        datasets = self.datasets(commit)
        for path in sorted(datasets, key=lambda path: (path != near, path)):
            stored = self.dataset(datasets[path])[0]
            position = self._workspace.index_of(stored).find(entry)
            if position is not None:
                return self.at(path, datasets[path], position)
        return None

    def before(self, place: Place, commit: bytes, parent: bytes) -> Place | None:
        """Return where an entry of ``commit`` was in its parent; None if it was not there.

        An entry of another dataset is the same one if it is not in that any more: its dataset was renamed, or it
        was moved from one file to another.
        """
        id = self.datasets(parent).get(place.path)
        if id is not None:
            position = self._position_before(id, place)
            if position is not None:
                return self.at(place.path, id, position)
        for path, old, new in self._changed(commit, parent):
            if path != place.path:
                position = self._moved_here(old, new, place)
                if position is not None:
                    return self.at(path, old, position)
        return None

    def removed(self, entry: bytes, commit: bytes, parent: bytes) -> Place | None:
        """Return where an entry was in a parent of a commit that does not have it; None if it was not there."""
        for path, old, new in self._changed(commit, parent):
            position = self._only_in_old(old, new, entry)
            if position is not None:
                return self.at(path, old, position)
        return None

    def record(self, place: Place) -> bytes:
        """Return the record of an entry as JSON, with null in place of volatile values."""
        volatile = Volatile(self.dataset(place.dataset)[0].settings.volatile)
        return volatile.readable(self._workspace.objects.read(Kind.RECORD, place.record))

    def turns(self, place: Place) -> list[Turn]:
        """Return the turns of an entry."""
        return turns_of(self.record(place))

    def annotation(self, place: Place) -> Annotation:
        """Return what is known about an entry beside its record."""
        if place.annotation is None:
            return Annotation()
        return decode(self._workspace.objects.read(Kind.ANNOTATION, place.annotation), Annotation)

    def _changed(self, commit: bytes, parent: bytes) -> Iterator[tuple[str, bytes, bytes | None]]:
        """Yield what datasets of a parent became, where they changed: name, old id, new id."""
        after = self.datasets(commit)
        for path, old in self.datasets(parent).items():
            if old != after.get(path):
                yield path, old, after.get(path)

    def _position_before(self, id: bytes, place: Place) -> int | None:
        (old, old_tree), (new, new_tree) = self.dataset(id), self.dataset(place.dataset)
        if old.root == new.root:
            return place.position
        found = _along_boundaries(old_tree, new_tree, place)
        return found if found is not None else relate(old_tree, new_tree).places.old(place.position)

    def _moved_here(self, old: bytes, new: bytes | None, place: Place) -> int | None:
        if new is None and self.dataset(old)[0].root == self.dataset(place.dataset)[0].root:
            return place.position
        return self._only_in_old(old, new, place.entry)

    def _only_in_old(self, old: bytes, new: bytes | None, entry: bytes) -> int | None:
        """Return the position of an entry in the old version of a dataset that the new one does not have."""
        dataset, tree = self.dataset(old)
        if new is None:
            return self._workspace.index_of(dataset).find(entry)
        after, after_tree = self.dataset(new)
        if dataset.root == after.root:
            return None
        removed = relate(tree, after_tree).changes.removed
        return next((each.position for each in removed if each.entry == entry), None)


def may_touch(commit: Commit, path: str | None) -> bool:
    """Tell from its counts alone whether a commit can have changed an entry of a dataset.

    None for ``path``: whether it can have removed an entry of any.
    """
    if len(commit.parents) != 1:
        return True
    if path is None:
        return any(counts.removed for _, counts in commit.counts)
    return any(name == path for name, _ in commit.counts)


def _along_boundaries(old: Tree, new: Tree, place: Place) -> int | None:
    """Return the position in ``old`` of an entry of ``new``, found by the last entries of the pages around it.

    None says nothing: those pages may end elsewhere in the old version.
    """
    if not len(old) or old.root.height != new.root.height:
        return None
    there: PageRef | None = old.top()
    for level in range(new.root.height, -1, -1):
        here = new.page_at(level, place.position)
        if there is not None and there.level > level:
            there = _ending_with(old, there, here.last)
        if there is None:
            return None
        if there.id == here.id:
            return there.start + place.position - here.start
    return None if there is None else _in_leaf(old, there, place.entry)


def _ending_with(tree: Tree, ref: PageRef, last: bytes) -> PageRef | None:
    return next((child for child in tree.children(ref) if child.last == last), None)


def _in_leaf(tree: Tree, ref: PageRef, entry: bytes) -> int | None:
    ids = tree.leaf(ref).entries
    at = ids.find(entry)
    while at % ENTRY_ID_SIZE:
        if at < 0:
            return None
        at = ids.find(entry, at + 1)
    return ref.start + at // ENTRY_ID_SIZE
