"""Looking into decoded JSON by somebody unknown: what is not of the type that is wanted is not there."""

from __future__ import annotations

from typing import Any


def objects_in(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list; none if it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def object_in(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the first member of some names that is an object; an empty one if none is."""
    return next((value[key] for key in keys if isinstance(value.get(key), dict)), {})


def text_in(value: dict[str, Any], *keys: str) -> str:
    """Return the first member of some names that is a text with something in it; an empty one if none is."""
    return next((value[key] for key in keys if isinstance(value.get(key), str) and value[key]), "")


def rest_of(value: dict[str, Any], *used: str) -> dict[str, Any]:
    """Return the members of a record that were not used and are not null."""
    return {key: each for key, each in value.items() if key not in used and each is not None}
