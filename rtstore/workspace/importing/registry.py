"""What an imported file's sidecar adds to that of a dataset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from msgspec import json
from msgspec.structs import replace

from rtstore.compare.merge.registry import merge_registries
from rtstore.formats.mappings import MAPPINGS
from rtstore.formats.sidecar import KIND, SCHEMA_VERSION, STAMPS, Sidecar, Stamps
from rtstore.model.objects import Registry, Section
from rtstore.workspace.clock import now

#: The section that says which dataset a sidecar belongs to.
OWNER: Final = "dataset"


def joined_registry(
    ours: Registry | None, theirs: Registry | None, dataset_uuid: str | None, file_name: str
) -> Registry | None:
    """Return a registry with what another one has besides; nothing is overwritten.

    A dataset that had none gets the other one, as its own: under ``dataset_uuid``, if its records name one.
    """
    if theirs is None:
        return ours
    incoming = _without_strangers(theirs)
    if ours is None:
        return _owned(incoming, dataset_uuid, file_name)
    owner = any(section.name == OWNER for section in ours.sections)
    rest = tuple(section for section in incoming.sections if section.name != OWNER or not owner)
    return merge_registries(None, ours, replace(incoming, sections=rest), "ours").registry


def new_registry(dataset_uuid: str, file_name: str) -> Registry:
    """Return a registry of which RoleThread accepts the sidecar, with nothing in it."""
    metadata = {"schema_version": SCHEMA_VERSION, "kind": KIND, "exported_at": None, "app_name": "rtstore"}
    dataset = {
        "dataset_uuid": dataset_uuid,
        "filename": file_name,
        "entry_count": None,
        "tag_usage_counts": None,
    }
    lists = ("categories", "tags", "aliases", "characters", MAPPINGS, "system_prompts")
    return Registry(
        (
            _object("metadata", metadata),
            _object(OWNER, dataset),
            *(Section(name, "list", ()) for name in lists),
        )
    )


def new_stamps(entries: int) -> Stamps:
    """Return what a sidecar that is made now says of itself and of a dataset with so many entries.

    The uses of tags are for RoleThread to count: nobody should trust those in a file.
    """
    made_at = datetime.fromtimestamp(now()[0], UTC).isoformat()
    values = {"metadata.exported_at": made_at, "dataset.entry_count": entries, "dataset.tag_usage_counts": {}}
    return tuple((path, json.encode(value)) for path, value in values.items())


def owner_of(registry: Registry | None) -> str | None:
    """Return the uuid of the dataset that a registry says it belongs to, if it says one."""
    for section in registry.sections if registry is not None else ():
        if section.name == OWNER and section.layout == "object":
            uuid = json.decode(dict(section.items).get("dataset_uuid", b"null"))
            return uuid if isinstance(uuid, str) else None
    return None


def mappings_of(sidecar: Sidecar) -> dict[str, bytes]:
    """Return the mappings of a sidecar by the uuid of the entry that each names; of equals the first."""
    found: dict[str, bytes] = {}
    for uuid, text in sidecar.mappings:
        found.setdefault(uuid, text)
    return found


def _object(name: str, members: dict[str, Any]) -> Section:
    """Return a section of members; those that are stamps have no text here."""
    texts = (
        (key, b"" if f"{name}.{key}" in STAMPS else json.encode(value)) for key, value in members.items()
    )
    return Section(name, "object", tuple(texts))


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
