"""Which files are tracked: add, remove, move."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rtstore.errors import RtstoreError, UsageError, WorkspaceError
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.history.ancestry import walk
from rtstore.history.refs import head_commit
from rtstore.model.objects import Saved, State
from rtstore.storage.files import refused
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.discover import dataset_files
from rtstore.workspace.files.observe import layout_of
from rtstore.workspace.files.options import ReadOptions
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import Working, look, note, save
from rtstore.workspace.merging.progress import in_progress
from rtstore.workspace.moved import moved_files
from rtstore.workspace.newnames import check_new_name, shares_sidecar, would_share
from rtstore.workspace.operate import Command, listed, perform, tracked_with, writing
from rtstore.workspace.paths import check_dataset_name, dataset_name
from rtstore.workspace.results import Added, AddResult
from rtstore.workspace.workspace import Workspace


def add(
    workspace: Workspace,
    paths: Sequence[str],
    id_field: str | None = None,
    volatile: Sequence[str] | None = None,
) -> AddResult:
    """Track files, and the datasets below directories.

    What a directory holds that is no dataset is skipped and listed; a file named on its own must be one. A path
    that had a dataset in HEAD takes the identity of its entries from there, a file that was moved by hand from the
    dataset that it was.

    Raises:
        InputError: a file is no valid dataset.
        WorkspaceError: a path is missing, outside the workspace, or a symbolic link out of it.
    """
    options = ReadOptions(id_field, None if volatile is None else tuple(volatile))
    if not paths:
        raise UsageError("add needs a file or a directory", hint="Run: rtstore add FILE")
    names, skipped = _names(workspace, paths)
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        known = [name for name in names if name in state.tracked]
        workings = []
        moved = moved_files(workspace, state, names, options)
        sidecars = {sidecar_path(name): name for name in state.tracked}
        # Where two could have one sidecar, it is the line file's: those are what RoleThread writes.
        for name, explicit in sorted(names.items(), key=lambda item: layout_of(item[0]) == "array"):
            if name in state.tracked:
                continue
            owner = sidecars.setdefault(sidecar_path(name), name)
            if owner != name and would_share(workspace, state, owner, name):
                problem: RtstoreError = shares_sidecar(name, owner)
            else:
                working = _look(workspace, state, name, options, transaction, moved.get(name))
                if isinstance(working, Working):
                    workings.append(working)
                    continue
                problem = working
                if owner == name:
                    del sidecars[sidecar_path(name)]
            if explicit:
                raise problem
            skipped.append((name, problem.message.removeprefix(f"{name} is ")))
        if not workings:
            return AddResult((), tuple(known), tuple(skipped), 0)
        state = tracked_with(state, {working.name: working.id for working in workings})
        text = "add " + listed([working.name for working in workings])
        outcome = perform(workspace, transaction, Command(text, state))
    for working in workings:
        note(workspace, working)
    workings.sort(key=lambda working: working.name)
    return AddResult(tuple(map(_added, workings)), tuple(known), tuple(skipped), outcome.bytes_added)


def _names(workspace: Workspace, paths: Sequence[str]) -> tuple[dict[str, bool], list[tuple[str, str]]]:
    """Return the datasets that paths stand for: by name, whether the file itself was named."""
    names: dict[str, bool] = {}
    skipped: list[tuple[str, str]] = []

    def refuse(error: OSError) -> None:
        name = _name_in(workspace, os.fsdecode(error.filename))
        skipped.append((name, refused(error, "look into", "it").message))

    for path in paths:
        if os.path.isdir(path):
            if os.path.abspath(path) != workspace.root:
                dataset_name(workspace.root, path)  # outside, or a link out: an error here already
            for file in dataset_files(path, refuse):
                try:
                    names.setdefault(dataset_name(workspace.root, file), False)
                except WorkspaceError as error:
                    name = _name_in(workspace, file)
                    skipped.append((name, error.message.removeprefix(f"{file} is ")))
        elif not os.path.lexists(path):
            raise WorkspaceError(f"{path}: there is no such file or directory")
        else:
            names[dataset_name(workspace.root, path)] = True
    return names, skipped


def _name_in(workspace: Workspace, file: str) -> str:
    """Return what to call a file in the workspace that can be no dataset."""
    directory, name = os.path.split(os.path.abspath(file))
    located = os.path.join(os.path.realpath(directory), name)
    return os.path.relpath(located, os.path.realpath(workspace.root)).replace(os.sep, "/")


def _look(
    workspace: Workspace,
    state: State,
    name: str,
    options: ReadOptions,
    transaction: Transaction,
    moved: bytes | None,
) -> Working | RtstoreError:
    """Return the dataset that a file is, or why it cannot be tracked. ``moved``: what it was under another name."""
    known = moved or _last_version(workspace, state, name)
    working = look(workspace, name, known, transaction, transaction, options)
    working.close()
    if working.missing:
        return WorkspaceError(f"{name}: there is no such file or directory")
    return working.problem or working


def _last_version(workspace: Workspace, state: State, name: str) -> bytes | None:
    """Return the last dataset a path had in the history of HEAD: new lines take their identity from there."""
    head = head_commit(state)
    if head is None:
        return None
    for id, commit in walk(workspace, [head]):
        if any(path == name for path, _ in commit.counts):
            here = workspace.snapshot(id).get(name)
            return here or workspace.snapshot(commit.parents[0] if commit.parents else None).get(name)
    return None


def _added(working: Working) -> Added:
    assert working.dataset is not None
    return Added(
        working.name,
        working.dataset.count,
        working.dataset.settings.id_field,
        working.dataset.registry is not None,
        working.warnings,
    )


def remove(workspace: Workspace, names: Sequence[str]) -> tuple[str, ...]:
    """Stop tracking datasets. Their files stay where they are.

    Raises:
        WorkspaceError: one is not tracked.
    """
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        for name in names:
            _check_tracked(state, name)
        state = tracked_with(state, dict.fromkeys(names))
        perform(workspace, transaction, Command("rm " + listed(names), state))
    return tuple(names)


def move(workspace: Workspace, source: str, target: str) -> str:
    """Give a dataset, its working file and its sidecar another name; return it.

    Raises:
        WorkspaceError: ``source`` is not tracked, or something is at ``target``.
    """
    check_dataset_name(target)
    if layout_of(source) != layout_of(target):
        raise UsageError(
            f"{target} would not be what its name says: .json files are arrays, all others have a record a line",
            hint="Choose a name with the same ending.",
        )
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        _check_tracked(state, source)
        if state.merging is not None:
            raise in_progress(state.merging, "giving a dataset another name")
        check_free(workspace, state, source, target)
        working = look(workspace, source, state.tracked[source], transaction, transaction)
        working.close()
        if working.missing:
            raise WorkspaceError(f"{source} is missing", hint=f"Run: rtstore restore {source}")
        held = save(workspace, working, transaction)
        tracked = {source: None, target: working.id or state.tracked[source]}
        rewrites = (
            Rewrite(source, held, Saved(), working.signature, working.sidecar),
            Rewrite(target, Saved(), held, None, None),
        )
        text = f"mv {source} {target}"
        perform(workspace, transaction, Command(text, tracked_with(state, tracked), rewrites))
        _drop_empty(workspace, source)
    return target


def check_free(workspace: Workspace, state: State, source: str, target: str) -> None:
    """Refuse a name for a dataset that something has already.

    Raises:
        WorkspaceError: there is such a file or sidecar, or the dataset would share its sidecar with another.
    """
    for path in (target, sidecar_path(target)):
        if path in state.tracked or os.path.lexists(workspace.path(path)):
            raise WorkspaceError(
                f"{path} exists already", hint="Choose another name, or move that file away."
            )
    others = tracked_with(state, {source: None})
    has_sidecar = os.path.lexists(workspace.path(sidecar_path(source)))
    check_new_name(workspace, others, target, has_sidecar)


def _drop_empty(workspace: Workspace, name: str) -> None:
    """Remove the directories a file was in, as far as nothing is left in them and this process is not."""
    here = os.path.join(os.path.realpath(os.curdir), "")
    directory = os.path.dirname(workspace.path(name))
    while directory != workspace.root and not here.startswith(os.path.join(os.path.realpath(directory), "")):
        try:
            os.rmdir(directory)
        except OSError:  # there is something in it, or it is not ours to remove
            return
        directory = os.path.dirname(directory)


def _check_tracked(state: State, name: str) -> None:
    if name not in state.tracked:
        from rtstore.history.refs import near_matches

        near = near_matches(name, state.tracked)
        hint = f"Did you mean {near[0]}?" if near else "`rtstore status` lists the datasets."
        raise WorkspaceError(f"{name} is not tracked", hint=hint)
