"""Annotating entries of a working dataset, as one change of what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rtstore.history.columns import Columns
from rtstore.history.splice import Splice, splice
from rtstore.history.tree import Root, entry_at
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, encode
from rtstore.model.objects import Dataset as Stored
from rtstore.storage.transaction import Transaction
from rtstore.workspace.annotations import Fields, annotated, check_side
from rtstore.workspace.operate import writing
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
        new = _changed(dataset, changes)
        if new:
            with workspace.transaction() as transaction:
                stored = with_annotations(transaction, dataset, new)
                id = transaction.add(Kind.DATASET, encode(stored))
                retrack(workspace, transaction, working, id, f"annotate {name}")
    return AnnotateResult(name, len(new))


def with_annotations(
    transaction: Transaction, dataset: Dataset, annotations: Mapping[int, Annotation]
) -> Stored:
    """Return a dataset in which entries have other annotations, by position; what it consists of is stored.

    No record is read: the cost is that of the pages.
    """
    stored, ids = dataset.stored, dict[Annotation, bytes | None]()
    splices = []
    for at, annotation in sorted(annotations.items()):
        if annotation not in ids:
            empty = annotation == Annotation()
            ids[annotation] = None if empty else transaction.add(Kind.ANNOTATION, encode(annotation))
        row, column = entry_at(dataset.tree, at), Columns()
        column.append(row.entry, row.record, ids[annotation], row.separator)
        splices.append(Splice(at, at + 1, column))
    root = splice(transaction, transaction, Root(stored.root, stored.height, stored.count), splices)
    return replace(stored, root=root.id, height=root.height, count=root.count)


def _changed(dataset: Dataset, changes: Changes) -> dict[int, Annotation]:
    """Return the annotations that are to be others, by position."""
    old: dict[int, Annotation] = {}
    new: dict[int, Annotation] = {}
    for key, fields in changes.items():
        at = _position(dataset, key)
        if at not in old:
            old[at] = new[at] = dataset.annotation_of(dataset.row(at))
        new[at] = annotated(new[at], fields)
        check_side(dataset.path, dataset.settings.partition, fields.get("partition", ""))
    return {at: annotation for at, annotation in new.items() if annotation != old[at]}


def _position(dataset: Dataset, key: int | str) -> int:
    if isinstance(key, str):
        return dataset.position_of(key)
    position = key + len(dataset) if key < 0 else key
    if not 0 <= position < len(dataset):
        raise IndexError(f"{dataset.path} has {len(dataset)} entries")
    return position
