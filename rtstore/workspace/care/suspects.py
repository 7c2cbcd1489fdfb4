"""Comparing what is referred to with what the packs hold: which objects are damaged, missing or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset
from rtstore.storage.interface import ObjectReader
from rtstore.storage.pack import PREFIX_SIZE
from rtstore.storage.packcheck import PackCheck
from rtstore.workspace.care.duplicates import repeated_entries
from rtstore.workspace.care.inventory import Inventory

#: How many missing objects, or contradictions of one object, a problem names.
_NAMED: Final = 10


class Suspects:
    """``problems`` in words; ``bad``: the objects they are about, by id, with the place of the problem."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.bad: dict[bytes, int] = {}

    def add(self, what: str, ids: Sequence[bytes]) -> None:
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
            found.add(_missing(kind, missing), missing)
    for id, error in inventory.unreadable.items():
        if id not in found.bad:
            found.add(error.message, [id])
    senseless = [id for id in inventory.ids[Kind.RECORD] if id in packs.senseless]
    if senseless:
        found.add(_senseless(packs.senseless, senseless), senseless)
    for id, what in _contradictions(reader, inventory).items():
        found.add("; ".join(what[:_NAMED]), [id])
    return found


def _contradictions(reader: ObjectReader, inventory: Inventory) -> dict[bytes, list[str]]:
    """Return what is wrong with objects that are what was written, by id."""
    found: dict[bytes, list[str]] = {}
    for finding in inventory.findings:
        found.setdefault(finding.id, []).append(finding.what)
    for dataset, entry in _repeated(reader, inventory):
        what = f"the dataset {dataset.hex()} has the entry {entry.hex()} twice"
        found.setdefault(dataset, []).append(what)
    return found


def _add_damaged(found: Suspects, packs: PackCheck, lost: Mapping[Kind, Sequence[bytes]]) -> None:
    by_prefix: dict[int, list[bytes]] = {}
    for ids in lost.values():
        for id in ids:
            by_prefix.setdefault(int.from_bytes(id[:PREFIX_SIZE], "big"), []).append(id)
    for block in packs.blocks:
        ids = [id for prefix in block.prefixes for id in by_prefix.get(prefix, ())]
        found.add(block.what if ids else f"{block.what}; nothing that is still needed is lost", ids)


def _missing(kind: Kind, ids: Sequence[bytes]) -> str:
    name = kind.name.lower()
    if len(ids) == 1:
        return f"the {name} {ids[0].hex()} is missing: no pack holds it intact"
    named = ", ".join(id.hex()[:16] for id in ids[:_NAMED])
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f"{len(ids)} objects of kind {name} are missing, no pack holds them intact: {named}{more}"


def _senseless(problems: Mapping[bytes, str], ids: Sequence[bytes]) -> str:
    named = "; ".join(f"the record {id.hex()} {problems[id]}" for id in ids[:_NAMED])
    return named + (f"; and {len(ids) - _NAMED} more are no records" if len(ids) > _NAMED else "")


def _repeated(reader: ObjectReader, inventory: Inventory) -> Iterator[tuple[bytes, bytes]]:
    """Yield (dataset, entry) where an entry is twice in a dataset."""
    histories: dict[str, dict[bytes, Dataset]] = {}
    others = dict(inventory.datasets)
    for commit in inventory.commits.values():
        snapshot = inventory.snapshots.get(commit.snapshot)
        for name, id in snapshot.datasets if snapshot is not None else ():
            if id in others:
                histories.setdefault(name, {})[id] = others.pop(id)
    for versions in (*histories.values(), others):
        yield from repeated_entries(reader, versions.items())
