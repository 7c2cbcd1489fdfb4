"""Fields before and after, as people read them."""

from __future__ import annotations

import re
from typing import Any, Final

from rtstore.cli.diff.rows import compact
from rtstore.cli.diff.wrapping import Piece, columns
from rtstore.compare.difference import MISSING, FieldChange

#: What needs no quotes in a list to be read as one item: a tag, a name.
_WORD: Final = re.compile(r"[\w.-][\w. -]*", re.ASCII)


def kind_of(change: FieldChange) -> str:
    """Return what happened to a field: ``added``, ``removed`` or ``edited``."""
    if change.old is MISSING:
        return "added"
    return "removed" if change.new is MISSING else "edited"


def one_line(change: FieldChange, width: int) -> list[Piece] | None:
    """Return a field's values in one line, ``[a] -> [a, b]``, or None if they do not fit in ``width`` columns."""
    values = [
        Piece(readable(value), kind)
        for value, kind in ((change.old, "removed"), (change.new, "added"))
        if value is not MISSING
    ]
    if sum(columns(piece.text) for piece in values) + 4 * (len(values) - 1) > width:
        return None
    return values if len(values) < 2 else [values[0], Piece(" -> "), values[1]]


def old_text(change: FieldChange) -> str:
    """Return the old value as a text of any length."""
    return _text(change.old)


def new_text(change: FieldChange) -> str:
    """Return the new value as a text of any length."""
    return _text(change.new)


def readable(value: Any) -> str:
    """Return a value in one line: JSON, but a list of words without their quotes."""
    return f"[{', '.join(value)}]" if is_words(value) else compact(value)


def spread(value: Any) -> str:
    """Return a value as a text of as many lines as it takes to be read: JSON with a line for each member."""
    if value is MISSING or not isinstance(value, dict | list) or is_words(value) or not value:
        return _text(value)
    from json import dumps

    return dumps(value, ensure_ascii=False, indent=2, default=str)


def is_words(value: Any) -> bool:
    """Whether a value is a list of words: tags, names."""
    return isinstance(value, list) and bool(value) and all(map(_is_word, value))


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _text(value: Any) -> str:
    if value is MISSING:
        return ""
    return value if isinstance(value, str) else readable(value)
