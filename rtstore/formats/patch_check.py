"""Whether a patch can be what ``diff`` writes. One that was edited by hand must not make a file that is no dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple, NoReturn

from msgspec import json
from msgspec.structs import replace

from rtstore.errors import InputError, RtstoreError
from rtstore.formats import sidecar
from rtstore.formats.heads import HeadDecoder
from rtstore.formats.mappings import MAPPINGS
from rtstore.formats.patch import Patch, PatchBeside, PatchDataset, PatchEntry, PatchFrame, entry_id
from rtstore.model.ids import ENTRY_ID_SIZE
from rtstore.model.objects import Registry, Section
from rtstore.model.volatile import Volatile

_CHANGES: Final = ("added", "removed", "edited")
_HINT: Final = "Write one with: rtstore diff --json A..B > FILE"
_S: Final = r"[ \t\r\n]*"


#: The least that a sidecar must have to be one.
_SIDECAR: Final = Section(
    "metadata",
    "object",
    (("kind", json.encode(sidecar.KIND)), ("schema_version", json.encode(sidecar.SCHEMA_VERSION))),
)


class _Around(NamedTuple):
    """What may be around the records of a file: patterns. ``empty``: the head of one without records.

    ``odd``: what separates two records, if that is not what separates most.
    """

    head: str
    separator: str
    odd: str
    tail: str
    empty: str


_AROUND: Final = {
    "jsonl": _Around(rf"\ufeff?({_S}\n)?", r"\r?\n", rf"\r?\n({_S}\n)?", rf"(\r?\n{_S})?", rf"\ufeff?{_S}"),
    "array": _Around(
        rf"\ufeff?{_S}\[{_S}", rf"{_S},{_S}", rf"{_S},{_S}", rf"{_S}\]{_S}", rf"\ufeff?{_S}\[{_S}\]{_S}"
    ),
}


def check(patch: Patch, name: str) -> None:
    """Refuse a patch that contradicts itself, or would put something else than a dataset into a file.

    ``name`` is what messages call it. Whether its records are some is checked where they are put into a dataset.

    Raises:
        InputError: it is such a patch.
    """
    _check_once(patch.names(), name)
    for dataset in patch.datasets:
        _check_dataset(dataset, f"{name}: {dataset.path}")


def is_all_head(frame: PatchFrame) -> bool:
    """Tell whether a frame can only be that of a file without records: it is all head."""
    around = _AROUND[frame.layout]
    return not frame.tail and not re.fullmatch(around.head, frame.head)


def check_separator(text: str, layout: str, name: str) -> None:
    """Refuse what cannot be between two records.

    Raises:
        InputError: it cannot.
    """
    if not re.fullmatch(_AROUND[layout].odd, text):
        _refuse(name, f"records cannot be separated by {text[:40]!r}")


def _check_dataset(dataset: PatchDataset, name: str) -> None:
    if dataset.change not in _CHANGES:
        _refuse(name, f"a dataset cannot be {dataset.change[:40]!r}")
    if dataset.change == "added" and dataset.new_frame is None:
        _refuse(name, "what is around the records of an added dataset is missing")
    for frame in (dataset.old_frame, dataset.new_frame):
        if frame is not None:
            _check_frame(frame, name)
    _check_once((entry.id.lower() for entry in dataset.entries), name)
    for entry in dataset.entries:
        _check_entry(entry, f"{name}#{entry.id[:8]}")


def _check_entry(entry: PatchEntry, name: str) -> None:
    entry_id(entry.id)
    if entry.old_position is None and entry.new_position is None:
        _refuse(name, "the entry is in neither version")
    for beside in (entry.old_beside, entry.new_beside):
        if beside is not None:
            _check_beside(beside, name)


def _check_beside(beside: PatchBeside, name: str) -> None:
    annotation = beside.annotation()  # ids that are none
    if (problem := annotation.problem) is not None:
        _refuse(name, f"the {problem}")
    if not beside.mapping:
        return
    # As a registry with this one mapping: then it is one that a sidecar can have.
    section = Section(MAPPINGS, "list", (("0", beside.mapping.encode()),))
    _check_registry(Registry((_SIDECAR, section)), (), f"{name} (mapping)")


def _check_frame(frame: PatchFrame, name: str) -> None:
    around = _AROUND.get(frame.layout)
    if around is None:
        _refuse(name, f"no dataset has the layout {frame.layout[:40]!r}")
    parts = [("head", around.head), ("separator", around.separator), ("tail", around.tail)]
    if is_all_head(frame):
        parts[0] = ("head", around.empty)
        del parts[2]
    for part, pattern in parts:
        if not re.fullmatch(pattern, getattr(frame, part)):
            _refuse(name, f"no dataset has this as its {part}: {getattr(frame, part)[:40]!r}")
    try:
        HeadDecoder(frame.settings())
        Volatile(frame.volatile)
    except (RtstoreError, RecursionError) as error:
        _refuse(name, f"its fields cannot be used: {error}")
    if frame.registry is not None:
        try:
            registry = frame.registry_object()
        except ValueError:
            _refuse(name, "the order of the mappings is not hexadecimal")
        assert registry is not None
        _check_registry(registry, frame.sidecar_stamps(), f"{name} (registry)")


def _check_registry(registry: Registry, stamps: Iterable[tuple[str, bytes]], name: str) -> None:
    """Refuse a registry that is not what one reads in the sidecar that is made of it."""
    if len(registry.mapping_order) % ENTRY_ID_SIZE:
        _refuse(name, "the order of the mappings is cut off")
    values = dict.fromkeys(sidecar.STAMPS, b"null") | dict(stamps)
    try:
        found = sidecar.parse(sidecar.build(registry, (), tuple(values.items())), name).registry
    except RtstoreError as error:
        _refuse(name, f"no sidecar can be made of it: {error.message}")
    if list(map(_compared, found.sections)) != list(map(_compared, registry.sections)):
        _refuse(name, "it says something else than the sidecar that would be made of it")


def _compared(section: Section) -> Section:
    """Return a section as far as it can be compared: mappings may go with entries."""
    if section.name == MAPPINGS and section.layout == "list":
        return replace(section, items=())
    return section


def _check_once(names: Iterable[str], name: str) -> None:
    seen: set[str] = set()
    for each in names:
        if each in seen:
            _refuse(name, f"{each[:80]!r} is in it twice")
        seen.add(each)


def _refuse(name: str, message: str) -> NoReturn:
    raise InputError(f"{name}: {message}", hint=_HINT)
