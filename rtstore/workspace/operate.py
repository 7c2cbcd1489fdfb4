"""Finishing a command: everything it did becomes one operation, and working files follow.

The order is what makes it one atom: objects are durable; new working files lie complete under temporary names;
the operation is written; the intent says which files will be renamed; the head pointer moves (the commit point);
the files are renamed; the intent is cleared. A command killed before the commit point never happened, one killed
after it is finished by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import msgspec

from rtstore.errors import FileChangedError, MissingObjectError, StorageError, UnfinishedError
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.model.objects import FileChange, Operation, State
from rtstore.model.soundness import operation_problem
from rtstore.storage.intent import Intent, clear_intent, damaged, read_intent, write_intent
from rtstore.storage.repack import merge_small_packs
from rtstore.storage.transaction import Transaction
from rtstore.workspace.clock import now
from rtstore.workspace.files.staging import Rewrite, Staging, drop_temporaries, put_in_place
from rtstore.workspace.workspace import Workspace

#: So many datasets are named in the text of a command.
NAMED: Final = 3


class Outcome(msgspec.Struct, frozen=True):
    """What a finished command left: its operation, the bytes the store grew by."""

    operation: bytes
    bytes_added: int


class Command(msgspec.Struct):
    """What a command wants to happen: a new state, and working files to rewrite.

    ``text`` is what the operation log calls it. ``kind`` and ``target`` are those of the operation.
    """

    text: str
    state: State
    rewrites: Sequence[Rewrite] = ()
    kind: str = "command"
    target: bytes | None = None
    horizon: bytes | None = None


@contextmanager
def writing(workspace: Workspace) -> Iterator[None]:
    """Hold the store's lock for a command that changes something; finishes or undoes an interrupted one first.

    Raises:
        LockedError: another command holds it.
    """
    with workspace.lock:
        recover(workspace)
        workspace.objects.reload()
        yield


def interrupted(workspace: Workspace) -> Intent | None:
    """Return what an interrupted command was about to do; None if there is none.

    Raises:
        DamagedError: the record of it is damaged, or is about other files than its operation.
    """
    intent = read_intent(workspace.files, workspace.directory)
    if intent is None:
        return None
    try:
        names = workspace.operations.read(intent.operation).files
    except MissingObjectError:
        raise damaged(workspace.directory) from None
    if not {one.final for one in intent.replacements} <= {*names, *map(sidecar_path, names)}:
        raise damaged(workspace.directory)
    return intent


def recover(workspace: Workspace) -> None:
    """Finish or undo what an interrupted command was doing. The lock must be held."""
    intent = interrupted(workspace)
    if intent is not None:
        if intent.operation == workspace.operations.head():
            # The head may have moved just before the interruption, and not be durable.
            workspace.files.sync_directory(workspace.directory)
            put_in_place(workspace, intent)
        else:
            drop_temporaries(workspace, intent.replacements)
            clear_intent(workspace.files, workspace.directory)


def recover_if_free(workspace: Workspace) -> None:
    """The same for a command that only reads: when nobody holds the lock, and the store can be written to."""
    if not workspace.read_only() and workspace.lock.try_acquire():
        try:
            recover(workspace)
        finally:
            workspace.lock.release()


def perform(workspace: Workspace, transaction: Transaction, command: Command) -> Outcome:
    """Make a command's effect durable. The lock must be held, the transaction complete.

    Raises:
        FileChangedError: another program saved a working file meanwhile. Before the commit point nothing has
            changed; after it only that file was left as it is, and the message says so.
        StorageError: the operating system refused, and nothing has changed.
        UnfinishedError: it refused after the commit point.
    """
    grown = transaction.finish()
    parent, newest = workspace.newest()
    seconds, offset = now()
    operation = Operation(
        parent,
        seconds,
        offset,
        command.text,
        command.state,
        command.kind,
        command.target,
        {rewrite.name: FileChange(rewrite.before, rewrite.after) for rewrite in command.rewrites},
        command.horizon or newest.horizon,
    )
    problem = operation_problem(operation)
    if problem is not None:  # nobody could read it again
        raise AssertionError(f"the operation {problem}: a bug in rtstore")
    staged = Staging(workspace)
    try:
        for rewrite in command.rewrites:
            staged.stage(rewrite)
        staged.finish()
        id = workspace.operations.write(operation)
        intent = Intent(id, tuple(staged.replacements))
        if staged.replacements:
            write_intent(workspace.files, workspace.directory, intent)
        workspace.operations.publish(id)
    except BaseException as error:
        if workspace.operations.head() == parent:
            with suppress(StorageError):  # the first error is the one to tell; the next command tidies up
                drop_temporaries(workspace, staged.replacements)
                clear_intent(workspace.files, workspace.directory)
        elif isinstance(error, StorageError):
            raise _unfinished(error) from error
        raise
    if staged.replacements:
        try:
            changed = put_in_place(workspace, intent)
        except StorageError as error:
            raise _unfinished(error) from error
        staged.remember(changed)
        if changed:
            raise FileChangedError(
                f"another program saved {', '.join(changed)} at the same moment; the command is done, "
                "but that file was left as the other program wrote it",
                hint="`rtstore status` shows how it differs; `rtstore undo` takes the command back.",
            )
    else:
        staged.remember(())
    merge_small_packs(workspace.files, workspace.objects)
    return Outcome(id, grown)


def _unfinished(error: StorageError) -> UnfinishedError:
    return UnfinishedError(
        f"{error.message}; the command is done, but for what failed here",
        hint=f"{error.hint} The next command finishes it." if error.hint else "The next command finishes it.",
    )


def listed(names: Sequence[str]) -> str:
    """Return names for the text of a command: the first few, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def tracked_with(state: State, changes: Mapping[str, bytes | None]) -> State:
    """Return the state with other datasets tracked; None stops tracking one."""
    tracked = {**state.tracked, **{name: id for name, id in changes.items() if id is not None}}
    for name, id in changes.items():
        if id is None:
            tracked.pop(name, None)
    return msgspec.structs.replace(state, tracked=dict(sorted(tracked.items())))
