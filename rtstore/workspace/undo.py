"""Undo and redo: taking operations back, one after the other, and doing them again.

An operation is taken back by going to the state before it, and its working files from what it left to what was
there before. Both are operations themselves, so nothing is ever lost by them. Forced over edits that are in the way,
they are commands of their own: what is taken back by the next ``undo`` is then the forced step, edits and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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

#: How an operation changed working files, by name.
Files = dict[str, FileChange]


class _Step(NamedTuple):
    """One step back or forth: ``undo`` or ``redo``, and the operation it is about."""

    kind: str
    target: bytes
    operation: Operation
    force: bool

    def command(self, state: State, rewrites: Sequence[Rewrite], forced: bool) -> Command:
        """Return the step as a command. ``forced``: it overwrites edits."""
        text = self.operation.command
        if forced:
            return Command(f"{self.kind} --force: {text}", state, rewrites)
        return Command(f"{self.kind}: {text}", state, rewrites, kind=self.kind, target=self.target)


def undo(workspace: Workspace, force: bool = False) -> UndoResult:
    """Take back the newest operation that has not been taken back.

    ``force``: even where working files were edited since, and the edits collide.

    Raises:
        NothingToDoError: there is none.
        UncommittedChangesError: working files were edited since, and the edits collide.
    """
    with writing(workspace), workspace.transaction() as transaction:
        target, operation, files = _to_undo(workspace)
        if operation.parent is None or target == workspace.newest()[1].horizon:
            raise NothingToDoError("there is nothing to undo")
        before = workspace.operations.read(operation.parent)
        step = _Step("undo", target, operation, force)
        return _go_to(workspace, transaction, before.state, _back(files), step)


def redo(workspace: Workspace, force: bool = False) -> UndoResult:
    """Do again what the newest ``undo`` took back.

    ``force``: as for ``undo``.

    Raises:
        NothingToDoError: nothing was taken back since the last other operation.
        UncommittedChangesError: working files were edited since, and the edits collide.
    """
    with writing(workspace), workspace.transaction() as transaction:
        stack = _undone(workspace)
        if not stack:
            raise NothingToDoError("there is nothing to redo")
        # Files go back to what they held before the undo, edits that it carried or absorbed included.
        target, files = stack[-1]
        operation = workspace.operations.read(target)
        step = _Step("redo", target, operation, force)
        return _go_to(workspace, transaction, operation.state, _back(files), step)


def _back(files: Files) -> Files:
    """Return what takes back changes of files."""
    return {name: FileChange(change.after, change.before) for name, change in files.items()}


def _to_undo(workspace: Workspace) -> tuple[bytes, Operation, Files]:
    """Return the operation whose outcome is the present state, and how files changed when it was last done."""
    id, operation = workspace.newest()
    horizon = operation.horizon
    files = None
    while operation.kind != "command":
        if operation.kind != "care":
            assert operation.target is not None
            id = operation.target
        if operation.kind == "redo":
            files = operation.files
        else:
            parent = None if id == horizon else workspace.operations.read(id).parent
            if parent is None:
                raise NothingToDoError("there is nothing to undo")
            id = parent
        operation = workspace.operations.read(id)
    return id, operation, operation.files if files is None else files


def _undone(workspace: Workspace) -> list[tuple[bytes, Files]]:
    """Return the operations taken back since the last command, the one to do again last.

    With each: how files changed when it was taken back.
    """
    steps = []
    for _, operation in workspace.operations.walk():
        if operation.kind == "command":
            break
        if operation.kind != "care":
            steps.append(operation)
    stack: list[tuple[bytes, Files]] = []
    for operation in reversed(steps):
        assert operation.target is not None
        if operation.kind == "undo":
            stack.append((operation.target, operation.files))
        elif stack:
            stack.pop()
    return stack


def _go_to(
    workspace: Workspace,
    transaction: Transaction,
    goal: State,
    changes: Files,
    step: _Step,
) -> UndoResult:
    state = workspace.state()
    in_the_way: list[str] = []
    transitions = []
    for name, change in sorted(changes.items()):
        try:
            transitions.append(_plan(workspace, transaction, state, name, change))
        except UncommittedChangesError:
            if not step.force:
                raise
            in_the_way.append(name)
            transitions.append(_forced(workspace, transaction, state, name, change))
    rewrites = [one.rewrite for one in transitions if one.rewrite is not None]
    # Identity is taken from what the files were last seen to be, which is newer than the state gone to.
    seen = state.tracked | {one.name: one.known for one in transitions if one.known is not None}
    new = tracked_with(goal, {name: seen[name] for name in goal.tracked if name in seen})
    perform(workspace, transaction, step.command(new, rewrites, forced=bool(in_the_way)))
    files = tuple(rewrite.name for rewrite in rewrites)
    removed = tuple(one.name for one in rewrites if one.after.dataset is None and one.after.file is None)
    return UndoResult(step.target, step.operation.command, files, new.branch, head_commit(new), removed)


def _forced(
    workspace: Workspace, transaction: Transaction, state: State, name: str, change: FileChange
) -> Transition:
    """Plan one file without regard to what is in it; that is saved."""
    working = look(workspace, name, state.tracked.get(name), transaction, transaction)
    working.close()
    held = save(workspace, working, transaction)
    rewrite = Rewrite(name, held, change.after, working.signature, working.sidecar)
    return Transition(name, rewrite, change.after.dataset)


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
