"""The keys under which a registry keeps the parts of a sidecar: text that can be stored, each used once."""

from __future__ import annotations

import json
from collections.abc import Sequence


def storable(name: str) -> str:
    """Return the member name ``name`` as a key: as it is, unless UTF-8 cannot encode it.

    A name with a lone surrogate becomes its JSON text, as does one that could be taken for such a text.
    """
    if name.startswith('"'):
        return json.dumps(name)
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(name)
    return name


def named(key: str) -> str:
    """Return the member name whose key is ``key``: the inverse of :func:`storable`.

    Raises:
        ValueError: no name has this key.
    """
    if not key.startswith('"'):
        return key
    name = json.loads(key)
    if not isinstance(name, str):
        raise ValueError("a key is not the text of a name")
    return name


def unique_keys(names: Sequence[str | None]) -> list[str]:
    """Return a key of its own for each item of a list, by the name it has, if any. No key is empty.

    The first item of a name has it as its key; another one, or one without a name, ``name#number``.
    """
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name:
            first.setdefault(storable(name), index)
    used = set(first)
    numbers: dict[str, int] = {}
    keys = []
    for index, name in enumerate(names):
        key = base = storable(name or "")
        if not key or first[key] != index:
            while key in used or not key:
                numbers[base] = numbers.get(base, 0) + 1
                key = f"{base}#{numbers[base]}"
            used.add(key)
        keys.append(key)
    return keys
