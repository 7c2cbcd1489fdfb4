"""Commit: recording what the working files are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtstore.errors import NothingToDoError, UsageError, WorkspaceError
from rtstore.history.refs import head_commit, with_commit
from rtstore.model.ids import Kind
from rtstore.model.objects import Commit, Snapshot, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.author import format_author, parse_author
from rtstore.workspace.clock import now
from rtstore.workspace.difference import difference
from rtstore.workspace.files.working import Working, look, note
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.results import CommitResult, DatasetChange
from rtstore.workspace.workspace import Workspace


def commit(
    workspace: Workspace, message: str, author: str, names: Sequence[str] = (), allow_empty: bool = False
) -> CommitResult:
    """Record all tracked working files, or those named, as a commit on HEAD.

    A tracked file that is gone is recorded as removed.

    Raises:
        NothingToDoError: nothing but stamps differs from HEAD.
        InputError: a working file is no valid dataset.
    """
    author = format_author(parse_author(author))
    if not message.strip():
        raise UsageError("a commit needs a message", hint='Say what the session did: -m "MESSAGE"')
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        head = head_commit(state)
        committed = workspace.snapshot(head)
        chosen = _chosen(names, {*state.tracked, *committed})
        workings = [
            look(workspace, name, state.tracked.get(name), transaction, transaction)
            for name in chosen
            if name in state.tracked
        ]
        try:
            changes = _changes(workspace, chosen, workings, committed, transaction)
        finally:
            for working in workings:
                working.close()
        if not allow_empty and all(change.clean for change in changes):
            raise _nothing(changes)
        datasets = {name: id for name, id in committed.items() if name not in chosen}
        datasets.update((working.name, working.id) for working in workings if working.id is not None)
        new = store_commit(transaction, datasets, head, author, message, changes)
        tracked = {working.name: working.id for working in workings}
        state = with_commit(tracked_with(state, tracked), new[0])
        outcome = perform(workspace, transaction, Command(f"commit: {_first_line(message)}", state))
    for working in workings:
        note(workspace, working)
    return CommitResult(*new, tuple(changes), outcome.bytes_added)


def store_commit(
    transaction: Transaction,
    datasets: dict[str, bytes],
    parent: bytes | None,
    author: str,
    message: str,
    changes: Iterable[DatasetChange],
) -> tuple[bytes, Commit]:
    """Add a commit of a snapshot, and the snapshot; return its id and itself."""
    snapshot = transaction.add(Kind.SNAPSHOT, encode(Snapshot(tuple(sorted(datasets.items())))))
    seconds, offset = now()
    counts = tuple((change.path, change.counts) for change in changes if not change.clean)
    parents = () if parent is None else (parent,)
    made = Commit(snapshot, parents, author, seconds, offset, message.strip() + "\n", counts)
    return transaction.add(Kind.COMMIT, encode(made)), made


def _chosen(names: Sequence[str], existing: set[str]) -> list[str]:
    if not names:
        return sorted(existing)
    for name in names:
        if name not in existing:
            raise WorkspaceError(f"{name} is not tracked", hint=f"Run: rtstore add {name}")
    return sorted(set(names))


def _changes(
    workspace: Workspace,
    names: Sequence[str],
    workings: Sequence[Working],
    committed: dict[str, bytes],
    transaction: Transaction,
) -> list[DatasetChange]:
    by_name = {working.name: working for working in workings}
    changes = []
    for name in names:
        working = by_name.get(name) or Working(name, None, None, None)
        if working.problem is not None:
            raise working.problem
        changes.append(difference(workspace, working, committed.get(name), transaction))
    return changes


def _nothing(changes: Sequence[DatasetChange]) -> NothingToDoError:
    stamped = sum(change.stamps_only for change in changes)
    what = "only time stamps differ from HEAD" if stamped else "nothing differs from HEAD"
    if not changes:
        what = "no dataset is tracked"
    hint = "Run: rtstore add FILE" if not changes else "Use --allow-empty to commit all the same."
    return NothingToDoError(f"nothing to commit: {what}", hint=hint)


def _first_line(message: str) -> str:
    return message.strip().split("\n")[0][:72]
