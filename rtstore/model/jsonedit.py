"""Edits of one JSON text that leave everything else in it as it was spelled, and look like their
surroundings.

Records are edited as text (law 1): only the value asked for is rewritten; key order, number spelling,
escapes and spacing of the rest stay. Texts are ``str``: a record is UTF-8, and decoding and encoding it
loses nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from rtstore.errors import UsageError
from rtstore.model.jsontext import Path, Span, elements, locate, members


class Style(NamedTuple):
    """How a text is written.

    ``comma`` and ``colon`` are the separators with their white space; ``ascii``: other characters are
    escaped; ``indent`` is the white space of one level, empty where all is on one line.
    """

    comma: str = ", "
    colon: str = ": "
    ascii: bool = False
    indent: str = ""
    newline: str = "\n"


def style(text: str) -> Style:
    """Return how ``text`` is written; what it does not show is as ``json.dumps`` has it, unescaped."""
    bare = _STRING.sub('""', text)
    colon = _COLON.search(bare)
    colon_text = colon[1] if colon else ": "
    comma = _COMMA.search(bare)
    comma_text = comma[0] if comma else ", " if colon_text.endswith(" ") else ","
    newline, indent = _indent(text)
    return Style(comma_text, colon_text, _is_escaped(text), indent, newline)


def _is_escaped(text: str) -> bool:
    """Tell whether characters outside ASCII are escaped in a text."""
    return "\\u" in text and text.isascii() and _ESCAPED.search(text) is not None


def dump(value: Any, style: Style, base: str = "") -> str:
    """Return the text of ``value`` in a style; ``base`` is the white space that starts the line it is put
    in.

    Raises:
        UsageError: JSON has no such value.
    """
    separators = (",", style.colon) if style.indent else (style.comma, style.colon)
    try:
        text = json.dumps(value, ensure_ascii=style.ascii, separators=separators, indent=style.indent or None)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"this value cannot be written as JSON: {error}") from error
    if not style.ascii:
        text = escape_surrogates(text)
    return text.replace("\n", style.newline + base) if style.indent else text


def escape_surrogates(text: str) -> str:
    """Return JSON text with lone surrogates, which UTF-8 cannot encode, as escapes."""
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def replace(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """Return ``text`` with each ``(start, end, new)`` put in place, given in any order.

    Raises:
        UsageError: two of them overlap.
    """
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits):
        if start < done:
            raise UsageError("two edits of one record overlap")
        parts += text[done:start], new
        done = end
    return "".join((*parts, text[done:]))


def set_value(text: str, path: Path, value: Any) -> str:
    """Return ``text`` with the value at ``path`` replaced; a member that is missing is added to its object.

    Raises:
        UsageError: there is no such place in the text, or JSON has no such value.
        InputError: the text is not JSON.
    """
    span = locate(text, path)
    if span is None:
        if isinstance(path[-1], str):
            return insert_value(text, path, value)
        raise _no_place(path)
    # Of how a text is written, a string shows nothing but whether it is escaped.
    found = Style(ascii=_is_escaped(text)) if isinstance(value, str) else style(text)
    if _is_one_line(text[span.start : span.end]):
        found = found._replace(indent="")
    return replace(text, [(*span, dump(value, found, _base(text, span.start)))])


def insert_value(text: str, path: Path, value: Any) -> str:
    """Return ``text`` with a value inserted.

    The last step of ``path`` is the index the new element gets (the length of the array to append), or the
    name of the new member, which becomes the last of its object.

    Raises:
        UsageError: there is no such place in the text, the member is there already, or JSON has no such
        value. InputError: the text is not JSON.
    """
    if not path:
        raise _no_place(path)
    parent, items, _ = _container(text, path)
    name = path[-1]
    index = len(items) if isinstance(name, str) else name
    if not 0 <= index <= len(items):
        raise _no_place(path)
    if isinstance(name, str) and locate(text, path) is not None:
        raise UsageError(f"the record has a value at {dotted(path)} already")
    found = style(text)
    if items and "\n" not in text[parent.start : items[0].start]:
        found = found._replace(indent="")
    base = _base(text, parent.start)
    new = dump(value, found, base + found.indent)
    if isinstance(name, str):
        new = dump(name, found) + _colon(text, parent, found) + new
    return replace(text, [_insertion(text, parent, items, index, new, found, base)])


def delete_value(text: str, path: Path) -> str:
    """Return ``text`` without the element or member at ``path``; members of the same name go together.

    Raises:
        UsageError: there is no such value.
        InputError: the text is not JSON.
    """
    if not path or locate(text, path) is None:
        raise _no_place(path)
    while True:
        parent, items, names = _container(text, path)
        step = path[-1]
        index = names.index(step) if isinstance(step, str) else step
        text = replace(text, [(*_removal(parent, items, index), "")])
        if isinstance(step, int) or names.count(step) == 1:
            return text


def dotted(path: Path) -> str:
    """Return a path as people write it: ``messages[2].content``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_COLON = re.compile(r'"([ \t]*:[ \t]*)')
_COMMA = re.compile(r",[ \t]*(?=[^ \t\r\n])")
_OPENING_LINE = re.compile(r"[ \t]*[\[{](\r?\n)([ \t]*)")
_LINE_START = re.compile(r"[ \t]*")
#: An escape of a character outside ASCII, its backslash not itself escaped; not of a lone surrogate,
#: which everybody escapes.
_ESCAPED = re.compile(
    r"(?<!\\)(?:\\\\)*\\u(?:(?!00[0-7]|d[89a-f])[0-9a-f]{4}|d[89ab][0-9a-f]{2}\\ud[c-f])", re.IGNORECASE
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def _indent(text: str) -> tuple[str, str]:
    """Return the line break and the white space of one level, both as the first line shows them."""
    opening = _OPENING_LINE.match(text)
    if opening is None:
        return "\n", ""
    newline, first = opening.groups()
    return newline, first.removeprefix(_base(text, 0))


def _base(text: str, position: int) -> str:
    """Return the white space that starts the line of ``position``.

    What stands before the first line is not part of a record, so the line of its closing bracket tells for
    it.
    """
    line = text.rfind("\n", 0, position) + 1
    if line == 0:
        line = text.rstrip().rfind("\n") + 1
        if line == 0:
            return ""
    found = _LINE_START.match(text, line)
    return found[0] if found else ""


def _is_one_line(value: str) -> bool:
    """Whether a value is a container with something in it, all on one line."""
    return value[0] in "[{" and len(value) > 2 and "\n" not in value


def _container(text: str, path: Path) -> tuple[Span, list[Span], list[str]]:
    """Return where the container of ``path`` is, its items (members with their names), and the names."""
    parent = locate(text, path[:-1])
    opener = "{" if isinstance(path[-1], str) else "["
    if parent is None or text[parent.start] != opener:
        raise _no_place(path)
    if opener == "[":
        return parent, elements(text, parent.start), []
    found = members(text, parent.start)
    return parent, [Span(one.key_start, one.end) for one in found], [one.key for one in found]


def _colon(text: str, parent: Span, found: Style) -> str:
    """Return the colon between a name and a value as the object's first member has it."""
    first = next(iter(members(text, parent.start)), None)
    return found.colon if first is None else text[first.key_start + len(first.spelled) : first.start]


def _insertion(
    text: str, parent: Span, items: list[Span], index: int, new: str, found: Style, base: str
) -> tuple[int, int, str]:
    if not items:
        if found.indent:
            new = f"{found.newline}{base}{found.indent}{new}{found.newline}{base}"
        return parent.start + 1, parent.end - 1, new
    gap = _gap(text, parent, items, index, found)
    if index < len(items):
        return items[index].start, items[index].start, new + gap
    return items[-1].end, items[-1].end, gap + new


def _gap(text: str, parent: Span, items: list[Span], index: int, found: Style) -> str:
    """Return what to put between two items: what is between those nearby."""
    if len(items) > 1:
        left = min(max(index - 1, 0), len(items) - 2)
        return text[items[left].end : items[left + 1].start]
    before = text[parent.start + 1 : items[0].start]
    return "," + before if "\n" in before else found.comma


def _removal(parent: Span, items: list[Span], index: int) -> Span:
    if len(items) == 1:
        return Span(parent.start + 1, parent.end - 1)
    if index == len(items) - 1:
        return Span(items[index - 1].end, items[index].end)
    return Span(items[index].start, items[index + 1].start)


def _no_place(path: Path) -> UsageError:
    return UsageError(f"the record has no place {dotted(path) or '()'}")
