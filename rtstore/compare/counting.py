"""How many entries differ between two versions, by kind of difference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rtstore.errors import InputError
from rtstore.model.jsontext import equal
from rtstore.model.objects import Counts, Dataset
from rtstore.model.volatile import Volatile

if TYPE_CHECKING:
    from rtstore.compare.entries import Change, EntryChanges

#: Gives the record that an entry had, or has.
Record = Callable[["Change"], bytes]


def count_changes(
    changes: EntryChanges,
    old: Dataset,
    new: Dataset,
    old_record: Record,
    new_record: Record,
    whole: bool = True,
) -> Counts:
    """Count the differences of two versions. An entry that both moved and changed counts as changed.

    Where the file's usual separator changed, every entry of both versions is at least reformatted, provided that
    these are the changes of the ``whole`` dataset.
    """
    volatile = volatile_of(old, new)
    edited = sum(1 for change in changes.changed if is_edit(change, old_record, new_record, volatile))
    changed = {change.entry for change in changes.changed}
    reformatted = len(changes.changed) - edited
    if whole and old.framing.separator != new.framing.separator:
        reformatted = old.count - len(changes.removed) - edited
    return Counts(
        added=len(changes.added),
        removed=len(changes.removed),
        edited=edited,
        moved=sum(1 for move in changes.moved if move.entry not in changed),
        reformatted=reformatted,
    )


def volatile_of(old: Dataset, new: Dataset) -> Volatile:
    """Return what makes records of either version readable: the fields volatile in one of them."""
    return Volatile(dict.fromkeys((*old.settings.volatile, *new.settings.volatile)))


def is_edit(change: Change, old_record: Record, new_record: Record, volatile: Volatile) -> bool:
    """Tell whether an entry's content changed, and not only how it is written."""
    if change.old_annotation != change.new_annotation:
        return True
    if change.old_record == change.new_record:
        return False
    return is_edited(old_record(change), new_record(change), volatile)


def is_edited(old: bytes, new: bytes, volatile: Volatile) -> bool:
    """Tell whether two records say different things."""
    try:
        return not equal(volatile.readable(old), volatile.readable(new))
    except InputError:  # nested too deep to be compared from here
        return True
