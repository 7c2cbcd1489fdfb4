"""Apply: doing to the working files what a patch says was done to other versions of them.

A patch says how entries were and are. From that and a working file come two more versions: the file as the patch
thinks it was, and as it would be then; the three are merged. So a patch fits a file that has gone on since, and a file
that is just what it was becomes just what it is to be.
"""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from rtstore.errors import ConflictsError, WorkspaceError
from rtstore.formats.patch import Patch, PatchDataset, PatchEntry, parse
from rtstore.formats.patch_check import check
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Framing, Settings, State, decode, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.changes import change_between, same_content
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.merging.datasets import merge_datasets
from rtstore.workspace.merging.progress import refuse_while_merging
from rtstore.workspace.merging.scratch import OverScratch, Scratch
from rtstore.workspace.newnames import check_new_name, check_own_sidecar
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.patching.outcome import check_cut, with_sidecar_read_back
from rtstore.workspace.patching.versions import Patching
from rtstore.workspace.paths import check_dataset_name
from rtstore.workspace.renames import as_renamed
from rtstore.workspace.results import ApplyResult, DatasetChange
from rtstore.workspace.tracking import check_free
from rtstore.workspace.transition import rename_to, rewrite_to
from rtstore.workspace.workspace import Workspace

_HINT = "Commit what is there and merge instead, or edit the entries by hand."


def apply(workspace: Workspace, data: bytes, name: str, reverse: bool = False) -> ApplyResult:
    """Do to the working files what a patch says; ``name`` is what messages call it. All of it happens, or nothing.

    ``reverse``: undo what it says. Nothing is committed.

    Raises:
        InputError: it is no patch, or would make something else than a dataset of a file.
        WorkspaceError: it is about a file that is not there, or gives one a name that another has, or that none can.
        ConflictsError: it contradicts what is in the files; the error names the entries.
    """
    patch = parse(data, name)
    patch = _reversed(patch) if reverse else patch
    check(patch, name)
    for each in patch.names():
        check_dataset_name(each)
    with writing(workspace):
        state = workspace.state()
        refuse_while_merging(state, "apply")
        workings = [_recorded(workspace, state, dataset) for dataset in patch.datasets]
        with workspace.transaction() as transaction:
            changes: list[DatasetChange] = []
            rewrites: list[Rewrite] = []
            for dataset, working in zip(patch.datasets, workings, strict=True):
                new = _applied(transaction, dataset, working.dataset, name)
                id = None if new is None else transaction.add(Kind.DATASET, encode(new))
                source = working.name if working.name != dataset.path else None
                change = as_renamed(change_between(dataset.path, working.dataset, new, transaction), source)
                if change.clean:
                    continue
                changes.append(change)
                if source is not None and id is not None:
                    rewrites += rename_to(workspace, transaction, working, dataset.path, id)
                else:
                    rewrites.append(rewrite_to(workspace, transaction, working, id))
            if rewrites:
                tracked = tracked_with(state, {each.name: each.after.dataset for each in rewrites})
                perform(workspace, transaction, Command(f"apply {name}", tracked, rewrites))
    return ApplyResult(tuple(changes))


#: What a dataset is before a patch adds it.
_EMPTY = Dataset(None, 0, 0, Framing(), Settings())


def _recorded(workspace: Workspace, state: State, dataset: PatchDataset) -> Working:
    """Look at the file a patch is about, under the name it has, and store all it holds.

    Raises:
        WorkspaceError: it is there and should not be, or the other way round, or no dataset can be there.
    """
    name = dataset.path
    brings_sidecar = dataset.new_frame is not None and dataset.new_frame.registry is not None
    if dataset.change == "added":
        check_new_name(workspace, state, name, brings_sidecar)
    elif brings_sidecar:
        check_own_sidecar(workspace, state, name, brings_sidecar)
    if dataset.renamed_from is not None and (
        dataset.renamed_from in state.tracked or name not in state.tracked
    ):
        check_free(workspace, state, dataset.renamed_from, name)
        name = dataset.renamed_from
    known = state.tracked.get(name)
    with workspace.transaction() as transaction:
        working = look(workspace, name, known, transaction, transaction)
        working.close()
        transaction.finish()
    if working.problem is not None:
        raise working.problem
    if dataset.change == "added":
        if not working.missing:
            raise WorkspaceError(f"{name} exists already, and the patch adds it", hint="Move the file away.")
    elif known is None or working.missing:
        raise WorkspaceError(f"{name} is not tracked, or missing, and the patch changes it")
    return working


def _applied(
    transaction: Transaction, dataset: PatchDataset, ours: Dataset | None, patch_name: str
) -> Dataset | None:
    """Return what a patch makes of a dataset, None where it is to be gone."""
    scratch = Scratch(transaction)
    before = None if ours is None else Patching(scratch, ours, dataset, patch_name).before()
    if dataset.change == "removed":
        if not same_content(before, ours) or (before is not None and before.count != len(dataset.entries)):
            raise ConflictsError(
                f"{dataset.path} is not what the patch removes", entries=(dataset.path,), hint=_HINT
            )
        return None
    storage = OverScratch(scratch, transaction)
    if before is None or ours is None:
        new = Patching(storage, _EMPTY, dataset, patch_name).after()
        return with_sidecar_read_back(transaction, new, f"{patch_name}: {dataset.path}")
    theirs = Patching(storage, before, dataset, patch_name).after()
    merged = merge_datasets(storage, dataset.path, before, ours, theirs, None)
    if merged.conflicts:
        named = tuple(
            f"{dataset.path}#{one.entry.hex()[:8]}" if one.entry else f"{dataset.path} (registry)"
            for one in merged.conflicts
        )
        raise ConflictsError(
            f"the patch contradicts what is in {dataset.path}: {', '.join(dict.fromkeys(named))}",
            entries=named,
            hint=_HINT,
        )
    assert merged.id is not None
    new = decode(transaction.read(Kind.DATASET, merged.id), Dataset)
    if new.settings.volatile != ours.settings.volatile:
        check_cut(transaction, new, f"{patch_name}: {dataset.path}")
    if new.registry != ours.registry or any(each.new_beside for each in dataset.entries):
        new = with_sidecar_read_back(transaction, new, f"{patch_name}: {dataset.path}")
    return new


def _reversed(patch: Patch) -> Patch:
    """Return the patch that undoes one."""
    return Patch(tuple(map(_reversed_dataset, patch.datasets)))


def _reversed_dataset(dataset: PatchDataset) -> PatchDataset:
    return replace(
        dataset,
        path=dataset.renamed_from or dataset.path,
        renamed_from=None if dataset.renamed_from is None else dataset.path,
        change={"added": "removed", "removed": "added"}.get(dataset.change, dataset.change),
        entries=tuple(map(_reversed_entry, dataset.entries)),
        old_frame=dataset.new_frame,
        new_frame=dataset.old_frame,
    )


def _reversed_entry(entry: PatchEntry) -> PatchEntry:
    return replace(
        entry,
        old_position=entry.new_position,
        new_position=entry.old_position,
        old_text=entry.new_text,
        new_text=entry.old_text,
        old_beside=entry.new_beside,
        new_beside=entry.old_beside,
        after=UNSET,
    )
