"""Looking at the start of a file to tell what it is: quick, and never more than a guess about what is cut off."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, Final, NamedTuple

from rtstore.errors import InputError
from rtstore.formats.jsonl import BOM
from rtstore.formats.sources.base import SAMPLE_SIZE, Sample
from rtstore.model.jsontext import loads

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]', re.DOTALL)
_BLANK: Final = b" \t\r\n"
#: Lines that are looked at.
_LINES: Final = 20


class Outline(NamedTuple):
    """How a JSON text begins: whether with an array, and the members of the first object in it, values undecoded.

    The last value may be cut off, and members after it are not there.
    """

    is_array: bool
    members: dict[str, bytes]

    def has(self, *names: str) -> bool:
        """Whether all of some names are among the members."""
        return all(name in self.members for name in names)


NOTHING: Final = Outline(False, {})


def outline(sample: Sample) -> Outline:
    """Return how a file begins, if that is as JSON does; ``NOTHING`` otherwise."""
    text = start(sample)
    is_array = text[:1] == b"["
    at = len(text) - len(text[1:].lstrip(_BLANK)) if is_array else 0
    return Outline(is_array, _members(text, at)) if text[at : at + 1] == b"{" else NOTHING


def start(sample: Sample) -> bytes:
    """Return the start of a file without byte order mark and white space before the first character."""
    return sample.head.removeprefix(BOM).lstrip(_BLANK)


def whole_lines(sample: Sample) -> list[bytes]:
    """Return the first lines that are not blank, without the last one where it may be cut off."""
    found = start(sample).split(b"\n")
    if sample.size > SAMPLE_SIZE:
        found.pop()
    return list(islice((line.strip(_BLANK) for line in found if line.strip(_BLANK)), _LINES))


def objects(sample: Sample) -> list[dict[str, Any]]:
    """Return the objects on the first lines of a JSONL file."""
    return [value for line in whole_lines(sample) if (value := _object(line)) is not None]


def is_lines(sample: Sample) -> bool:
    """Whether a file has one object a line, as far as that can be seen; its name may help."""
    text = start(sample)
    if text[:1] != b"{":
        return False
    whole = whole_lines(sample)
    if not whole:
        return sample.suffix != ".json" and b"\n" not in text
    is_single = len(whole) == 1 and sample.suffix == ".json" and text.count(b"\n") <= 1
    return not is_single and any(_object(line) is not None for line in whole)


def _object(line: bytes) -> dict[str, Any] | None:
    if line[:1] != b"{" or line[-1:] != b"}":
        return None
    try:
        value = loads(line)
    except InputError:
        return None
    return value if isinstance(value, dict) else None


def _members(text: bytes, at: int) -> dict[str, bytes]:
    """Return the members of the object at a position as far as they are there."""
    found: dict[str, bytes] = {}
    key, begin, depth, before = "", -1, 0, b""
    for token in _TOKEN.finditer(text, at):
        mark = token[0]
        if depth == 1 and mark == b":" and begin < 0:
            key, begin = _text(before), token.end()
        elif mark in (b"{", b"["):
            depth += 1
        elif depth == 1 and mark in (b",", b"}", b"]"):
            if begin >= 0:
                found[key] = text[begin : token.start()].strip(_BLANK)
            begin = -1
            if mark != b",":
                return found
        elif mark in (b"}", b"]"):
            depth -= 1
        before = mark
    if begin >= 0:
        found[key] = text[begin:].strip(_BLANK)
    return found


def _text(token: bytes) -> str:
    try:
        value = loads(token)
    except InputError:
        return ""
    return value if isinstance(value, str) else ""
