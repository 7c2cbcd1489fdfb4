"""Datasets that are divided, for tests: conversations by number, and the sides they are on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from workspaces import NAME, Desk, lines, talk

from rtstore.curate.partition.results import PartitionResult

HALVES = {"train": 0.5, "val": 0.5}


def numbered(number: int, says: int | None = None, **more: Any) -> dict[str, Any]:
    """Return the conversation with an id of its own; ``says``: the number of the one whose words it has."""
    return talk(number if says is None else says, id=f"entry {number}", **more)


def divided(desk: Desk, records: Iterable[dict[str, Any]], **options: Any) -> PartitionResult:
    """Track a file of conversations, divide it in halves or as the options say, and commit it."""
    desk.track(lines(*records), id_field="id")
    sides = options.pop("sides", HALVES)
    result = desk.store.partition(NAME, sides, **options)
    desk.commit()
    return result


def saved(desk: Desk, records: Iterable[dict[str, Any]]) -> None:
    """Save other conversations in the file, and commit it."""
    desk.commit_file(lines(*records))


def sides(desk: Desk, revision: str = "HEAD") -> dict[str, str]:
    """Return the side of each entry, by the id in its record."""
    dataset = desk.store[revision][NAME]
    found = desk.store.partition_of(dataset)
    assert found is not None
    return {entry.data["id"]: side for entry, side in zip(dataset, found, strict=True)}


def counted(found: Mapping[str, str]) -> Counter[str]:
    """Return how many are on each side."""
    return Counter(found.values())
