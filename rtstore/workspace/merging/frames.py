"""Three-way merge of what is around the entries of a dataset: framing, settings, registry and its stamps."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import msgspec

from rtstore.compare.merge.contents import Storage
from rtstore.compare.merge.partitions import merge_partitions
from rtstore.compare.merge.registry import MergedRegistry, merge_registries
from rtstore.history.stamps import read_stamps
from rtstore.model.ids import Kind
from rtstore.model.objects import Conflict, Dataset, Framing, Registry, Settings, Side, decode, encode
from rtstore.storage.interface import ObjectReader

T = TypeVar("T", Framing, Settings)


class MergedFrame(NamedTuple):
    """A dataset with the merged framing, settings and registry; its entries do not count.

    ``sidecar_stamps``: those of its sidecar.
    """

    frame: Dataset
    sidecar_stamps: tuple[tuple[str, bytes], ...]
    registry: MergedRegistry
    conflicts: tuple[Conflict, ...]
    notices: tuple[str, ...]


def merge_frames(
    storage: Storage, name: str, base: Dataset | None, ours: Dataset, theirs: Dataset, choose: str | None
) -> MergedFrame:
    """Merge what is around the entries of a dataset. Where both changed its format, ours stays, with a notice."""
    like = _framed_like(base, ours, theirs)
    notices: list[str] = []
    if like is None:
        like = ours
        known = base.framing if base is not None else ours.framing
        framing = _by_field(name, "format of the file", known, ours.framing, theirs.framing, notices)
    else:
        framing = like.framing
    settings = _settings(storage, name, base, ours, theirs, notices)
    before, mine, other = (read_registry(storage, one) for one in (base, ours, theirs))
    registry = merge_registries(before, mine, other, choose)
    id = store_registry(storage, registry.registry)
    frame = msgspec.structs.replace(like, framing=framing, settings=settings, registry=id)
    stamps = stamps_for(storage, registry.registry, ours, theirs)
    if before is not None and (registry.clashes or registry.decided):
        store_registry(storage, before)  # the base may be one that no commit has
    conflicts = _conflicts(storage, name, registry, base, ours, theirs, id)
    return MergedFrame(frame, stamps, registry, conflicts, tuple(notices))


def read_registry(storage: ObjectReader, dataset: Dataset | None) -> Registry | None:
    """Return the registry of a dataset, if it has one."""
    if dataset is None or dataset.registry is None:
        return None
    return decode(storage.read(Kind.REGISTRY, dataset.registry), Registry)


def store_registry(storage: Storage, registry: Registry | None) -> bytes | None:
    """Store a registry; return its id."""
    return None if registry is None else storage.add(Kind.REGISTRY, encode(registry))


def stamps_for(
    storage: Storage, registry: Registry | None, *datasets: Dataset
) -> tuple[tuple[str, bytes], ...]:
    """Return the stamps a registry has room for: of each dataset what those before it lack."""
    return stamps_among(registry, *(read_stamps(storage, dataset).sidecar for dataset in datasets))


def stamps_among(
    registry: Registry | None, *stamps: tuple[tuple[str, bytes], ...]
) -> tuple[tuple[str, bytes], ...]:
    """Return the stamps a registry has room for: of each of several what those before it lack."""
    values: dict[str, bytes] = {}
    for each in reversed(stamps):
        values.update(each)
    places = [
        f"{section.name}.{key}"
        for section in (registry.sections if registry is not None else ())
        for key, text in section.items
        if section.layout == "object" and not text
    ]
    return tuple((place, values[place]) for place in places if place in values)


def _framed_like(base: Dataset | None, ours: Dataset, theirs: Dataset) -> Dataset | None:
    """Return the version whose framing the result has, if it is that of one side as a whole."""
    if theirs.framing == ours.framing:
        return ours if ours.count else theirs  # what is usual in a file without records says nothing
    if base is not None and theirs.framing == base.framing:
        return ours
    if base is not None and ours.framing == base.framing:
        return theirs
    # A file without records is all head: there is nothing to be merged part by part.
    if not ours.count or not theirs.count or (base is not None and not base.count):
        return ours if ours.count or not theirs.count else theirs
    return None


def _settings(
    storage: Storage, name: str, base: Dataset | None, ours: Dataset, theirs: Dataset, notices: list[str]
) -> Settings:
    """Merge settings field by field, what is settled of a partition as a set."""
    usual = base.settings if base is not None else ours.settings
    known = base.settings.partition if base is not None else None
    sides = (ours.settings, theirs.settings)
    merged = merge_partitions(storage, storage, known, *(one.partition for one in sides))
    if merged.differs:
        notices.append(f"{name}: both sides changed the partition; ours stays")
    undivided = [msgspec.structs.replace(one, partition=None) for one in (usual, *sides)]
    settings = _by_field(name, "settings", undivided[0], undivided[1], undivided[2], notices)
    return msgspec.structs.replace(settings, partition=merged.partition)


def _by_field(name: str, what: str, base: T, ours: T, theirs: T, notices: list[str]) -> T:
    changed: dict[str, Any] = {}
    for field in ours.__struct_fields__:
        before, mine, other = (getattr(one, field) for one in (base, ours, theirs))
        if mine == before:
            changed[field] = other
        elif other not in (mine, before):
            notices.append(f"{name}: both sides changed the {what} ({field}); ours stays")
    return msgspec.structs.replace(ours, **changed)


def _conflicts(
    storage: Storage,
    name: str,
    registry: MergedRegistry,
    base: Dataset | None,
    ours: Dataset,
    theirs: Dataset,
    left: bytes | None,
) -> tuple[Conflict, ...]:
    clashes = (*registry.clashes, *registry.decided)
    if not clashes:
        return ()

    def side(dataset: Dataset | None, stamped: bool = True) -> Side | None:
        if dataset is None or dataset.registry is None:
            return None
        return Side(
            registry=dataset.registry,
            # Whoever takes this registry where there is none needs its stamps.
            dataset=storage.add(Kind.DATASET, encode(dataset)) if stamped else None,
        )

    return tuple(
        Conflict(
            name,
            "registry",
            b"",
            clash.path,
            index,
            side(base, stamped=False),  # it may be one that no commit has
            side(ours),
            side(theirs),
            None if left is None else Side(registry=left),
        )
        for index, clash in enumerate(clashes)
    )
