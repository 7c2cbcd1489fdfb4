"""Getting a store to open again: what ``fsck --rescue`` repairs.

Nothing that is stored is removed or overwritten, apart from the head pointer, the format file, and what only
concerns a command that never finished; so a rescue that chose badly can be done over by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind, object_id
from rtstore.model.objects import Commit, Operation, State, decode
from rtstore.storage.files import Files
from rtstore.storage.intent import clear_intent
from rtstore.workspace.care.sweep import sweep
from rtstore.workspace.clock import now
from rtstore.workspace.operate import interrupted
from rtstore.workspace.workspace import FORMAT_VERSION, PACKS, Workspace, format_file

_COMMAND = "fsck --rescue"


def rescue_store(path: str, files: Files | None = None) -> tuple[str, ...]:
    """Repair what keeps a store from being opened; return what was done, nothing where nothing was needed.

    ``path`` is the directory of the workspace. Damaged objects stay damaged: ``fsck`` says what they touch.

    Raises:
        FormatVersionError: the store was written by a newer rtstore.
        LockedError: another command holds the lock.
        StorageError: the operating system refused.
    """
    workspace = Workspace(path, files)
    done: list[str] = []
    _rescue_directory(workspace, done)
    with workspace.lock:
        _rescue_format(workspace, done)
        _rescue_intent(workspace, done)
        _rescue_head(workspace, done)
        _rescue_chain(workspace, done)
        done += [f"removed {os.path.basename(name)}, left by a killed command" for name in sweep(workspace)]
    return tuple(done)


def _rescue_directory(workspace: Workspace, done: list[str]) -> None:
    packs = os.path.join(workspace.directory, PACKS)
    if not os.path.isdir(packs):
        workspace.files.make_directory(packs)
        done.append(f"made the directory {packs} again, which was missing: what it held is lost")


def _rescue_format(workspace: Workspace, done: list[str]) -> None:
    path = os.path.join(workspace.directory, "format")
    content = format_file(FORMAT_VERSION)
    try:
        workspace.check_format()
        if workspace.files.read(path) == content:
            return
    except DamagedError:
        pass  # what it should say is known: only a newer version, which raises another error, is respected
    workspace.files.write_atomically(path, content)
    done.append("wrote the file that names the store's format again")


def _rescue_intent(workspace: Workspace, done: list[str]) -> None:
    try:
        interrupted(workspace)
    except DamagedError:
        clear_intent(workspace.files, workspace.directory)
        done.append(
            "removed the damaged record of an interrupted command: working files stay as they are, "
            "`rtstore status` shows what they hold"
        )


def _rescue_head(workspace: Workspace, done: list[str]) -> None:
    """Make the best operation there is the newest, if the head pointer does not lead to one."""
    try:
        if workspace.operations.newest() is not None:
            return
        lost = "the head pointer was missing"
    except DamagedError as error:
        lost = error.message
    candidate = _best_candidate(workspace)
    if candidate is not None:
        id, operation = candidate
        workspace.operations.publish(id)
        done.append(f"went back to operation {id.hex()[:12]} ({operation.command}): {lost}")
    else:
        state = _rebuilt_state(workspace)
        _publish(workspace, None, state)
        names = ", ".join(state.branches) or "none"
        done.append(f"no operation could be read; made branches of the commits that were found: {names}")
    workspace.cache.clear()


def _best_candidate(workspace: Workspace) -> tuple[bytes, Operation] | None:
    """Return the latest operation whose branches, tags and HEAD can be read, else the latest of all."""
    ends = workspace.operations.candidates_for_head()
    for end in ends:
        if _resolves(workspace, end[1].state):
            return end
    for pair in (pair for end in ends for pair in _back_from(workspace, end)):
        if _resolves(workspace, pair[1].state):
            return pair
    return ends[0] if ends else None


def _back_from(workspace: Workspace, end: tuple[bytes, Operation]) -> Iterator[tuple[bytes, Operation]]:
    """Yield an operation and those before it, as far as they can be read."""
    id, operation = end
    while True:
        yield id, operation
        if operation.parent is None:
            return
        try:
            id, operation = operation.parent, workspace.operations.read(operation.parent)
        except DamagedError:
            return  # fsck reports it


def _resolves(workspace: Workspace, state: State) -> bool:
    commits = {*state.branches.values(), *state.tags.values(), *((state.detached,) if state.detached else ())}
    return all(workspace.objects.contains(Kind.COMMIT, id) for id in commits)


def _rescue_chain(workspace: Workspace, done: list[str]) -> None:
    """End the operation log before one that cannot be read, so that the rest of it can be used."""
    newest, operation = workspace.newest()
    last = newest
    try:
        for id, _ in workspace.operations.walk():
            last = id
    except DamagedError as error:
        _publish(workspace, newest, operation.state, horizon=last)
        done.append(f"ended the operation log after {last.hex()[:12]}: {error.message}")


def _publish(workspace: Workspace, parent: bytes | None, state: State, horizon: bytes | None = None) -> None:
    seconds, offset = now()
    operation = Operation(parent, seconds, offset, _COMMAND, state, horizon=horizon)
    workspace.operations.publish(workspace.operations.write(operation))


def _rebuilt_state(workspace: Workspace) -> State:
    """Return a state with a branch at every commit that is no other's parent; ``main`` is the latest."""
    commits = dict(_stored_commits(workspace))
    parents = {parent for commit in commits.values() for parent in commit.parents}
    tips = sorted((id for id in commits if id not in parents), key=lambda id: (-commits[id].time, id))
    names = ["main", *(f"rescued-{number}" for number in range(1, len(tips)))]
    branches = dict(zip(names, tips, strict=False))
    return State(branches=branches, tracked=_datasets_at(workspace, branches.get("main")))


def _datasets_at(workspace: Workspace, commit: bytes | None) -> dict[str, bytes]:
    try:
        return workspace.snapshot(commit)
    except DamagedError:
        return {}


def _stored_commits(workspace: Workspace) -> Iterator[tuple[bytes, Commit]]:
    """Yield all commits that can be read, from all packs."""
    for pack in workspace.objects.packs():
        if pack.overlaps():
            continue  # there may be no end of it; fsck reports it
        for index in range(pack.block_count):
            try:
                block = pack.block(index)
                if block.kind is not Kind.COMMIT:
                    continue
                plain = pack.plain(block)
                bounds = pack.bounds(block)
            except DamagedError:
                continue  # fsck reports it
            for start, end in bounds:
                id = object_id(Kind.COMMIT, plain[start:end])
                if not workspace.objects.contains(Kind.COMMIT, id):
                    continue
                with suppress(DamagedError):  # fsck reports it
                    yield id, decode(plain[start:end], Commit)
