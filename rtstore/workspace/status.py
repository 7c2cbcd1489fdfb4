"""Where the workspace stands: how each tracked working file differs from HEAD."""

from __future__ import annotations

from rtstore.formats.sidecar import sidecar_path
from rtstore.history.refs import head_commit
from rtstore.storage.signature import signature
from rtstore.storage.transaction import Transaction
from rtstore.workspace.changes import change_between
from rtstore.workspace.results import DatasetChange, Status
from rtstore.workspace.seen import SeenChange, recall_change, remember_change, still_valid
from rtstore.workspace.working import Working, look
from rtstore.workspace.workspace import Workspace


def status(workspace: Workspace) -> Status:
    """Return where the workspace stands.

    Raises:
        InputError: a working file is no valid dataset.
    """
    state = workspace.state()
    head = head_commit(state)
    committed = workspace.snapshot(head)
    names = sorted({*state.tracked, *committed})
    with workspace.transaction() as transaction:
        datasets = tuple(
            working_change(workspace, name, committed.get(name), state.tracked.get(name), transaction)
            for name in names
        )
    return Status(state.branch, head, datasets)


def working_change(
    workspace: Workspace, name: str, committed: bytes | None, known: bytes | None, transaction: Transaction
) -> DatasetChange:
    """Return how one working file differs from a committed dataset (None: none was).

    A dataset that is no longer tracked counts as removed.
    """
    if known is None:
        old = workspace.dataset(committed) if committed is not None else None
        return change_between(name, old, None, transaction)
    remembered = _remembered(workspace, name, committed, known)
    if remembered is not None:
        return remembered
    working = look(workspace, name, known, transaction)
    try:
        if working.problem is not None:
            raise working.problem
        change = change_of(workspace, working, committed, transaction)
    finally:
        working.close()
    if working.signature is not None:
        seen = SeenChange(known, committed, working.signature, working.sidecar, working.when, change)
        remember_change(workspace, name, seen)
    return change


def change_of(
    workspace: Workspace, working: Working, committed: bytes | None, transaction: Transaction
) -> DatasetChange:
    """Return how a working file that was looked at differs from a committed dataset."""
    old = workspace.dataset(committed) if committed is not None else None
    return change_between(working.name, old, working.dataset, transaction, working.texts, working.warnings)


def _remembered(
    workspace: Workspace, name: str, committed: bytes | None, known: bytes
) -> DatasetChange | None:
    seen = recall_change(workspace, name)
    if seen is None or (seen.base, seen.head) != (known, committed):
        return None
    now = signature(workspace.path(name))
    return seen.change if still_valid(seen, now, signature(workspace.path(sidecar_path(name)))) else None
