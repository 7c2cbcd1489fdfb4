"""What heads datasets and entries in a difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rtstore.cli import text
from rtstore.compare.difference import EntryChange, FieldChange

if TYPE_CHECKING:
    from rtstore.compare.datasets import DatasetDifference


def summary(difference: DatasetDifference) -> str:
    """Return what differs in a dataset, counted."""
    count = difference.counts
    if difference.change != "edited":
        return f"dataset {difference.change}, {text.entries(count.added + count.removed)}"
    renamed = [] if difference.renamed_from is None else ["renamed"]
    other = [f"{name} changed" for name, found in beside_entries(difference).items() if found]
    return ", ".join([*renamed, *filter(None, [text.counts(count)]), *other])


def beside_entries(difference: DatasetDifference) -> dict[str, Sequence[FieldChange]]:
    """Return what else differs than entries: in the ``registry``, in the ``file``.

    What moves between entries and the registry while the sidecar is as it was is of no interest to a person.
    """
    if difference.sidecar_differs:
        return {"registry": difference.registry, "file": list(map(_of_file, difference.file))}
    file = [_of_file(change) for change in difference.file if not change.path.startswith("order/")]
    return {"registry": (), "file": file}


def _of_file(change: FieldChange) -> FieldChange:
    """Return what differs around the records as people call it: ``mode: 644 -> 755``."""
    path = change.path.removeprefix("framing.")
    if path == "mode" and isinstance(change.old, str) and isinstance(change.new, str):
        return FieldChange(path, int(change.old), int(change.new))  # digits alone need no quotes
    return FieldChange(path, change.old, change.new)


def label(name: str) -> str:
    """Return a stored name as part of a line: it can neither steer the terminal nor begin a line of its own."""
    return " ".join(text.printable(name).split())


def position(entry: EntryChange) -> int:
    """Return where an entry is, counted from 1: in the new version, if it is in that."""
    at = entry.old_position if entry.new_position is None else entry.new_position
    return (at or 0) + 1


def move(entry: EntryChange) -> str:
    """Return from where to where an entry moved; empty if it did not."""
    if not entry.moved and entry.change != "moved":
        return ""
    places = f"{(entry.old_position or 0) + 1:,} -> {(entry.new_position or 0) + 1:,}"
    return f"  {places}" if entry.change == "moved" else f"  moved {places}"
