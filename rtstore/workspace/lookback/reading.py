"""What looking back reads of a record: its turns and its tags."""

from __future__ import annotations

from typing import Any

from rtstore.model.jsontext import loads
from rtstore.model.shapes import Turn, turns


def decoded(record: bytes) -> dict[str, Any]:
    """Return a record as a value.

    Raises:
        InputError: it is nested too deep to be read.
    """
    value = loads(record)
    return value if isinstance(value, dict) else {}


def turns_of(record: bytes) -> list[Turn]:
    """Return the turns of a record; none if it has no known shape.

    Raises:
        InputError: it is nested too deep to be read.
    """
    return turns(decoded(record))


def has_tag(value: dict[str, Any], tag: str) -> bool:
    """Tell whether an entry has a tag, in ``tags`` or in what RoleThread keeps for itself."""
    own = value.get("_rolethread")
    places = (value, own) if isinstance(own, dict) else (value,)
    return any(isinstance(tags := place.get("tags"), list) and tag in tags for place in places)
