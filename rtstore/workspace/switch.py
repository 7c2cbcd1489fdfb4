"""Switch: another branch or commit, and the working files that go with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rtstore.errors import RevisionError, UncommittedChangesError
from rtstore.history.refs import check_name, detached_at, head_commit, on_branch, unknown_name, with_branch
from rtstore.model.objects import State
from rtstore.storage.transaction import Transaction
from rtstore.workspace.merging.progress import in_progress
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.renames import renamed_files
from rtstore.workspace.results import SwitchResult
from rtstore.workspace.transition import Transition, plan
from rtstore.workspace.workspace import Workspace

#: What to go to is where HEAD was before.
PREVIOUS: Final = "-"


def switch(
    workspace: Workspace, name: str, create: bool = False, start: str | None = None, detach: bool = False
) -> SwitchResult:
    """Put HEAD on a branch (a new one with ``create``, from ``start`` or HEAD), or ``detach`` it at a revision.

    ``-`` is where HEAD was before it came to where it is.

    Uncommitted changes come along where they do not collide with the other version.

    Raises:
        UncommittedChangesError: they collide; the error names the entries.
        RevisionError: there is no such branch or revision.
    """
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        if state.merging is not None:
            raise in_progress(state.merging, "switching")
        if name == PREVIOUS and not create:
            name, detach = _previous(workspace, state, detach)
        new = _destination(workspace, state, name, create, start, detach)
        transitions = plan_all(workspace, transaction, state, head_commit(state), head_commit(new))
        new = tracked_with(new, {one.name: one.known for one in transitions})
        rewrites = [one.rewrite for one in transitions if one.rewrite is not None]
        text = f"switch {'-c ' if create else ''}{'--detach ' if detach else ''}{name}"
        perform(workspace, transaction, Command(text, new, rewrites))
    return SwitchResult(
        new.branch,
        head_commit(new),
        tuple(one.name for one in rewrites if one.after.dataset is not None),
        tuple(one.name for one in rewrites if one.after.dataset is None),
        tuple(one.name for one in transitions if one.carried),
    )


def _previous(workspace: Workspace, state: State, detach: bool) -> tuple[str, bool]:
    """Return the branch that HEAD was on before, or the commit it was detached at, and whether to detach it.

    Raises:
        RevisionError: it never was anywhere else, or that branch is gone.
    """
    for _, operation in workspace.operations.walk():
        before = operation.state
        if before.branch == state.branch:
            continue
        if before.detached is not None:
            return before.detached.hex(), True
        if before.branch is not None and before.branch in state.branches:
            return before.branch, detach
    raise RevisionError("there is no branch you were on before", hint="`rtstore branch` lists the branches.")


def _destination(
    workspace: Workspace, state: State, name: str, create: bool, start: str | None, detach: bool
) -> State:
    if create:
        check_name(name)
        commit = workspace.resolve(start, state) if start is not None else head_commit(state)
        if commit is None:
            return on_branch(state, name)
        return on_branch(with_branch(state, name, commit), name)
    if detach:
        return detached_at(state, workspace.resolve(name, state))
    if name in state.branches or name == state.branch:
        return on_branch(state, name)
    try:
        workspace.resolve(name, state)
    except RevisionError:
        raise _unknown_branch(workspace, state, name) from None
    raise RevisionError(
        f"{name} is no branch",
        hint=f"To look at that version: rtstore switch --detach {name}. To go on from it: "
        f"rtstore switch -c BRANCH {name}",
    )


def _unknown_branch(workspace: Workspace, state: State, name: str) -> RevisionError:
    """Return the error for a name that no branch has; a backup may have such a branch."""
    known = workspace.remotes
    there = tuple(f"{remote}/{name}" for remote in known.names() if name in known.read(remote).branches)
    if not there:
        return unknown_name("branch", name, state.branches)
    return RevisionError(
        f"branch {name!r} not found",
        candidates=there,
        hint=f"To go on from the backup's: rtstore switch -c {name} {there[0]}",
    )


def plan_all(
    workspace: Workspace, transaction: Transaction, state: State, old: bytes | None, new: bytes | None
) -> list[Transition]:
    """Plan what becomes of every working file on the way from one commit to another.

    One that was renamed and not committed keeps its new name, and becomes what its dataset is there.

    Raises:
        UncommittedChangesError: changes collide; every file that has some is named.
    """
    before, after = workspace.snapshot(old), workspace.snapshot(new)
    transitions, problems = [], []
    sources = renamed_files(workspace, state, before)
    gone = set(sources.values())
    for name in sorted({*before, *after, *state.tracked} - gone):
        source = sources.get(name)
        known = source or name
        if known not in before and known not in after:
            continue
        try:
            if source is not None and (name in after or source not in after):
                raise _not_there(name, source)
            transitions.append(plan(workspace, transaction, state, name, before.get(known), after.get(known)))
        except UncommittedChangesError as error:
            problems.append(error)
    if problems:
        raise _together(problems)
    return transitions


def _not_there(name: str, source: str) -> UncommittedChangesError:
    return UncommittedChangesError(
        f"{source} was renamed to {name}, which is not committed and cannot be so where you are going to",
        entries=(name,),
        hint="Commit first, or take it back: rtstore undo",
    )


def _together(problems: Iterable[UncommittedChangesError]) -> UncommittedChangesError:
    first, *others = problems
    if not others:
        return first
    everything = [first, *others]
    return UncommittedChangesError(
        "; ".join(problem.message for problem in everything),
        entries=tuple(entry for problem in everything for entry in problem.entries),
        hint=first.hint,
    )
