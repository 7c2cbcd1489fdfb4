"""Putting together what the packs lack and what is referred to: which objects are damaged, missing or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rtstore.model.ids import PREFIX_SIZE, Kind
from rtstore.model.objects import Dataset
from rtstore.storage.interface import ObjectReader
from rtstore.storage.packcheck import PackCheck
from rtstore.workspace.duplicates import repeated_entries
from rtstore.workspace.inventory import Inventory

#: How many missing objects a problem names.
_NAMED: Final = 10


class Suspects:
    """``problems`` in words; ``bad``: the objects each is about, by id, with the problem's place in the list."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.bad: dict[bytes, int] = {}

    def add(self, what: str, *ids: bytes) -> None:
        """Add a problem with the objects it is about."""
        self.bad.update(dict.fromkeys(ids, len(self.problems)))
        self.problems.append(what)


def suspects(reader: ObjectReader, packs: PackCheck, inventory: Inventory) -> Suspects:
    """Return what is wrong with the objects of a store."""
    found = Suspects()
    lost = {kind: [id for id in ids if id not in packs.intact[kind]] for kind, ids in inventory.ids.items()}
    _add_damaged(found, packs, lost)
    for kind, ids in lost.items():
        missing = [id for id in ids if id not in found.bad]
        if missing:
            found.add(_missing(kind, missing), *missing)
    for id, error in inventory.unreadable.items():
        if id not in found.bad:
            found.add(error.message, id)
    for finding in inventory.findings:
        found.add(f"{finding.what_is} {finding.id.hex()} {finding.what}", finding.id)
    for dataset, entry in _repeated(reader, inventory):
        found.add(f"dataset {dataset.hex()} has the entry {entry.hex()} twice", dataset)
    return found
