"""What differs between two versions of a registry, and of the mapping of an entry, which a sidecar has beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from rtstore.compare.difference import MISSING, FieldChange
from rtstore.compare.fields import differences
from rtstore.compare.version import Version
from rtstore.formats.keys import named
from rtstore.formats.mappings import MAPPINGS, PLACES
from rtstore.model.ids import ENTRY_ID_SIZE
from rtstore.model.jsonedit import dotted
from rtstore.model.jsontext import loads
from rtstore.model.objects import Registry, Section


def registry_difference(old: Registry | None, new: Registry | None) -> list[FieldChange]:
    """Return what differs between two registries, by section and key: ``tags/approved``, ``characters/osk.notes``.

    The order of things does not matter; see ``order_difference``.
    """
    before, after = _sections(old), _sections(new)
    found: list[FieldChange] = []
    for name in dict.fromkeys((*before, *after)):
        found += _of_sections(named(name), before.get(name), after.get(name))
    return found


def sidecar_differs(old: Version, new: Version) -> bool:
    """Tell whether two versions have registries that differ, and with them their sidecars.

    A mapping whose entry is gone belongs to the registry until the entry comes back; where the mappings of entries
    that moved stand is part of it, too. The sidecar says the same in either case.
    """
    if old.dataset.registry == new.dataset.registry:
        return False
    before, after = old.registry, new.registry
    if before is None or after is None or _beside_mappings(before) != _beside_mappings(after):
        return True
    return old.mappings() != new.mappings()


def order_difference(old: Registry | None, new: Registry | None) -> list[FieldChange]:
    """Return where the order of what two registries have in common differs: ``order/tags``, the keys old and new."""
    if old is None or new is None:
        return []
    before, after = _sections(old), _sections(new)
    found = list(_of_orders("sections", list(before), list(after)))
    for name in before.keys() & after.keys():
        found += _of_orders(named(name), list(_texts(before[name])), list(_texts(after[name])))
    mapped = [_entries(registry.mapping_order) for registry in (old, new)]
    if mapped[0] != mapped[1]:
        found.append(FieldChange(f"order/{MAPPINGS}", *mapped))
    return sorted(found, key=lambda change: change.path)


def mapping_difference(old: bytes, new: bytes) -> list[FieldChange]:
    """Return what differs between two mappings of an entry's turns to characters, as JSON texts; empty: none.

    Turns go by the index they name: ``mapping/turns[3].character_slug``.
    """
    if not old or not new:
        return [] if old == new else [FieldChange("mapping", _decoded(old), _decoded(new))]
    found = differences(_by_turn(loads(old)), _by_turn(loads(new)))
    return [FieldChange(f"mapping/{dotted(each.path)}", each.old, each.new) for each in found]


def _beside_mappings(registry: Registry) -> list[Section]:
    return [
        replace(section, items=()) if section.name == MAPPINGS and section.layout == "list" else section
        for section in registry.sections
    ]


def _sections(registry: Registry | None) -> dict[str, Section]:
    return {section.name: section for section in registry.sections} if registry is not None else {}


def _of_sections(name: str, old: Section | None, new: Section | None) -> Iterator[FieldChange]:
    layouts = {section.layout for section in (old, new) if section is not None}
    before, after = _texts(old), _texts(new)
    if len(layouts) > 1 or layouts == {"value"} or not (before or after):
        yield from (each.under(name) for each in differences(_value(old), _value(new)))
        return
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        if one != other:
            found = differences(_decoded(one), _decoded(other))
            yield from (each.under(f"{name}/{key}") for each in found)


def _decoded(text: bytes | None) -> Any:
    return loads(text) if text else MISSING


def _texts(section: Section | None) -> dict[str, bytes]:
    """Return the items of a section by key, without stamps and without what only says where others stand."""
    if section is None:
        return {}
    places = PLACES if section.name == MAPPINGS and section.layout == "list" else None
    return {named(key): text for key, text in section.items if text and key != places}


def _value(section: Section | None) -> Any:
    """Return a section as a whole."""
    if section is None:
        return MISSING
    values = {key: loads(text) for key, text in _texts(section).items()}
    if section.layout == "object":
        return values
    return list(values.values()) if section.layout == "list" else values.get("")


def _of_orders(name: str, old: list[str], new: list[str]) -> Iterator[FieldChange]:
    both = {*old} & {*new}
    if [key for key in old if key in both] != [key for key in new if key in both]:
        yield FieldChange(f"order/{name}", old, new)


def _entries(mapping_order: bytes) -> list[str]:
    return [
        mapping_order[at : at + ENTRY_ID_SIZE].hex() for at in range(0, len(mapping_order), ENTRY_ID_SIZE)
    ]


def _by_turn(mapping: Any) -> Any:
    """Return a mapping with its turns by the index they name, if each names one of its own."""
    turns = mapping.get("turns") if isinstance(mapping, dict) else None
    if not isinstance(turns, list):
        return mapping
    indexed = {turn["turn_index"]: turn for turn in turns if _names_its_index(turn)}
    return {**mapping, "turns": indexed} if len(indexed) == len(turns) else mapping


def _names_its_index(turn: Any) -> bool:
    return isinstance(turn, dict) and type(turn.get("turn_index")) is int
