"""How a working file differs from a committed dataset, by looking at it."""

from __future__ import annotations

from rtstore.model.objects import Counts
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.changes import change_between
from rtstore.workspace.files.seen import SeenChange, remember_change
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.results import DatasetChange
from rtstore.workspace.workspace import Workspace


def look_and_compare(
    workspace: Workspace, name: str, committed: bytes | None, known: bytes | None, renamed: bool = False
) -> DatasetChange:
    """Return how a working file last known to be ``known`` differs from ``committed``; remember the answer.

    ``renamed``: what was committed has another name.

    Raises:
        InputError: the file is no valid dataset.
        WorkspaceError: there is something else in its place, or in that of its sidecar.
        UnreadableError: the operating system does not let it be read.
    """
    if known is None:
        count = workspace.dataset(committed).count if committed is not None else 0
        return DatasetChange(name, "removed", Counts(removed=count), count)
    with workspace.transaction() as transaction:
        working = look(workspace, name, known, transaction)
        try:
            if working.problem is not None:
                raise working.problem
            change = difference(workspace, working, committed, transaction, renamed)
        finally:
            working.close()
    if working.signature is not None:
        seen = SeenChange(known, committed, working.signature, working.sidecar, working.when, change)
        remember_change(workspace, name, seen)
    return change


def difference(
    workspace: Workspace,
    working: Working,
    committed: bytes | None,
    reader: ObjectReader,
    renamed: bool = False,
) -> DatasetChange:
    """Return how a working file that was looked at differs from a committed dataset, one ``renamed`` maybe."""
    old = working.dataset
    if committed != working.id:
        old = workspace.dataset(committed) if committed is not None else None
    return change_between(
        working.name, old, working.dataset, reader, working.texts, working.warnings, renamed
    )
