"""A patch: what ``rtstore diff --json`` writes and ``rtstore apply`` reads.

Beside what people want to know of a difference it has what it takes to do it again, byte for byte: records as they
are stored, what is beside them, and what is around the records of a file.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import msgspec

from rtstore.errors import InputError
from rtstore.model.fields import field_problem, shortened, volatile_problem
from rtstore.model.ids import ENTRY_ID_SIZE
from rtstore.model.objects import Annotation, Dataset, Framing, Registry, Section, Settings, is_framing
from rtstore.model.partitions import FINGERPRINT, Partition, partition_problem


class PatchBeside(msgspec.Struct, frozen=True):
    """What an entry has beside its record: the mapping of its turns as JSON text, and what follows it in the file.

    ``stamps``: its volatile values in their order, as JSON texts; patches of older versions have none. ``note`` to
    ``partition`` are those of its annotation.
    """

    mapping: str = ""
    lineage: tuple[str, ...] = ()
    separator: str | None = None
    stamps: tuple[str, ...] = ()
    note: str = ""
    rating: int = 0
    review: str = ""
    partition: str = ""

    def annotation(self) -> Annotation:
        """Return what is known about the entry."""
        lineage = tuple(map(entry_id, self.lineage))
        return Annotation(self.mapping.encode(), lineage, self.note, self.rating, self.review, self.partition)


class PatchPartition(msgspec.Struct, frozen=True):
    """How a dataset is divided: the name of each side and its share in billionths.

    ``settled``: the fingerprints of the entries that have a side for good, in base64; None: there is no such list.
    """

    sides: tuple[tuple[str, int], ...]
    seed: str = ""
    group_by: str | None = None
    stratify: str | None = None
    settled: bytes | None = None

    def partition(self, settled: bytes | None = None) -> Partition:
        """Return the partition. ``settled``: the id of the blob with the fingerprints."""
        return Partition(self.sides, self.seed, self.group_by, self.stratify, settled)


class PatchEntry(msgspec.Struct, frozen=True):
    """An entry that differs. Positions count from 1.

    ``after``: the id of the entry before it in the new version, None where it is the first; unset: nobody knows.
    """

    change: str
    id: str
    old_position: int | None
    new_position: int | None
    moved: bool = False
    after: str | msgspec.UnsetType | None = msgspec.UNSET
    old_text: str | None = None
    new_text: str | None = None
    old_beside: PatchBeside | None = None
    new_beside: PatchBeside | None = None


class PatchFrame(msgspec.Struct, frozen=True):
    """What is around the records of a dataset. ``registry``: its sections, and the order of its mappings in hex.

    ``stamps``: those of the sidecar, each its path and its JSON text; patches of older versions have none.
    """

    head: str
    separator: str
    tail: str
    layout: str
    mode: int
    id_field: str | None
    volatile: tuple[str, ...]
    registry: tuple[tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...], str] | None = None
    stamps: tuple[tuple[str, str], ...] = ()
    partition: PatchPartition | None = None

    def framing(self) -> Framing:
        """Return the framing."""
        head, separator, tail = (text.encode() for text in (self.head, self.separator, self.tail))
        return Framing(self.layout, head, separator, tail, self.mode)

    def settings(self, settled: bytes | None = None) -> Settings:
        """Return the settings. ``settled``: the id of the blob that tells which entries have a side for good."""
        divided = None if self.partition is None else self.partition.partition(settled)
        return Settings(self.id_field, self.volatile, divided)

    @property
    def settled(self) -> bytes | None:
        """The content of that blob; None if there is none."""
        return None if self.partition is None else self.partition.settled

    def sidecar_stamps(self) -> tuple[tuple[str, bytes], ...]:
        """Return the stamps of the sidecar."""
        return tuple((path, text.encode()) for path, text in self.stamps)

    def registry_object(self) -> Registry | None:
        """Return the registry, None if there is none.

        Raises:
            ValueError: the order of its mappings is not hexadecimal.
        """
        if self.registry is None:
            return None
        sections, order = self.registry
        return Registry(
            tuple(
                Section(name, layout, tuple((key, text.encode()) for key, text in items))
                for name, layout, items in sections
            ),
            bytes.fromhex(order),
        )


class PatchDataset(msgspec.Struct, frozen=True):
    """A dataset that differs. The frames are there where they differ, or where there was or is no dataset.

    ``renamed_from``: its path in the old version, where that is another.
    """

    path: str
    change: str
    entries: tuple[PatchEntry, ...]
    old_frame: PatchFrame | None = None
    new_frame: PatchFrame | None = None
    renamed_from: str | None = None


class Patch(msgspec.Struct, frozen=True):
    """What differs between two versions."""

    datasets: tuple[PatchDataset, ...]

    def names(self) -> list[str]:
        """Return the names that datasets have in it, new and old ones."""
        names = ((each.path, each.renamed_from) for each in self.datasets)
        return [name for pair in names for name in pair if name is not None]


def parse(data: bytes, path: str) -> Patch:
    """Read a patch; ``path`` is what messages call it.

    Raises:
        InputError: it is none.
    """
    try:
        patch = _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InputError(
            f"not a patch: {error}", path=path, hint="Write one with: rtstore diff --json A..B > FILE"
        ) from error
    for dataset in patch.datasets:
        for found in (dataset.old_frame, dataset.new_frame):
            if found is not None:
                _check_frame(found, path)
    return patch


def _check_frame(frame: PatchFrame, path: str) -> None:
    if not is_framing(frame.framing()):
        raise InputError("what is around the records makes no dataset of them", path=path)
    if frame.partition is not None and (problem := partition_problem(frame.partition.partition())):
        raise InputError(f"no dataset can be divided so: it {problem}", path=path)
    if len(frame.settled or b"") % FINGERPRINT:
        raise InputError("what is settled of a partition is cut off", path=path)
    problems = [(field, volatile_problem(field)) for field in frame.volatile]
    problems += [(field, field_problem(field)) for field in (frame.id_field,) if field is not None]
    for field, problem in problems:
        if problem is not None:
            raise InputError(f"no field can have this name: {shortened(field)} {problem}", path=path)


def _decode(data: bytes) -> Patch:
    try:
        return msgspec.json.decode(data, type=Patch)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Turns may have lone surrogates, which only Python's own decoder takes; what is put into files has none.
        patch = msgspec.convert(json.loads(data), Patch)
        msgspec.json.encode(patch)
        return patch


def entry_id(text: str) -> bytes:
    """Return an entry id from its 32 hex digits.

    Raises:
        InputError: it has others.
    """
    try:
        id = bytes.fromhex(text)
    except ValueError:
        id = b""
    if len(id) != ENTRY_ID_SIZE:
        raise InputError(f"the patch has an entry with an impossible id: {text[:40]!r}")
    return id


def frame(dataset: Dataset, registry: Registry | None, settled: bytes | None = None) -> dict[str, Any]:
    """Return what is around the records of a dataset, as a patch has it.

    ``settled``: which entries have a side for good, if it is divided and any have.
    """
    framing, settings = dataset.framing, dataset.settings
    return {
        "head": framing.head.decode(),
        "separator": framing.separator.decode(),
        "tail": framing.tail.decode(),
        "layout": framing.layout,
        "mode": framing.mode,
        "id_field": settings.id_field,
        "volatile": list(settings.volatile),
        "registry": None if registry is None else _registry(registry),
        **({} if settings.partition is None else {"partition": _partition(settings.partition, settled)}),
    }


def beside(annotation: Annotation, separator: bytes | None, stamps: Iterable[bytes]) -> dict[str, Any]:
    """Return what an entry has beside its record, as a patch has it."""
    return {
        "mapping": annotation.mapping.decode(),
        "lineage": [entry.hex() for entry in annotation.lineage],
        "note": annotation.note,
        "rating": annotation.rating,
        "review": annotation.review,
        "partition": annotation.partition,
        "separator": None if separator is None else separator.decode(),
        "stamps": [text.decode() for text in stamps],
    }


def frame_stamps(stamps: Iterable[tuple[str, bytes]]) -> list[list[str]]:
    """Return the stamps of a sidecar as a patch has them."""
    return [[path, text.decode()] for path, text in stamps]


def _partition(partition: Partition, settled: bytes | None) -> dict[str, Any]:
    return {
        "sides": [list(side) for side in partition.sides],
        "seed": partition.seed,
        "group_by": partition.group_by,
        "stratify": partition.stratify,
        "settled": None if settled is None else b64encode(settled).decode(),
    }


def _registry(registry: Registry) -> list[Any]:
    sections = [
        [section.name, section.layout, [[key, text.decode()] for key, text in section.items]]
        for section in registry.sections
    ]
    return [sections, registry.mapping_order.hex()]
