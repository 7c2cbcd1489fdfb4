"""Undo and redo: taking operations back, one after the other, and doing them again.

An operation is taken back by going to the state before it, and its working files from what it left to what was
there before. Both are operations themselves, so nothing is ever lost by them.
"""

from __future__ import annotations

import msgspec

from rtstore.errors import NothingToDoError, UncommittedChangesError
from rtstore.history.refs import head_commit
from rtstore.model.objects import FileChange, Operation, Saved, State
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import look, save
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.results import UndoResult
from rtstore.workspace.transition import Transition, plan
from rtstore.workspace.workspace import Workspace


def undo(workspace: Workspace) -> UndoResult:
    """Take back the newest operation that has not been taken back.

    Raises:
        NothingToDoError: there is none.
        UncommittedChangesError: working files were edited since, and the edits collide.
    """
    with writing(workspace), workspace.transaction() as transaction:
        target, operation = _to_undo(workspace)
        if operation.parent is None or target == workspace.newest()[1].horizon:
            raise NothingToDoError("there is nothing to undo")
        before = workspace.operations.read(operation.parent)
        changes = {name: FileChange(c.after, c.before) for name, c in operation.files.items()}
        return _go_to(workspace, transaction, before.state, changes, "undo", target, operation)


def redo(workspace: Workspace) -> UndoResult:
    """Do again what the newest ``undo`` took back.

    Raises:
        NothingToDoError: nothing was taken back since the last other operation.
        UncommittedChangesError: working files were edited since, and the edits collide.
    """
    with writing(workspace), workspace.transaction() as transaction:
        stack = _undone(workspace)
        if not stack:
            raise NothingToDoError("there is nothing to redo")
        operation = workspace.operations.read(stack[-1])
        return _go_to(workspace, transaction, operation.state, operation.files, "redo", stack[-1], operation)


def _to_undo(workspace: Workspace) -> tuple[bytes, Operation]:
    """Return the operation whose outcome is the present state."""
    id, operation = workspace.newest()
    while operation.kind != "command":
        if operation.kind != "care":
            assert operation.target is not None
            id = operation.target
        if operation.kind != "redo":
            parent = workspace.operations.read(id).parent
            if parent is None:
                raise NothingToDoError("there is nothing to undo")
            id = parent
        operation = workspace.operations.read(id)
    return id, operation


def _undone(workspace: Workspace) -> list[bytes]:
    """Return the operations taken back since the last command, the one to do again last."""
    steps = []
    for _, operation in workspace.operations.walk():
        if operation.kind == "command":
            break
        if operation.kind != "care":
            steps.append(operation)
    stack: list[bytes] = []
    for operation in reversed(steps):
        assert operation.target is not None
        if operation.kind == "undo":
            stack.append(operation.target)
        elif stack:
            stack.pop()
    return stack


def _go_to(
    workspace: Workspace,
    transaction: Transaction,
    goal: State,
    changes: dict[str, FileChange],
    kind: str,
    target: bytes,
    operation: Operation,
) -> UndoResult:
    state = workspace.state()
    transitions = [
        _plan(workspace, transaction, state, name, change) for name, change in sorted(changes.items())
    ]
    rewrites = [one.rewrite for one in transitions if one.rewrite is not None]
    # Identity is taken from what the files were last seen to be, which is newer than the state gone to.
    seen = state.tracked | {one.name: one.known for one in transitions if one.known is not None}
    new = tracked_with(goal, {name: seen[name] for name in goal.tracked if name in seen})
    perform(
        workspace,
        transaction,
        Command(f"{kind}: {operation.command}", new, rewrites, kind=kind, target=target),
    )
    files = tuple(rewrite.name for rewrite in rewrites)
    return UndoResult(target, operation.command, files, new.branch, head_commit(new))


def _plan(
    workspace: Workspace, transaction: Transaction, state: State, name: str, change: FileChange
) -> Transition:
    """Plan one file: from what the operation left (``before`` here) to what was there."""
    source, goal = change.before, change.after
    if source.dataset is not None and goal.dataset is not None and goal.sidecar is None:
        known = msgspec.structs.replace(state, tracked={name: source.dataset, **state.tracked})
        return plan(workspace, transaction, known, name, source.dataset, goal.dataset)
    working = look(workspace, name, source.dataset, transaction, transaction)
    working.close()
    held = save(workspace, working, transaction)
    # Where there is no file, a sidecar beside it is that of another dataset.
    present = Saved() if working.missing else held
    if present != source and not _is_stamped(workspace, transaction, held, source):
        raise UncommittedChangesError(
            f"{name} was changed since, and would be overwritten",
            entries=(name,),
            hint="Commit or move the file away, then run the command again.",
        )
    rewrite = Rewrite(name, held, goal, working.signature, working.sidecar)
    return Transition(name, rewrite, goal.dataset)


def _is_stamped(workspace: Workspace, transaction: Transaction, held: Saved, source: Saved) -> bool:
    """Tell whether two datasets differ in stamps alone."""
    from rtstore.workspace.changes import same_content

    if held.dataset is None or source.dataset is None:
        return False
    return same_content(workspace.dataset(held.dataset, transaction), workspace.dataset(source.dataset))
