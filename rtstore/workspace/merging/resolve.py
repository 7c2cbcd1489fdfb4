"""Resolving conflicts: what a user decided goes into the working files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from rtstore.errors import NothingToDoError, RevisionError, WorkspaceError
from rtstore.history.revisions import MIN_PREFIX
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Dataset, Merge, Resolved, State, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.texts import Storage
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.merging.conflicts import Presents, describe, open_conflicts
from rtstore.workspace.merging.decision import Decision
from rtstore.workspace.merging.finish import in_progress
from rtstore.workspace.merging.message import name_of
from rtstore.workspace.merging.present import Present, missing_file, presence
from rtstore.workspace.merging.progress import command_of, how_to_get_back
from rtstore.workspace.merging.resolution import resolved_dataset, resolved_entries, resolved_registry
from rtstore.workspace.merging.results import ResolveResult
from rtstore.workspace.merging.scratch import OverScratch, Scratch
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.transition import rewrite_to
from rtstore.workspace.workspace import Workspace


def resolve(workspace: Workspace, target: str | None, decision: Decision) -> ResolveResult:
    """Resolve the conflicts that ``target`` names: an entry, a dataset with all that is in it, None for all.

    Raises:
        NothingToDoError: no merge is in progress, or it has no conflicts left.
        RevisionError: ``target`` names no conflict, or several entries.
        UsageError: a conflict cannot be resolved so.
        InputError: the record given is none, or a working file is no valid dataset.
        WorkspaceError: the file is missing.
    """
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        merging = in_progress(state)
        scratch = Scratch(transaction)
        storage = OverScratch(scratch, transaction)
        workings: dict[str, Working] = {}
        presents: dict[str, Present | None] = {}
        for name in {conflict.dataset for conflict in merging.conflicts}:
            working = _look(workspace, transaction, state, name)
            workings[name] = working
            try:
                presents[name] = presence(workspace, scratch, storage, merging.conflicts, working)
            finally:
                working.close()
        still = open_conflicts(storage, merging.conflicts, presents)
        if not still:
            raise NothingToDoError("there are no conflicts left", hint="Go on with --continue.")
        chosen = _chosen(still, target, presents)
        _check_there(chosen, workings, merging)
        datasets = {
            name: _resolved(storage, presents[name], own, decision, merging.resolved)
            for name in workings
            if (own := [conflict for conflict in chosen if conflict.dataset == name])
        }
        resolved = (*merging.resolved, *(Resolved(conflict, decision.how) for conflict in chosen))
        left = tuple(conflict for conflict in merging.conflicts if conflict not in chosen)
        merging = msgspec.structs.replace(merging, conflicts=left, resolved=resolved)
        names = tuple(map(name_of, chosen))
        _publish(workspace, transaction, state, merging, workings, datasets, f"resolve {', '.join(names)}")
    return ResolveResult(names, describe(workspace))


def _look(workspace: Workspace, transaction: Transaction, state: State, name: str) -> Working:
    working = look(workspace, name, state.tracked.get(name), transaction, transaction)
    if name in state.tracked and working.problem is not None:
        raise working.problem
    if name not in state.tracked and not working.missing:
        raise WorkspaceError(
            f"{name} is not tracked any more, but there is such a file",
            hint="Move it away, or track it again: rtstore add FILE",
        )
    return working


def _check_there(chosen: Sequence[Conflict], workings: Mapping[str, Working], merging: Merge) -> None:
    """Refuse to resolve conflicts of a file that is missing."""
    for conflict in chosen:
        file = missing_file(conflict, workings[conflict.dataset])
        if file == conflict.dataset:
            raise WorkspaceError(f"{file} is missing", hint=how_to_get_back(file, command_of(merging)))


def _resolved(
    storage: Storage,
    present: Present | None,
    conflicts: Sequence[Conflict],
    decision: Decision,
    before: Sequence[Resolved],
) -> Dataset | None:
    """Return what becomes of a dataset."""
    for conflict in conflicts:
        if not conflict.entry and conflict.kind != "registry":
            return resolved_dataset(storage, conflict, decision)
    assert present is not None  # else there is nothing open in it
    entries = [conflict for conflict in conflicts if conflict.entry]
    values = [conflict for conflict in conflicts if not conflict.entry]
    dataset = resolved_entries(present, entries, decision)
    return resolved_registry(storage, values, dataset, decision, before)


def _publish(
    workspace: Workspace,
    transaction: Transaction,
    state: State,
    merging: Merge,
    workings: Mapping[str, Working],
    datasets: Mapping[str, Dataset | None],
    text: str,
) -> None:
    tracked: dict[str, bytes | None] = {}
    rewrites = []
    for name, dataset in sorted(datasets.items()):
        id = None if dataset is None else transaction.add(Kind.DATASET, encode(dataset))
        tracked[name] = id
        if id != workings[name].id:
            rewrites.append(rewrite_to(workspace, transaction, workings[name], id))
    new = msgspec.structs.replace(tracked_with(state, tracked), merge=merging)
    perform(workspace, transaction, Command(text, new, rewrites))


def _chosen(conflicts: Sequence[Conflict], target: str | None, presents: Presents) -> list[Conflict]:
    """Return the conflicts that are meant."""
    if target is None:
        return list(conflicts)
    names = tuple(map(name_of, conflicts))
    named = [one for one in conflicts if target in (name_of(one), one.dataset)]
    if not named:
        named = [one for one in conflicts if _is_meant(one, target, presents.get(one.dataset))]
        if len(named) > 1:
            found = tuple(map(name_of, named))
            raise RevisionError(f"{target} fits several conflicts: {', '.join(found)}", candidates=found)
    if not named:
        raise RevisionError(
            f"{target} names no conflict",
            candidates=names,
            hint=f"There is one in: {', '.join(names[:8])}",
        )
    return named


def _is_meant(conflict: Conflict, target: str, present: Present | None) -> bool:
    """Tell whether ``[DATASET#]ENTRY`` means a conflict: by the beginning of its id, or by its position from 1."""
    name, mark, entry = target.rpartition("#")
    if not conflict.entry or (mark and name != conflict.dataset):
        return False
    digits = entry.replace("-", "").lower()
    if len(digits) >= MIN_PREFIX and conflict.entry.hex().startswith(digits):
        return True
    if not mark or not entry.isdecimal() or present is None:
        return False
    position = present.position(conflict)
    return position is not None and position + 1 == int(entry)
