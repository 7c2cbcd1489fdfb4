"""Sorting out records that cannot hold a text, by their bytes, without decoding them.

A prefilter may let a record pass that does not hold the text, and never stops one that does. JSON can spell every
character in several ways, so a record passes if it has the text as it stands, or an escape that could stand for
one of its characters. Of a text only the longest run is looked for of those characters that are usually spelled
as they are: so a quote or a line break in it does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

#: Takes the bytes of a record.
Prefilter = Callable[[bytes], bool]

#: What JSON always spells with a backslash. (A surrogate on its own has no bytes in UTF-8.)
_ESCAPED: Final = re.compile('["\\\\\x00-\x1f\ud800-\udfff]')
#: What is beyond ASCII and equals ASCII letters where case is ignored, or folds to some; first the Kelvin sign.
FOLD_TO_ASCII: Final = "\u212aßİıŉſǰẖẗẘẙẚẞﬀﬁﬂﬃﬄﬅﬆ"


def any_record(record: bytes) -> bool:
    """Let every record pass."""
    return True


def holds(text: str) -> Prefilter:
    """Return the filter for records that may hold a text."""
    run = _longest(_ESCAPED.split(text))
    if not run:
        return _has_backslash
    raw, escape = run.encode(), _escapes(run)
    return lambda record: raw in record or (b"\\" in record and escape(record) is not None)


def holds_folded(text: str) -> Prefilter:
    """Return the filter for records that may hold a text, whether in capitals or not.

    ASCII is folded by bytes. The few other characters that fold to ASCII are looked for on their own; without
    any ASCII in the text, a record beyond ASCII is folded as a whole.
    """
    folded = text.casefold()
    runs = _ESCAPED.split(folded)
    ascii_run = _longest(part for run in runs for part in re.findall(r"[\x00-\x7f]+", run))
    if not ascii_run:
        return _holds_beyond_ascii(_longest(runs))
    raw = ascii_run.encode()
    strange = [each for each in FOLD_TO_ASCII if set(_ascii_equals(each)) & set(ascii_run)]
    spelled = re.compile(b"|".join(each.encode() for each in strange) or b"(?!)").search
    escape = _escapes(ascii_run + ascii_run.upper() + "".join(strange))
    return lambda record: (
        raw in record.lower()
        or (b"\\" in record and escape(record) is not None)
        or (not record.isascii() and spelled(record) is not None)
    )


def _holds_beyond_ascii(run: str) -> Prefilter:
    if not run:
        return _has_backslash
    return lambda record: (
        b"\\u" in record
        or (not record.isascii() and run in record.decode(errors="surrogateescape").casefold())
    )


def _has_backslash(record: bytes) -> bool:
    return b"\\" in record


def _longest(runs: Iterable[str]) -> str:
    return max(runs, key=lambda run: len(run.encode()), default="")


def _escapes(characters: str) -> Callable[[bytes], object | None]:
    """Return the search for escapes that stand for one of some characters, or begin to."""
    units = {character.encode("utf-16-be")[:2].hex() for character in characters}
    slash = b"|/" if "/" in characters else b""
    return re.compile(rb"\\(?:u(?i:" + "|".join(sorted(units)).encode() + b")" + slash + b")").search


def _ascii_equals(character: str) -> str:
    """Return what ASCII a character of ``FOLD_TO_ASCII`` may be equal to; the dotless i does not fold."""
    return "i" if character == "ı" else character.casefold()
