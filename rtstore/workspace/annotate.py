"""Annotating entries of a working dataset, as one change of what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtstore.errors import UsageError
from rtstore.model.ids import Kind
from rtstore.model.objects import encode
from rtstore.workspace.annotations import Fields, annotated
from rtstore.workspace.draft import Draft
from rtstore.workspace.operate import writing
from rtstore.workspace.rebuild import rebuilt
from rtstore.workspace.results import AnnotateResult
from rtstore.workspace.retrack import recorded, retrack
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace

#: Which entries to change, by position from 0 or the beginning of the id, and what of their annotations.
Changes = Mapping[int | str, Fields | Mapping[str, Any]]


def annotate(workspace: Workspace, name: str, changes: Changes) -> AnnotateResult:
    """Change annotations of entries of the working dataset ``name``. The files stay as they are.

    Raises:
        UsageError: an annotation cannot be as it is to be.
        IndexError, RevisionError: there is no such entry.
        WorkspaceError, InputError, InProgressError: as for ``recorded``.
    """
    with writing(workspace):
        working, dataset = recorded(workspace, name, "annotate")
        draft = Draft(dataset)
        for key, fields in changes.items():
            entry = draft[key]
            entry.annotation = annotated(entry.annotation, fields)
            _check_side(dataset, fields)
        touched = draft.only_edited() or []
        if touched:
            with workspace.transaction() as transaction:
                pieces = draft.pieces(transaction)
                new = rebuilt(transaction, dataset.stored, pieces)
                workspace.carry_index(dataset.stored, new, [piece.splice for piece in pieces])
                id = transaction.add(Kind.DATASET, encode(new))
                retrack(workspace, transaction, working, id, f"annotate {name}")
    return AnnotateResult(name, len(touched))


def _check_side(dataset: Dataset, fields: Fields | Mapping[str, Any]) -> None:
    """Refuse to put an entry on a side that there is not."""
    side, partition = fields.get("partition"), dataset.settings.partition
    if side and (partition is None or side not in partition.names):
        sides = "it is not divided" if partition is None else f"it has: {', '.join(partition.names)}"
        raise UsageError(
            f"{dataset.path} has no side {side}; {sides}", hint="`rtstore partition` divides a dataset."
        )
