"""What an imported file's sidecar adds to that of a dataset."""

from __future__ import annotations

from typing import Final

from msgspec import json
from msgspec.structs import replace

from rtstore.compare.merge.registry import merge_registries
from rtstore.formats.mappings import ENTRY_FIELD, MAPPINGS, PLACES
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Registry, Section, decode, encode
from rtstore.storage.interface import ObjectReader
from rtstore.storage.transaction import Transaction
from rtstore.workspace.importing.identity import value_at

#: The section that says which dataset a sidecar belongs to.
OWNER: Final = "dataset"


def joined_registry(
    transaction: Transaction, ours: Dataset, theirs: Dataset, dataset_uuid: str | None, file_name: str
) -> bytes | None:
    """Return the id of the registry of ``ours`` with what that of ``theirs`` has besides; nothing is overwritten.

    A dataset that had none gets the other one, as its own: under ``dataset_uuid``, if its records name one.
    """
    if theirs.registry is None or theirs.registry == ours.registry:
        return ours.registry
    incoming = _without_strangers(decode(transaction.read(Kind.REGISTRY, theirs.registry), Registry))
    if ours.registry is None:
        joined: Registry | None = _owned(incoming, dataset_uuid, file_name)
    else:
        known = decode(transaction.read(Kind.REGISTRY, ours.registry), Registry)
        owner = {section.name: section for section in known.sections}.get(OWNER)
        rest = tuple(section for section in incoming.sections if section.name != OWNER or owner is None)
        joined = merge_registries(None, known, replace(incoming, sections=rest), "ours").registry
    return None if joined is None else transaction.add(Kind.REGISTRY, encode(joined))


def loose_mappings(reader: ObjectReader, dataset: Dataset) -> dict[str, bytes]:
    """Return the mappings of a sidecar that went with no entry, by the uuid each names; of equals the first.

    Where a file has another id field, or none, the mappings of its entries are among them.
    """
    if dataset.registry is None:
        return {}
    registry = decode(reader.read(Kind.REGISTRY, dataset.registry), Registry)
    found: dict[str, bytes] = {}
    for section in registry.sections:
        if section.name == MAPPINGS and section.layout == "list":
            for key, text in section.items:
                uuid = value_at(json.decode(text), (ENTRY_FIELD,)) if key != PLACES else None
                if isinstance(uuid, str):
                    found.setdefault(uuid, text)
    return found


def _without_strangers(registry: Registry) -> Registry:
    """Return a registry without mappings: those of entries go with them, the others are of no entry here."""
    sections = tuple(
        replace(section, items=()) if section.name == MAPPINGS and section.layout == "list" else section
        for section in registry.sections
    )
    return Registry(sections)


def _owned(registry: Registry, dataset_uuid: str | None, file_name: str) -> Registry:
    values = {"filename": json.encode(file_name)}
    if dataset_uuid is not None:
        values["dataset_uuid"] = json.encode(dataset_uuid)

    def owned(section: Section) -> Section:
        if section.name != OWNER:
            return section
        return replace(section, items=tuple((key, values.get(key, text)) for key, text in section.items))

    return replace(registry, sections=tuple(map(owned, registry.sections)))
