"""The conflicts of a merge in progress: which are still open, and what each is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash
from rtstore.compare.merge.contents import Storage
from rtstore.compare.merge.registry import merge_registries
from rtstore.errors import NothingToDoError
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Dataset, Registry, Side, decode
from rtstore.workspace.changes import same_content
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.merging import results
from rtstore.workspace.merging.datasets import version_in
from rtstore.workspace.merging.frames import read_registry
from rtstore.workspace.merging.message import name_of
from rtstore.workspace.merging.present import Present, is_about_dataset, missing_file, presence
from rtstore.workspace.merging.scratch import Scratch
from rtstore.workspace.workspace import Workspace

#: What the datasets of conflicts are now, by name; None: not there.
Presents = Mapping[str, Present | None]


def describe(workspace: Workspace) -> tuple[results.Conflict, ...]:
    """Return the conflicts of the merge in progress that are still open, in the order of the datasets.

    One that somebody has dealt with in the working file is not open any more.

    Raises:
        NothingToDoError: no merge is in progress.
    """
    state = workspace.state()
    if state.merging is None:
        raise NothingToDoError("no merge is in progress")
    conflicts = state.merging.conflicts
    presents: dict[str, Present | None] = {}
    workings: dict[str, Working] = {}
    with workspace.transaction() as transaction:
        scratch = Scratch(transaction)
        for name in {conflict.dataset for conflict in conflicts}:
            known = state.tracked.get(name)
            working = look(workspace, name, known, transaction)
            workings[name] = working
            if known is not None:
                presents[name] = presence(workspace, scratch, scratch, conflicts, working)
            working.close()
        still = open_conflicts(scratch, conflicts, presents)
        told = [
            msgspec.structs.replace(
                _told(scratch, conflict, presents.get(conflict.dataset)),
                missing=missing_file(conflict, workings[conflict.dataset]),
            )
            for conflict in still
        ]
    return tuple(sorted(told, key=lambda one: (one.dataset, one.position is not None, one.position or 0)))


def open_conflicts(storage: Storage, conflicts: Sequence[Conflict], presents: Presents) -> list[Conflict]:
    """Return the conflicts that nobody has dealt with in the datasets as they are now."""
    return [one for one in conflicts if _is_open(storage, one, presents.get(one.dataset))]


def registries_of(storage: Storage, conflict: Conflict) -> tuple[Registry | None, ...]:
    """Return the registries a conflict is about: the base's, ours, theirs."""
    return tuple(_registry(storage, side) for side in (conflict.base, conflict.ours, conflict.theirs))


def clashes_of(conflict: Conflict, present: Present) -> tuple[Clash, ...]:
    """Return the single values of an entry that contradict each other."""
    base, ours, theirs = (version_in(side) for side in (conflict.base, conflict.ours, conflict.theirs))
    if ours is None or theirs is None:
        return ()
    return present.contents.unite(base, ours, theirs).clashes


def _registry(storage: Storage, side: Side | None) -> Registry | None:
    if side is None or side.registry is None:
        return None
    return decode(storage.read(Kind.REGISTRY, side.registry), Registry)


def _is_open(storage: Storage, conflict: Conflict, present: Present | None) -> bool:
    if conflict.kind == "registry":
        return present is not None and _is_registry_open(conflict, present)
    if is_about_dataset(conflict):
        left = conflict.left.dataset if conflict.left is not None else None
        known = decode(storage.read(Kind.DATASET, left), Dataset) if left is not None else None
        return same_content(known, None if present is None else present.dataset)
    return present is not None and _is_entry_open(conflict, present)


def _is_entry_open(conflict: Conflict, present: Present) -> bool:
    now, left = present.version(conflict), version_in(conflict.left)
    if now is None or left is None or now == left:
        return now == left
    theirs = version_in(conflict.theirs)
    if conflict.kind != "edited" or theirs is None:
        return False
    # It was edited since: what contradicted each other may still do.
    since = present.contents.unite(version_in(conflict.base), now, theirs).clashes
    return _share(clashes_of(conflict, present), since)


def _is_registry_open(conflict: Conflict, present: Present) -> bool:
    base, ours, theirs = registries_of(present.storage, conflict)
    clashes = merge_registries(base, ours, theirs).clashes
    now = read_registry(present.storage, present.dataset)
    if now is None and conflict.left is not None:
        return True  # whoever lost the sidecar has decided nothing about its values
    since = merge_registries(base, now, theirs).clashes
    return _share(clashes[conflict.position : conflict.position + 1], since)


def _share(before: Sequence[Clash], now: Sequence[Clash]) -> bool:
    """Tell whether any of the clashes that there were are still there, ours being what it was."""
    return any(
        (one.kind, one.base, one.ours, one.theirs) == (other.kind, other.base, other.ours, other.theirs)
        for one in before
        for other in now
    )


def _told(storage: Storage, conflict: Conflict, present: Present | None) -> results.Conflict:
    told = results.Conflict(
        name_of(conflict), conflict.dataset, conflict.kind, conflict.entry or None, conflict.path
    )
    if conflict.kind == "registry":
        base, ours, theirs = registries_of(storage, conflict)
        clash = merge_registries(base, ours, theirs).clashes[conflict.position]
        values = {side: _as_json(getattr(clash, side)) for side in ("base", "ours", "theirs")}
        return msgspec.structs.replace(told, **values, clashes=(clash,))
    if not conflict.entry or present is None:
        return told
    versions = {side: version_in(getattr(conflict, side)) for side in ("base", "ours", "theirs")}
    records = {
        side: None if version is None else present.contents.read(version).record
        for side, version in versions.items()
    }
    position = present.position(conflict)
    return msgspec.structs.replace(
        told,
        position=conflict.position if position is None else position,
        clashes=clashes_of(conflict, present),
        **records,
    )


def _as_json(value: object) -> bytes | None:
    from json import dumps

    return None if value is MISSING else dumps(value).encode()
