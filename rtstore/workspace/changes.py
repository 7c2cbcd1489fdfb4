"""How a dataset differs between two versions, in counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rtstore.errors import InputError
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.jsontext import equal
from rtstore.model.objects import Counts, Dataset
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.results import DatasetChange

if TYPE_CHECKING:
    from rtstore.compare.entries import Change, EntryChanges
    from rtstore.workspace.files.texts import LineTexts


def same_content(old: Dataset | None, new: Dataset | None) -> bool:
    """Tell whether two versions differ at most in stamps: what makes a working file clean (law 3)."""
    if old is None or new is None:
        return old is new
    return (old.root, old.framing, old.registry, old.settings) == (
        new.root,
        new.framing,
        new.registry,
        new.settings,
    )


def change_between(
    name: str,
    old: Dataset | None,
    new: Dataset | None,
    reader: ObjectReader,
    texts: LineTexts | None = None,
    warnings: tuple[str, ...] = (),
) -> DatasetChange:
    """Return how a dataset changed; None stands for not being there.

    ``texts`` reads records of the new version that are not stored.
    """
    if old is None or new is None:
        there = new or old
        count = there.count if there else 0
        if new is not None:
            return DatasetChange(name, "added", Counts(added=count), count, warnings=warnings)
        return DatasetChange(name, "removed", Counts(removed=count), count, warnings=warnings)
    if same_content(old, new):
        return DatasetChange(
            name, "unchanged", Counts(), new.count, stamps_only=old.stamps != new.stamps, warnings=warnings
        )
    from rtstore.compare.entries import compare  # late: most of the time nothing has to be compared

    changes = compare(_tree(old, reader), _tree(new, reader))
    return DatasetChange(
        name,
        "edited",
        count_changes(changes, old, new, reader, texts),
        new.count,
        registry_changed=old.registry != new.registry,
        framing_changed=old.framing != new.framing,
        warnings=warnings,
    )


def count_changes(
    changes: EntryChanges, old: Dataset, new: Dataset, reader: ObjectReader, texts: LineTexts | None
) -> Counts:
    """Count the differences of two versions. An entry that both moved and changed counts as changed."""
    volatile = Volatile(new.settings.volatile)

    def new_record(change: Change) -> bytes:
        text = texts.record(change.new_position) if texts is not None else None
        return reader.read(Kind.RECORD, change.new_record) if text is None else text

    edited = sum(1 for change in changes.changed if is_edit(change, reader, new_record, volatile))
    changed = {change.entry for change in changes.changed}
    reformatted = len(changes.changed) - edited
    if old.framing.separator != new.framing.separator:
        reformatted = old.count - len(changes.removed) - edited
    return Counts(
        added=len(changes.added),
        removed=len(changes.removed),
        edited=edited,
        moved=sum(1 for move in changes.moved if move.entry not in changed),
        reformatted=reformatted,
    )


def is_edit(
    change: Change, reader: ObjectReader, new_record: Callable[[Change], bytes], volatile: Volatile
) -> bool:
    """Tell whether an entry's content changed, and not only how it is written."""
    if change.old_annotation != change.new_annotation:
        return True
    if change.old_record == change.new_record:
        return False
    return is_edited(reader.read(Kind.RECORD, change.old_record), new_record(change), volatile)


def is_edited(old: bytes, new: bytes, volatile: Volatile) -> bool:
    """Tell whether two records say different things."""
    try:
        return not equal(volatile.readable(old), volatile.readable(new))
    except InputError:  # nested too deep to be compared from here
        return True


def _tree(dataset: Dataset, reader: ObjectReader) -> Tree:
    return Tree(reader, Root(dataset.root, dataset.height, dataset.count))
