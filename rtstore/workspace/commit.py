"""Commit: recording what the working files are."""

from __future__ import annotations

from collections.abc import Sequence

from rtstore.errors import NothingToDoError, UsageError, WorkspaceError
from rtstore.history.refs import head_commit, with_commit
from rtstore.workspace.author import format_author, parse_author
from rtstore.workspace.files.working import Working, look, note
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.record import changes_in, check_message, store_commit
from rtstore.workspace.results import CommitResult, DatasetChange
from rtstore.workspace.status import present
from rtstore.workspace.workspace import Workspace


def commit(
    workspace: Workspace, message: str, author: str, names: Sequence[str] = (), allow_empty: bool = False
) -> CommitResult:
    """Record all tracked working files, or those named, as a commit on HEAD.

    A tracked file that is gone is recorded as removed. A merge in progress is finished by it.

    Raises:
        NothingToDoError: nothing but stamps differs from HEAD.
        InputError: a working file is no valid dataset.
        WorkspaceError: there is something else in the place of one.
        UnreadableError: the operating system does not let one be read.
        ConflictsError: a merge is in progress that has conflicts.
    """
    author = format_author(parse_author(author))
    check_message(message)
    if workspace.state().merging is not None:
        return _finish_merge(workspace, message, author, names)
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        head = head_commit(state)
        committed = workspace.snapshot(head)
        there = present(workspace, state, committed)
        chosen = _chosen(names, there)
        looked_at = [
            look(workspace, name, state.tracked.get(name), transaction, transaction)
            if name in state.tracked
            else Working(name, None, None, None)
            for name in chosen
        ]
        try:
            changes = changes_in(workspace, looked_at, committed, transaction)
        finally:
            for working in looked_at:
                working.close()
        workings = [working for working in looked_at if working.name in state.tracked]
        if not allow_empty and all(change.clean for change in changes):
            raise _nothing(changes)
        datasets = {name: id for name, id in committed.items() if name not in chosen}
        datasets.update((working.name, working.id) for working in workings if working.id is not None)
        new = store_commit(transaction, datasets, () if head is None else (head,), author, message, changes)
        tracked = dict.fromkeys(state.tracked.keys() - {*there})
        tracked |= {working.name: working.id for working in workings}
        state = with_commit(tracked_with(state, tracked), new[0])
        outcome = perform(workspace, transaction, Command(f"commit: {_first_line(message)}", state))
    for working in workings:
        note(workspace, working)
    return CommitResult(*new, changes, outcome.bytes_added)


def _finish_merge(workspace: Workspace, message: str, author: str, names: Sequence[str]) -> CommitResult:
    """Finish the merge in progress: its datasets and all others are committed."""
    from rtstore.workspace.merging.finish import finish_by_commit

    if names:
        raise UsageError(
            "a merge is in progress: it is committed as a whole", hint="Run: rtstore commit, without names."
        )
    return finish_by_commit(workspace, message, author)


def _chosen(names: Sequence[str], existing: list[str]) -> list[str]:
    if not names:
        return existing
    for name in names:
        if name not in existing:
            raise WorkspaceError(f"{name} is not tracked", hint=f"Run: rtstore add {name}")
    return sorted(set(names))


def _nothing(changes: Sequence[DatasetChange]) -> NothingToDoError:
    stamped = sum(change.stamps_only for change in changes)
    what = "only time stamps differ from HEAD" if stamped else "nothing differs from HEAD"
    if not changes:
        what = "no dataset is tracked"
    hint = "Run: rtstore add FILE" if not changes else "Use --allow-empty to commit all the same."
    return NothingToDoError(f"nothing to commit: {what}", hint=hint)


def _first_line(message: str) -> str:
    return message.strip().split("\n")[0][:72]
