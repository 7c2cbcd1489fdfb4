"""Checking everything that is stored: every byte of every pack, every operation, all they refer to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import msgspec

from rtstore.errors import DamagedError, StorageError, WorkspaceError
from rtstore.history.reachable import operations_reach
from rtstore.model.ids import Kind
from rtstore.model.objects import Operation, State
from rtstore.storage.files import Files
from rtstore.storage.packcheck import PackCheck
from rtstore.workspace.care.affected import Affected
from rtstore.workspace.care.inventory import Inventory
from rtstore.workspace.care.rescue import rescue_store
from rtstore.workspace.care.suspects import suspects
from rtstore.workspace.operate import interrupted
from rtstore.workspace.paths import find_root
from rtstore.workspace.results import FsckResult, Problem
from rtstore.workspace.workspace import CACHE, FORMAT_VERSION, Workspace, format_file

#: What the kinds of objects are called when they are counted.
_NAMES: Final = {
    Kind.COMMIT: "commits",
    Kind.SNAPSHOT: "snapshots",
    Kind.DATASET: "dataset versions",
    Kind.INNER: "pages",
    Kind.LEAF: "pages",
    Kind.RECORD: "records",
    Kind.STAMPS: "stamps",
    Kind.REGISTRY: "registries",
    Kind.ANNOTATION: "annotations",
    Kind.BLOB: "blobs",
}

Chain = Sequence[tuple[bytes, Operation]]


def fsck(workspace: Workspace, rescue: bool = False) -> FsckResult:
    """Check a store. ``rescue``: first repair what can be repaired, see ``rescue_store``.

    Otherwise it only reads, and takes no lock.

    Raises:
        FormatVersionError: the store was written by a newer rtstore.
        StorageError: the operating system refused to read or, to rescue, to write.
    """
    if not rescue:
        return _check(workspace)
    done = rescue_store(workspace.root, workspace.files)
    result = _check(Workspace(workspace.root, workspace.files))
    notes = result.notes if done else ("there was nothing to rescue", *result.notes)
    return msgspec.structs.replace(result, rescued=done, notes=notes)


def rescue(path: str, files: Files | None = None) -> FsckResult:
    """Repair what can be repaired of the store that ``path`` is in, even if it does not open; then check it.

    Raises:
        WorkspaceError: there is no store.
        FormatVersionError: it was written by a newer rtstore.
        StorageError: the operating system refused.
    """
    root = find_root(path)
    if root is None:
        raise WorkspaceError(f"no workspace at {os.path.abspath(path)} or above it")
    return fsck(Workspace(root, files), rescue=True)


def _check(workspace: Workspace) -> FsckResult:
    problems: list[Problem] = []
    notes: list[str] = []
    problems += _check_format(workspace)
    chain = _check_operations(workspace, problems, notes)
    problems += _check_intent(workspace, notes)
    packs = PackCheck(workspace.objects)
    try:
        packs.run()
    except DamagedError as error:  # there is no directory of packs
        problems.append(Problem(error.message))
        return FsckResult(tuple(problems), {"operations": len(chain)}, notes=tuple(notes))
    inventory = Inventory(workspace.objects, packs.intact)
    operations_reach(inventory, [operation for _, operation in chain])
    problems += _check_remotes(workspace, inventory)
    found = suspects(workspace.objects, packs, inventory)
    state = chain[0][1].state if chain else State()
    affected = Affected(workspace.objects, inventory, found.bad).names(state, chain)
    problems += [Problem(what, affected.get(number, ())) for number, what in enumerate(found.problems)]
    problems += map(Problem, packs.problems)
    counts = {"packs": packs.packs, "operations": len(chain)}
    for kind, name in _NAMES.items():
        counts[name] = counts.get(name, 0) + len(inventory.ids[kind])
    counts["cache entries"] = _cache_entries(workspace, notes)
    return FsckResult(tuple(problems), counts, notes=tuple(notes))


def _check_remotes(workspace: Workspace, inventory: Inventory) -> list[Problem]:
    problems = []
    for name in workspace.remotes.names():
        try:
            remote = workspace.remotes.read(name)
        except DamagedError as error:
            problems.append(Problem(error.message))
            continue
        for commit in (*remote.branches.values(), *remote.tags.values()):
            inventory.add_commit(commit)
    return problems


def _check_format(workspace: Workspace) -> list[Problem]:
    try:
        workspace.check_format()
        content = workspace.files.read(os.path.join(workspace.directory, "format"))
    except DamagedError as error:
        return [Problem(error.message)]
    if content != format_file(FORMAT_VERSION):
        return [Problem("the file that names the store's format is not what rtstore wrote")]
    return []


def _check_operations(workspace: Workspace, problems: list[Problem], notes: list[str]) -> Chain:
    """Return the operations from the newest back, as far as they can be read."""
    log = workspace.operations
    chain: list[tuple[bytes, Operation]] = []
    try:
        newest = log.newest()
        if newest is None:
            raise DamagedError(f"{workspace.directory} has lost its head pointer")
        for pair in log.walk():
            chain.append(pair)
    except DamagedError as error:
        problems.append(Problem(error.message, ("what `rtstore undo` and `rtstore op log` can go back to",)))
        chain = chain or _latest_chain(workspace, notes)
    known = {id for id, _ in chain}
    for id in log.all_ids():
        if id not in known:
            notes.append(f"operation {id.hex()[:12]} is not part of the log: its command was killed, perhaps")
    return chain


def _latest_chain(workspace: Workspace, notes: list[str]) -> list[tuple[bytes, Operation]]:
    """Return the latest operation that is whole, where the newest cannot be found."""
    candidates = workspace.operations.candidates_for_head()[:1]
    for id, operation in candidates:
        notes.append(f"checked what operation {id.hex()[:12]} refers to ({operation.command})")
    return candidates


def _check_intent(workspace: Workspace, notes: list[str]) -> list[Problem]:
    try:
        intent = interrupted(workspace)
    except DamagedError as error:
        return [Problem(error.message)]
    if intent is not None:
        notes.append("a command was interrupted while it replaced files; the next command finishes that")
    return []


def _cache_entries(workspace: Workspace, notes: list[str]) -> int:
    try:
        return len(workspace.files.names(os.path.join(workspace.directory, CACHE)))
    except FileNotFoundError:
        return 0
    except StorageError as error:  # whatever is in it can be computed again
        notes.append(f"{error.message}; it can be deleted")
        return 0
