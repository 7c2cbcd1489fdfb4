"""Collection: dropping what nothing reaches any more, and packing the rest well.

The order makes it safe against a crash at any moment: first the new pack is durable; then an operation names
the ``horizon``, the oldest operation that is kept; only then old packs and operations are removed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from rtstore.errors import DamagedError
from rtstore.history.reachable import operations_reach
from rtstore.history.refs import head_commit
from rtstore.model.ids import Kind
from rtstore.model.objects import Operation
from rtstore.storage.collect import Collector
from rtstore.storage.pack import PREFIX_SIZE, Encoding, Pack
from rtstore.storage.repack import remove_packs
from rtstore.workspace.care.arrange import Arrangement
from rtstore.workspace.care.sweep import leftovers, sweep
from rtstore.workspace.clock import now
from rtstore.workspace.operate import writing
from rtstore.workspace.results import GcResult
from rtstore.workspace.workspace import Workspace

COMMAND: Final = "gc"
#: The share of the store's bytes that must be in blocks to copy; with less, all is packed anew.
COPIED_SHARE: Final = 0.75
_DAY: Final = 24 * 60 * 60
_CACHE_KEY: Final = "gc"

Chain = Sequence[tuple[bytes, Operation]]


def gc(workspace: Workspace, retention_days: int, level: int) -> GcResult:
    """Drop what no branch, no version tag and no kept operation reaches; pack the rest well.

    Operations of the last ``retention_days`` are kept, with the one before them, and always the newest one.
    ``level`` is zstd's, from 1 to 22.

    Raises:
        DamagedError: something that has to be kept cannot be read. Nothing was changed.
        LockedError: another command holds the lock.
        StorageError: the operating system refused.
    """
    with writing(workspace):
        leftovers(
            workspace
        )  # where they cannot even be listed, that is better said before anything is changed
        packs = workspace.objects.packs()
        distinct = len(set[int]().union(*(pack.prefixes for pack in packs)))
        counted = len(packs), _stored_bytes(workspace)
        chain = list(workspace.operations.walk(workspace.newest()[0]))
        kept = kept_operations(chain, now()[0] - retention_days * _DAY)
        count, names = _repack(workspace, _arrange(workspace, kept), level)
        keep = _end_log(workspace, kept)
        old = [pack for pack in workspace.objects.packs() if pack.name not in names]
        remove_packs(workspace.files, workspace.objects, old)
        dropped = [id for id in workspace.operations.all_ids() if id not in keep]
        workspace.operations.remove(dropped)
        sweep(workspace)
        return GcResult(
            counted[1],
            _stored_bytes(workspace),
            counted[0],
            len(workspace.objects.packs()),
            max(0, distinct - count),
            len(dropped),
        )


def kept_operations(chain: Chain, since: int) -> Chain:
    """Return the part of a chain of operations, newest first, that is kept.

    That is: all after the time ``since`` and the one before them, so that each can be undone; the newest,
    not counting that of an earlier collection; and what undone operations need to be done again.
    """
    places = {id: place for place, (id, _) in enumerate(chain)}
    end = 1 + next((place for place, (_, operation) in enumerate(chain) if operation.command != COMMAND), 0)
    for place, (_, operation) in enumerate(chain):
        if operation.time > since:
            end = place + 2
    place = 0
    while place < min(end, len(chain)):
        operation = chain[place][1]
        if operation.target in places:
            end = max(end, places[operation.target] + 1 + (operation.kind == "undo"))
        place += 1
    return chain[:end]


def _arrange(workspace: Workspace, kept: Chain) -> Arrangement:
    """Return all that is reached."""
    reach = Arrangement(workspace.objects)
    state = kept[0][1].state
    head = head_commit(state)
    for dataset in (*state.tracked.values(), *workspace.snapshot(head).values()):
        reach.add_dataset(dataset)
    reach.begin_past()
    operations_reach(reach, [operation for _, operation in kept])
    for commit in workspace.remotes.tips():
        reach.add_commit(commit)
    return reach


class _Finished(msgspec.Struct, array_like=True, frozen=True):
    """The pack that the last collection left, and the level it was made with. Only in the cache."""

    pack: str
    level: int


class _Last(NamedTuple):
    """That pack, what of it can be copied in bytes, and whether that is all there is."""

    pack: Pack
    copied: int
    all: bool


def _repack(workspace: Workspace, reach: Arrangement, level: int) -> tuple[int, list[str]]:
    """Write what is reached to one new pack; return how many objects that is, and the packs that hold it."""
    count = sum(map(len, reach.ids.values()))
    packs = workspace.objects.packs()
    last = _last(workspace, reach, level)
    if last is not None and len(packs) == 1 and last.all and last.pack.objects == count:
        return count, [last.pack.name]
    names: list[str] = []
    if count:
        enough = COPIED_SHARE * sum(pack.size for pack in packs)
        model = last.pack if last is not None and last.copied >= enough else None
        names.append(_write(workspace, reach, level, model))
        workspace.cache.put(_CACHE_KEY, _Finished(names[0], level))
    return count, names


def _write(workspace: Workspace, reach: Arrangement, level: int, model: Pack | None) -> str:
    """Write the new pack, modelled on that of the last collection if there is one, and return its name."""
    collector = Collector(workspace.files, workspace.objects, reach.ids, level)
    try:
        if model is not None:
            collector.copy(model)
        else:
            collector.train()
        collector.add_records(reach.records())
        for kind in (Kind.LEAF, Kind.INNER):
            collector.add(kind, reach.pages(kind))
        path = collector.finish()
    except BaseException:
        collector.abandon()
        raise
    problems = Pack(path).verify()
    if problems:
        raise DamagedError(
            f"{problems[0]} a moment ago: the disk or the memory of this computer is failing",
            hint="Save a copy of your data elsewhere. Nothing was removed.",
        )
    return os.path.basename(path)


def _last(workspace: Workspace, reach: Arrangement, level: int) -> _Last | None:
    """Return the pack of the last collection, if it is there, sound, and was made with this level."""
    finished = workspace.cache.get(_CACHE_KEY, _Finished)
    if finished is None or finished.level != level:
        return None
    for pack in workspace.objects.packs():
        if pack.name == finished.pack and not pack.verify():
            return _survey(pack, reach)
    return None


def _survey(pack: Pack, reach: Arrangement) -> _Last:
    # By the first 8 bytes of the ids: copying compares the ids themselves.
    live = {int.from_bytes(id[:PREFIX_SIZE], "big") for ids in reach.ids.values() for id in ids}
    column = pack.column()
    copied, everything = 0, True
    for index in range(pack.block_count):
        block = pack.block(index)
        whole = block.encoding is not Encoding.DELTAS and live.issuperset(column[block.first : block.end])
        copied += block.size if whole else 0
        everything = everything and whole
    return _Last(pack, copied, everything)


def _end_log(workspace: Workspace, kept: Chain) -> set[bytes]:
    """Make the oldest kept operation the last of the log; return the ids of all in the log."""
    newest, operation = kept[0]
    oldest, last = kept[-1]
    ids = {id for id, _ in kept}
    if last.parent is not None and operation.horizon != oldest:
        seconds, offset = now()
        new = Operation(newest, seconds, offset, COMMAND, operation.state, "care", horizon=oldest)
        id = workspace.operations.write(new)
        workspace.operations.publish(id)
        ids.add(id)
    return ids


def _stored_bytes(workspace: Workspace) -> int:
    """Return the bytes of packs and operations."""
    paths = [os.path.join(workspace.directory, name) for name in ("packs", "operations")]
    entries = (entry for path in paths if os.path.isdir(path) for entry in os.scandir(path))
    return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
