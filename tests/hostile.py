"""Stores made by somebody hostile: every hash and checksum is right, and what they guard is meant to do harm."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from workspaces import NAME, Desk

from rtstore.history.columns import Columns
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind
from rtstore.model.objects import Commit, Dataset, FileChange, Framing, Operation, Settings, Snapshot, encode

Files = dict[str, FileChange]


def publish(
    desk: Desk, files: Files | None = None, operation: dict[str, Any] | None = None, **state: Any
) -> bytes:
    """Make an operation the newest: with changes of files, other fields, and of its state those given."""
    workspace = desk.store._workspace
    head, newest = workspace.newest()
    made = Operation(head, newest.time, 0, "hostile", replace(newest.state, **state), files=files or {})
    id = workspace.operations.write(replace(made, **(operation or {})))
    workspace.operations.publish(id)
    return id


def store_objects(desk: Desk, kind: Kind, *contents: bytes) -> list[bytes]:
    """Store objects and return their ids."""
    workspace = desk.store._workspace
    with workspace.transaction() as transaction:
        ids = [transaction.add(kind, content) for content in contents]
        transaction.finish()
    workspace.objects.reload()
    return ids


def script(desk: Desk) -> bytes:
    """Store a dataset whose file is a program; return its id."""
    framing = Framing("jsonl", b"#!/bin/sh\necho harm\n", b"\n", b"", 0o755)
    return store_objects(desk, Kind.DATASET, encode(Dataset(None, 0, 0, framing, Settings())))[0]


def dataset_of(desk: Desk, *records: bytes, framing: Framing | None = None, **more: Any) -> Dataset:
    """Return a dataset of records, which are stored as they are given."""
    workspace = desk.store._workspace
    with workspace.transaction() as transaction:
        columns = Columns()
        for number, record in enumerate(records, 1):
            columns.append(number.to_bytes(16, "big"), transaction.add(Kind.RECORD, record), None, None)
        root = build(transaction, columns)
        transaction.finish()
    workspace.objects.reload()
    made = Dataset(root.id, root.height, root.count, framing or Framing(), Settings())
    return replace(made, **more)


def commit(desk: Desk, dataset: Dataset, name: str = NAME, branch: str = "hostile") -> bytes:
    """Make a branch of a commit with a dataset on it; return the commit."""
    [id] = store_objects(desk, Kind.DATASET, encode(dataset))
    [snapshot] = store_objects(desk, Kind.SNAPSHOT, encode(Snapshot(((name, id),))))
    state = desk.store._workspace.state()
    parents = tuple(state.branches.values())[:1]
    [made] = store_objects(
        desk, Kind.COMMIT, encode(Commit(snapshot, parents, "Eve <eve@example.org>", 0, 0, "harm\n"))
    )
    publish(desk, branches={**state.branches, branch: made})
    return made
