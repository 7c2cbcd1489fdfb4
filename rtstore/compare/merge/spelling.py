"""Texts put together from parts of several versions, so that they look like one of them.

What is kept is copied as it was spelled. What comes from another version is copied too, and spaced and escaped
like its new surroundings where those are written otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

from rtstore.model.jsonedit import Style, dump, escape_surrogates, style
from rtstore.model.jsontext import Span

_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{}:,]|[^][{}:,"\s]+', re.DOTALL)
_LAST_LINE: Final = re.compile(r"([ \t]*)\S*\s*\Z")


#: How the parts of sidecars are stored.
COMPACT: Final = Style(",", ":")


class Spelling:
    """How a text is written, for what is put into it; in ``style``, if that is known."""

    def __init__(self, text: str, style: Style | None = None) -> None:
        self._text = text
        self._style = style

    @cached_property
    def style(self) -> Style:
        """How the text is spaced and escaped."""
        return self._style or style(self._text)

    @cached_property
    def margin(self) -> str:
        """The white space that starts the line of its closing bracket."""
        last = _LAST_LINE.search(self._text) if "\n" in self._text else None
        return last[1] if last else ""

    def adapted(self, text: str, other: Spelling, depth: int) -> str:
        """Return a part of a text spelled as in ``other``, to be put ``depth`` levels deep into this one."""
        if self.style == other.style and ("\n" not in text or "\n" in self._text):
            return text
        return respelled(text, self.style, self.margin + self.style.indent * depth)

    def string(self, value: str, like: str) -> str:
        """Return the text of a string, escaped as the string ``like`` is, if that shows it."""
        shown = not json.loads(like).isascii()
        return dump(value, Style(ascii=like.isascii() if shown else self.style.ascii))


def respelled(text: str, style: Style, base: str = "") -> str:
    """Return JSON text spaced and escaped in a style; names, numbers and members of the same name stay.

    ``base`` is the white space that starts the line it is put in.
    """
    tokens = _TOKEN.findall(text)
    parts: list[str] = []
    depth = 0

    def line() -> str:
        return style.newline + base + style.indent * depth if style.indent else ""

    for token, following in pairwise((*tokens, "")):
        if token in ("{", "["):
            depth += 1
            parts.append(token if following in ("}", "]") else token + line())
        elif token in ("}", "]"):
            depth -= 1
            parts.append(token if parts[-1] in ("{", "[") else line() + token)
        elif token == ",":
            parts.append("," + line() if style.indent else style.comma)
        else:
            parts.append(style.colon if token == ":" else _escaped(token, style.ascii))
    return "".join(parts)


def arranged(
    container: str, spans: Sequence[Span], items: Iterable[tuple[int | None, str]], style: Style, base: str
) -> str:
    """Return the text of an object or array with other items, spaced as it is.

    ``spans`` are the items it has; ``items`` those it is to have: the index of the one it stands for, None if it
    is new, and its text. ``base`` is the white space that starts the line the container is in.
    """
    start, stop = (spans[0].start, spans[-1].end) if spans else (1, len(container) - 1)
    lead, trail = container[1:start], container[stop:-1]
    if not spans:
        lead, trail = _lines(style, base)
    between = _between(container, spans, lead, style)
    parts: list[str] = []
    previous: int | None = None
    for index, text in items:
        if previous is not None and index == previous + 1:
            parts.append(container[spans[previous].end : spans[index].start])
        elif parts:
            parts.append(between)
        parts.append(text)
        previous = index
    if parts:
        return "".join((container[0], lead, *parts, trail, container[-1]))
    return container[0] + container[-1] if spans else container


def _lines(style: Style, base: str) -> tuple[str, str]:
    """Return what is before the first and after the last item of a container written in a style."""
    if not style.indent:
        return "", ""
    return style.newline + base + style.indent, style.newline + base


def _between(container: str, spans: Sequence[Span], lead: str, style: Style) -> str:
    """Return what is between two items of a container, as its own show it."""
    if len(spans) > 1:
        return container[spans[0].end : spans[1].start]
    return "," + lead if "\n" in lead else style.comma


def _escaped(token: str, ascii_only: bool) -> str:
    """Return a token with characters outside ASCII escaped, or not escaped."""
    if token[0] != '"' or (token.isascii() if ascii_only else "\\u" not in token):
        return token
    text = json.dumps(json.loads(token), ensure_ascii=ascii_only)
    return text if ascii_only else escape_surrogates(text)
