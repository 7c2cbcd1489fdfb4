"""What an operation has to be like before any of it is used: names, ids and words that a command would act on.

Its bytes are what its id says, but whoever made the store chose them: a file named ``.git/hooks/pre-commit`` would be
written by ``undo``, a branch named with control characters would reach the terminal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE
from rtstore.model.names import bad_dataset, bad_ref, dataset_problem, ref_problem
from rtstore.model.objects import Conflict, Merge, Operation, Saved, State

OPERATION_KINDS: Final = frozenset({"command", "undo", "redo", "care"})
MERGE_KINDS: Final = frozenset({"merge", "squash", "cherry-pick", "revert"})
CONFLICT_KINDS: Final = frozenset({"edited", "edited/removed", "removed/edited", "registry"})
SIDES: Final = frozenset({"ours", "theirs", "base"})


def operation_problem(operation: Operation) -> str | None:
    """Return what is wrong with an operation, in words that go on after it; None if it can be used."""
    state = operation.state
    if not all(len(id) == OBJECT_ID_SIZE for id in _references(operation)):
        return "refers to something by an id of the wrong length"
    if operation.kind not in OPERATION_KINDS:
        return f"is of an unknown kind, {operation.kind!r}"
    if operation.target is None and operation.kind in ("undo", "redo"):
        return f"does not say what its {operation.kind} is of"
    if state.branch is None and state.detached is None:
        return "has HEAD neither on a branch nor at a commit"
    if state.merging is not None and (problem := _merge_problem(state.merging)):
        return problem
    return _ref_problem(state) or _dataset_problem([*operation.files, *state.tracked])


def _ref_problem(state: State) -> str | None:
    branches = state.branches if state.branch is None else (*state.branches, state.branch)
    for what, names in (("branch", branches), ("version tag", state.tags)):
        name = bad_ref(names)
        if name is not None:
            return f"has a {what} named {name!r}: the name {ref_problem(name)}"
    return None


def _dataset_problem(names: Collection[str]) -> str | None:
    name = bad_dataset(names)
    return (
        None if name is None else f"names a file {name!r}, which cannot be a dataset: {dataset_problem(name)}"
    )


def _merge_problem(merge: Merge) -> str | None:
    conflicts = list(_conflicts(merge))
    if merge.kind not in MERGE_KINDS:
        return f"has a merge of an unknown kind, {merge.kind!r}"
    if merge.choose is not None and merge.choose not in SIDES:
        return f"has a merge that decides for {merge.choose!r}, which is no side"
    for conflict in conflicts:
        if conflict.kind not in CONFLICT_KINDS:
            return f"has a conflict of an unknown kind, {conflict.kind!r}"
        if len(conflict.entry) not in (0, ENTRY_ID_SIZE) or conflict.position < 0:
            return "has a conflict about an entry that cannot be"
    return _dataset_problem([*merge.before, *(conflict.dataset for conflict in conflicts)])


def _conflicts(merge: Merge) -> Iterator[Conflict]:
    yield from merge.conflicts
    yield from (resolved.conflict for resolved in merge.resolved)


def _references(operation: Operation) -> Iterator[bytes]:
    """Yield the ids an operation holds of objects and other operations."""
    state = operation.state
    yield from (id for id in (operation.parent, operation.target, operation.horizon, state.detached) if id)
    for names in (state.branches, state.tags, state.tracked):
        yield from names.values()
    for change in operation.files.values():
        yield from _saved_references(change.before)
        yield from _saved_references(change.after)
    if state.merging is not None:
        yield from _merge_references(state.merging)


def _saved_references(saved: Saved) -> Iterator[bytes]:
    if saved.dataset is not None:
        yield saved.dataset
    yield from saved.file or ()
    yield from saved.sidecar or ()


def _merge_references(merge: Merge) -> Iterator[bytes]:
    yield from (merge.head, *merge.commits, *merge.remaining)
    for saved in merge.before.values():
        yield from _saved_references(saved)
    for conflict in _conflicts(merge):
        for side in (conflict.base, conflict.ours, conflict.theirs, conflict.left):
            ids = (side.record, side.annotation, side.registry, side.dataset) if side is not None else ()
            yield from (id for id in ids if id is not None)
