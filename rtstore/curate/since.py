"""Which entries of a version were added or edited since a revision; the cost follows the change."""

from __future__ import annotations

from typing import NamedTuple

from rtstore.compare.entries import relate
from rtstore.compare.identity.inherited import with_old_ids
from rtstore.compare.version import Version
from rtstore.curate.entries import Entries
from rtstore.history.tree import Tree
from rtstore.model.jsontext import equal
from rtstore.workspace.merging.scratch import Scratch
from rtstore.workspace.renames import find_renames


class Changed(NamedTuple):
    """What happened since: positions of entries added, and of those edited with their record ids before."""

    added: frozenset[int]
    edited: dict[int, bytes]

    def positions(self, kind: str) -> frozenset[int]:
        """Return the positions of the entries that were ``added``, ``edited``, or (``changed``) either."""
        if kind == "added":
            return self.added
        return frozenset(self.edited) if kind == "edited" else self.added | self.edited.keys()


def changed_since(entries: Entries, revision: str) -> Changed:
    """Return what was added and edited since a revision. A dataset that it did not have is new as a whole.

    An entry whose record is only written differently was not edited; one that only moved was not either.

    Raises:
        RevisionError: there is no such revision.
        DamagedError: something is missing or damaged.
    """
    workspace = entries.workspace
    before = workspace.snapshot(workspace.resolve(revision, workspace.state()))
    name = entries.path if entries.path in before else _old_name(entries, before)
    if name is None:
        return Changed(frozenset(range(len(entries))), {})
    old = Version(workspace.dataset(before[name]), workspace.objects)
    new = Version(entries.dataset, entries.reader, lambda position, _: entries.record_at(position))
    if name != entries.path:
        new = with_old_ids(old, new, Scratch(entries.reader))
    changes = relate(old.tree, new.tree).changes
    edited = {}
    for change in changes.changed:
        same = change.old_record == change.new_record or equal(
            entries.old_record(change.old_record), *entries.readable([entries.record_at(change.new_position)])
        )
        if not same or change.old_annotation != change.new_annotation:
            edited[change.new_position] = change.old_record
    return Changed(frozenset(each.position for each in changes.added), edited)


def _old_name(entries: Entries, before: dict[str, bytes]) -> str | None:
    """Return the name that the dataset had in a snapshot that has none of its name."""
    workspace = entries.workspace
    after = workspace.state().tracked if entries.commit is None else workspace.snapshot(entries.commit)

    def old(name: str) -> Tree:
        return workspace.tree(workspace.dataset(before[name]))

    gone = [name for name in before if name not in after]
    return find_renames(gone, [entries.path], old, lambda _: entries.tree).get(entries.path)
