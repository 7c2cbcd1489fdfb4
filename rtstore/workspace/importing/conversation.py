"""What two entries that are duplicates of each other have in common."""

from __future__ import annotations

import json
from typing import Any, Final

from blake3 import blake3

from rtstore.model.jsontext import Path
from rtstore.model.shapes import Turn, turns

#: Where entry tags are.
TAGS: Final[Path] = ("tags",)


def key_of(record: Any) -> bytes:
    """Return 16 bytes that two records share when they are duplicates: they say the same, whatever the system prompt.

    A record without any turns is the duplicate of one with the same members.
    """
    said = [_said(turn) for turn in turns(record) if turn.role != "system"]
    return blake3(_canonical(said or record)).digest(16)


def tags_of(record: Any) -> list[str]:
    """Return the entry tags of a record; none where it has no list of them."""
    found = record.get(TAGS[0])
    if not isinstance(found, list):
        return []
    return [tag for tag in found if isinstance(tag, str)]


def _said(turn: Turn) -> list[Any]:
    """Return who says what; of a turn that is more than its text, all of it."""
    said = turn.content if isinstance(turn.raw, str) or _is_plain(turn) else turn.raw
    return [turn.role, turn.side, said]


def _is_plain(turn: Turn) -> bool:
    return turn.content_path is not None and bool(turn.content)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, default=str).encode()
