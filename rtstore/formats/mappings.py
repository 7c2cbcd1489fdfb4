"""The order of a sidecar's mappings of turns to characters, which are stored in two places.

A mapping that names an entry goes with that entry (``Annotation.mapping``). The others (entry unknown,
unnamed, or named before) stay in the registry's section ``entry_character_mappings``, keyed like the items
of any list.

Nothing more is needed where a file lists the mappings of its entries in the order of the entries, and the
others last, as RoleThread does. Otherwise

- ``Registry.mapping_order`` holds the ids of the entries that have a mapping, in the file's order;
- the section starts with an item of the empty key, ``PLACES``: the places of the others among all mappings,
  counted from 0 and ascending, as a JSON list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from rtstore.errors import DamagedError
from rtstore.formats.keys import unique_keys
from rtstore.model.ids import ENTRY_ID_SIZE
from rtstore.model.objects import Section

#: The section of the mappings, and the field that names an entry.
MAPPINGS: Final = "entry_character_mappings"
ENTRY_FIELD: Final = "entry_uuid"
#: The key of the item that holds the places of the mappings that belong to no entry.
PLACES: Final = ""

#: (entry uuid, JSON text of the whole item)
Mapping = tuple[str, bytes]


def divide(
    items: Iterable[tuple[str | None, bytes]], has_entry: Callable[[str], bool]
) -> tuple[list[Mapping], Section]:
    """Divide mappings in the file's order into those that go with an entry and the section of the others.

    ``items``: the uuid each one names, if any, and its JSON text.
    """
    mappings: list[Mapping] = []
    others: list[tuple[str | None, bytes]] = []
    places: list[int] = []
    seen: set[str] = set()
    for place, (uuid, text) in enumerate(items):
        if uuid is not None and uuid not in seen and has_entry(uuid):
            seen.add(uuid)
            mappings.append((uuid, text))
        else:
            others.append((uuid, text))
            places.append(place)
    keyed = list(zip(unique_keys([uuid for uuid, _ in others]), (text for _, text in others), strict=True))
    if places and places[0] < len(mappings):
        keyed.insert(0, (PLACES, msgspec.json.encode(places)))
    return mappings, Section(MAPPINGS, "list", tuple(keyed))


def join(mappings: Iterable[tuple[object, bytes]], section: Section) -> list[bytes]:
    """Return the JSON texts of all mappings in the file's order: the inverse of :func:`divide`.

    Where a merge left more of the others than places, the rest come last.

    Raises:
        DamagedError: the places cannot be read.
    """
    others = [text for key, text in section.items if key != PLACES]
    places = next((_places(text) for key, text in section.items if key == PLACES), [])
    joined = [text for _, text in mappings]
    for place, text in zip(places, others, strict=False):
        joined.insert(place, text)
    return joined + others[len(places) :]


def order_of(mapped: Sequence[bytes], entries: Iterable[bytes]) -> bytes:
    """Return ``Registry.mapping_order`` for a file that lists the mappings of these entries in this order.

    ``entries`` are the ids of all entries of the dataset, in its order.
    """
    matched = 0
    for entry in entries:
        if matched < len(mapped) and mapped[matched] == entry:
            matched += 1
    return b"" if matched == len(mapped) else b"".join(mapped)


def in_order(mappings: Iterable[tuple[bytes, bytes]], mapping_order: bytes) -> list[tuple[bytes, bytes]]:
    """Return the (entry id, text) of ``mappings``, given in the dataset's order, in the file's order.

    Mappings made since the order was recorded come last.

    Raises:
        DamagedError: ``mapping_order`` is not a row of entry ids.
    """
    if len(mapping_order) % ENTRY_ID_SIZE:
        raise DamagedError("the order of the mappings in a registry is cut off")
    remaining = dict(mappings)
    ordered = []
    for start in range(0, len(mapping_order), ENTRY_ID_SIZE):
        entry = mapping_order[start : start + ENTRY_ID_SIZE]
        if entry in remaining:
            ordered.append((entry, remaining.pop(entry)))
    return ordered + list(remaining.items())


def _places(text: bytes) -> list[int]:
    try:
        return msgspec.json.decode(text, type=list[int])
    except msgspec.MsgspecError as error:
        raise DamagedError(f"the places of mappings in a registry cannot be read: {error}") from error
