"""The little YAML that recipes need. Texts are written as JSON writes them, which YAML reads alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def yaml_document(values: Mapping[str, Any], comments: Sequence[str] = ()) -> bytes:
    """Return values as a YAML file: mappings, lists, texts, numbers, true, false and null."""
    lines = [f"# {_one_line(comment)}" for comment in comments]
    return "\n".join([*lines, *_mapping(values), ""]).encode()


def _mapping(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        yield from _item(f"{_scalar(key)}:", value)


def _item(start: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield start
        yield from (f"  {line}" for line in _mapping(value))
    elif isinstance(value, list) and value:
        yield start
        for each in value:
            yield from (f"  {line}" for line in _list_item(each))
    else:
        yield f"{start} {_scalar(value)}"


def _list_item(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"- {_scalar(value)}"
        return
    for at, line in enumerate(_mapping(value)):
        yield f"{'  ' if at else '- '}{line}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    text = json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(char: str) -> str:
    """Return an unprintable character as YAML spells it; JSON's spelling of those beyond U+FFFF is none of YAML."""
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
