"""Histories written down as what each commit held: with merges, renames, and entries made of others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workspaces import NAME, Desk

from rtstore.history.columns import Columns
from rtstore.history.refs import with_commit
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, Commit, Dataset, Framing, Settings, Snapshot, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.changes import change_between
from rtstore.workspace.operate import Command, perform, writing


class Told(NamedTuple):
    """An entry as a story has it: its name, its turns, what it was made of, other fields of its record."""

    name: str
    turns: Sequence[str]
    sources: Sequence[str] = ()
    fields: Mapping[str, Any] = {}


def entry_id(name: str) -> bytes:
    """Return the id of the entry of a name: the name itself, in bytes."""
    return name.encode().ljust(16, b"\0")


def record(told: Told) -> bytes:
    """Return the record of an entry: its first turn is the system's, then user and assistant take turns."""
    roles = ["system", *["user", "assistant"] * len(told.turns)]
    messages = [{"role": role, "content": text} for role, text in zip(roles, told.turns, strict=False)]
    return json.dumps({"messages": messages, **told.fields}, ensure_ascii=False).encode()


class Story:
    """Adds commits to a store, each with all its entries; ``main`` is at the last one."""

    def __init__(self, desk: Desk) -> None:
        self.workspace = desk.store._workspace
        self._time = 1_780_000_000

    def commit(
        self,
        datasets: Sequence[Told] | Mapping[str, Sequence[Told]],
        *parents: bytes,
        message: str = "a session",
    ) -> bytes:
        """Add a commit with these parents and return its id. A list is the dataset of the usual name."""
        by_name = datasets if isinstance(datasets, Mapping) else {NAME: datasets}
        with writing(self.workspace), self.workspace.transaction() as transaction:
            stored = {name: self._dataset(transaction, entries) for name, entries in by_name.items()}
            ids = {name: transaction.add(Kind.DATASET, encode(dataset)) for name, dataset in stored.items()}
            snapshot = transaction.add(Kind.SNAPSHOT, encode(Snapshot(tuple(sorted(ids.items())))))
            counts = self._counts(transaction, stored, parents)
            self._time += 60
            author = "Ann <ann@example.org>"
            commit = Commit(
                snapshot, parents, author, self._time, 0, f"{message}\n", counts, f"session {message}"
            )
            id = transaction.add(Kind.COMMIT, encode(commit))
            state = with_commit(self.workspace.state(), id)
            perform(self.workspace, transaction, Command("commit", state))
        return id

    def _dataset(self, transaction: Transaction, entries: Sequence[Told]) -> Dataset:
        columns = Columns()
        for told in entries:
            annotation = Annotation(lineage=tuple(map(entry_id, told.sources)))
            noted = transaction.add(Kind.ANNOTATION, encode(annotation)) if told.sources else None
            columns.append(entry_id(told.name), transaction.add(Kind.RECORD, record(told)), noted)
        root = build(transaction, columns)
        return Dataset(root.id, root.height, root.count, Framing(), Settings())

    def _counts(
        self, transaction: Transaction, datasets: Mapping[str, Dataset], parents: Sequence[bytes]
    ) -> Any:
        before = self.workspace.snapshot(parents[0]) if parents else {}
        changes = []
        for name in sorted({*before, *datasets}):
            old = self.workspace.dataset(before[name]) if name in before else None
            changes.append(change_between(name, old, datasets.get(name), transaction))
        return tuple((change.path, change.counts) for change in changes if not change.clean)
