"""Where the workspace stands: how each tracked working file differs from HEAD.

Most of the time the cache knows, and nothing of the machinery that reads files is even imported.
"""

from __future__ import annotations

from collections.abc import Mapping

from rtstore.errors import InputError, RtstoreError, UnreadableError, WorkspaceError
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.history.refs import head_commit
from rtstore.model.objects import Counts, State
from rtstore.storage.signature import is_gone, signature
from rtstore.workspace.files.seen import recall, recall_change, still_valid
from rtstore.workspace.renames import as_renamed, renamed_files
from rtstore.workspace.results import DatasetChange, Merging, Status
from rtstore.workspace.workspace import Workspace


def status(workspace: Workspace) -> Status:
    """Return where the workspace stands."""
    state = workspace.state()
    head = head_commit(state)
    committed = workspace.snapshot(head)
    sources = renamed_files(workspace, state, committed)
    gone = set(sources.values())
    datasets = tuple(
        _change_or_problem(workspace, name, committed, state.tracked.get(name), sources.get(name))
        for name in present(workspace, state, committed)
        if name not in gone
    )
    return Status(state.branch, head, datasets, _merging(workspace))


def present(workspace: Workspace, state: State, committed: Mapping[str, bytes]) -> list[str]:
    """Return the names of the datasets there are: in a commit, or tracked. Sorted.

    A tracked file that is gone and never was committed is as if it had not been added.
    """
    new = [name for name in state.tracked if name not in committed]
    return sorted([*committed, *(name for name in new if not is_gone(workspace.path(name)))])


def _merging(workspace: Workspace) -> Merging | None:
    merging = workspace.state().merging
    if merging is None:
        return None
    from rtstore.workspace.merging.conflicts import describe

    return Merging(merging.kind, merging.commits, len(describe(workspace)), merging.remaining)


def _change_or_problem(
    workspace: Workspace, name: str, committed: Mapping[str, bytes], known: bytes | None, source: str | None
) -> DatasetChange:
    """One file that cannot be read must not hide how the others are."""
    try:
        return working_change(workspace, name, committed, known, source)
    except (InputError, WorkspaceError, UnreadableError) as error:
        return DatasetChange(name, "invalid", Counts(), 0, problem=_without_name(error, name))


def _without_name(error: RtstoreError, name: str) -> str:
    """Return a message for a place where the dataset is named already."""
    if not isinstance(error, InputError):
        return error.message.removeprefix(f"{name} is ").removesuffix(", not a file")
    if error.path != name:
        return error.message  # it is about the sidecar
    problem = error.message.removeprefix(f"{name}:").strip()
    return problem if error.line is None else f"line {problem}"


def working_change(
    workspace: Workspace,
    name: str,
    committed: Mapping[str, bytes],
    known: bytes | None,
    source: str | None = None,
) -> DatasetChange:
    """Return how one working file differs from what was committed.

    ``known`` is the dataset the file was last known to be; one that is not tracked any more (None) counts as removed.
    ``source``: the name its dataset had when it was committed, if that was another.

    Raises:
        InputError: the file is no valid dataset.
        WorkspaceError: there is something else in its place, or in that of its sidecar.
        UnreadableError: the operating system does not let it be read.
    """
    before = committed.get(source or name)
    change = None if known is None else _remembered(workspace, name, before, known)
    if change is None:
        from rtstore.workspace.difference import look_and_compare

        change = look_and_compare(workspace, name, before, known, source is not None)
    return as_renamed(change, source)


def _remembered(
    workspace: Workspace, name: str, committed: bytes | None, known: bytes
) -> DatasetChange | None:
    try:
        now = signature(workspace.path(name))
        sidecar = signature(workspace.path(sidecar_path(name)))
    except (WorkspaceError, UnreadableError):
        return None
    change = recall_change(workspace, name)
    if change is not None and (change.base, change.head) == (known, committed):
        if still_valid(change, now, sidecar):
            return change.change
    elif known == committed:
        seen = recall(workspace, name)
        if seen is not None and seen.dataset == known and still_valid(seen, now, sidecar):
            return DatasetChange(name, "unchanged", Counts(), workspace.dataset(known).count)
    return None
