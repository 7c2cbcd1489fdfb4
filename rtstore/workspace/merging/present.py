"""A dataset of a merge as it is now, and the entries in it that conflicts are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from rtstore.compare.merge.contents import RecordContents, Storage
from rtstore.compare.merge.versions import Version, version_of
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.history.tree import Entry, Root, Tree, entry_at, positions_of
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Dataset
from rtstore.model.volatile import Volatile
from rtstore.workspace.files.working import Working
from rtstore.workspace.merging.scratch import Scratch
from rtstore.workspace.workspace import Workspace


class Present:
    """A dataset and where in it the entries of conflicts are, which is found out once for all of them."""

    def __init__(self, storage: Storage, dataset: Dataset, conflicts: Iterable[Conflict]) -> None:
        self.storage = storage
        self.dataset = dataset
        self.tree = tree_of(storage, dataset)
        self.contents = RecordContents(storage, Volatile(dataset.settings.volatile))
        self._conflicts = [conflict for conflict in conflicts if conflict.entry]

    def position(self, conflict: Conflict) -> int | None:
        """Return where the entry of a conflict is; None if it is not there."""
        return self._positions.get(conflict.entry)

    def entry(self, conflict: Conflict) -> Entry | None:
        """Return the entry of a conflict; None if it is not there."""
        position = self.position(conflict)
        return None if position is None else entry_at(self.tree, position)

    def version(self, conflict: Conflict) -> Version | None:
        """Return what the entry of a conflict is; None if it is not there."""
        entry = self.entry(conflict)
        return None if entry is None else version_of(entry)

    @cached_property
    def _positions(self) -> Mapping[bytes, int]:
        # Mostly they are where the merge left them.
        found = {
            one.entry: one.position
            for one in self._conflicts
            if one.position < len(self.tree) and entry_at(self.tree, one.position).entry == one.entry
        }
        return found | positions_of(self.tree, {one.entry for one in self._conflicts} - found.keys())


def is_about_dataset(conflict: Conflict) -> bool:
    """Tell whether a conflict is about a dataset as a whole: whether there is to be one."""
    return not conflict.entry and conflict.kind != "registry"


def missing_file(conflict: Conflict, working: Working) -> str | None:
    """Return the file that a conflict is about and that is not there, though nobody decided that; None: it is there."""
    if working.known is None or is_about_dataset(conflict):
        return None
    if working.missing:
        return working.name
    if conflict.kind == "registry" and conflict.left is not None and working.sidecar is None:
        return sidecar_path(working.name)
    return None


def tree_of(storage: Storage, dataset: Dataset) -> Tree:
    """Return the entries of a dataset."""
    return Tree(storage, Root(dataset.root, dataset.height, dataset.count))


def presence(
    workspace: Workspace, scratch: Scratch, storage: Storage, conflicts: Iterable[Conflict], working: Working
) -> Present | None:
    """Return what a working file is that was looked at; None if there is none, and is to be none.

    A file that is no dataset at the moment, or is missing although it is tracked, counts as it was last seen, unless
    the conflict is whether there is to be one. ``scratch``, over which ``storage`` is, gets the records that are
    stored nowhere yet and that conflicts are about.
    """
    own = [conflict for conflict in conflicts if conflict.dataset == working.name]
    if working.dataset is None:
        if working.known is None or (working.missing and any(map(is_about_dataset, own))):
            return None
        return Present(storage, workspace.dataset(working.known), own)
    present = Present(storage, working.dataset, own)
    for conflict in own if working.texts is not None else ():
        position = present.position(conflict)
        text = None if position is None or working.texts is None else working.texts.record(position)
        if text is not None:
            scratch.add(Kind.RECORD, text)
    return present
