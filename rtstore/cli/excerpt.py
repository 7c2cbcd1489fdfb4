"""A text in one line: what of it matters most, cut to the width there is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rtstore.cli.output import Output
from rtstore.cli.text import printable

_CUT: Final = "..."
#: Characters shown at least, however narrow the terminal.
_NARROWEST: Final = 20
_SPACE: Final = re.compile(r"\s+")


def excerpt(out: Output, text: str, spans: Sequence[tuple[int, int]], width: int) -> str:
    """Return the part of a text around the first of ``spans`` as one line, all of them highlighted."""
    width = max(width, _NARROWEST)
    start, end = _window(text, spans[0] if spans else (0, 0), width)
    pieces = [_CUT if start else ""]
    at = start
    for first, last in spans:
        if first >= end:
            break
        if last > start:
            pieces.append(_flat(text[at:first]))
            pieces.append(out.styled(_flat(text[max(first, start) : min(last, end)]), "bold", "red"))
            at = min(last, end)
    pieces += [_flat(text[at:end]), _CUT if end < len(text) else ""]
    return "".join(pieces)


def opening(text: str, width: int) -> str:
    """Return the beginning of a text as one line."""
    line = _flat(text[: 4 * width]).strip()
    return line if len(line) <= width else line[: max(0, width - len(_CUT))] + _CUT


def _window(text: str, span: tuple[int, int], width: int) -> tuple[int, int]:
    """Return which part of a text is shown: a third of what is left of the width is for what is before the span."""
    if len(text) <= width:
        return 0, len(text)
    first, last = span
    room = width - len(_CUT)
    start = first - max(0, room - len(_CUT) - (last - first)) // 3
    if start <= 0:
        return 0, room
    if start + room >= len(text):
        return len(text) - room, len(text)
    return start, start + room - len(_CUT)


def _flat(text: str) -> str:
    return printable(_SPACE.sub(" ", text))
