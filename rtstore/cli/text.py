"""Words for numbers and results, the same in every command."""

from __future__ import annotations

import re
from typing import Final

from rtstore.model.objects import Counts
from rtstore.workspace.results import DatasetChange

#: How many hex digits of an id are shown.
SHORT: Final = 12
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
#: What could move the cursor, colour the screen or reverse the text: stored text may come from anywhere.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_KINDS: Final = ("edited", "removed", "added", "moved", "reformatted")


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 entry``, ``2 entries``: ``many`` is for what does not just take an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def entries(number: int) -> str:
    """Return ``1 entry``, ``2 entries``."""
    return plural(number, "entry", "entries")


def size(number: int) -> str:
    """Return a number of bytes as people read it: ``512 bytes``, ``1.4 MB``. A kB has 1,000."""
    if abs(number) < 1000:
        return plural(number, "byte")
    amount, unit = float(number), 0
    while abs(amount) >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if abs(amount) < 99.95 else f"{amount:.0f} {_UNITS[unit]}"


def short(id_: bytes) -> str:
    """Return the part of an id that is shown, and is enough to name it."""
    return id_.hex()[:SHORT]


def subject(message: str) -> str:
    """Return the first line of a commit's message."""
    return printable(message.strip().partition("\n")[0])


def printable(text: str) -> str:
    """Return text in which nothing but line breaks and tabs can steer a terminal."""
    return _CONTROL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}"


def counts(number: Counts) -> str:
    """Return ``3 edited, 1 removed, 1 added``: the kinds there are; empty if there are none."""
    return ", ".join(f"{getattr(number, kind):,} {kind}" for kind in _KINDS if getattr(number, kind))


def change(what: DatasetChange) -> str:
    """Return how one dataset differs, in one line."""
    if what.problem is not None:
        return printable(what.problem)
    if what.change in ("added", "removed"):
        return entries(what.entries)
    return differing(what) or (entries(what.entries) if what.renamed_from is not None else "")


def differing(what: DatasetChange) -> str:
    """Return what differs in a dataset that both versions have."""
    parts = [counts(what.counts)] if what.counts else []
    if what.registry_changed:
        parts.append("registry changed")
    if what.framing_changed:
        parts.append("line breaks, BOM or mode changed")
    if what.partition_changed:
        parts.append("partition changed")
    if what.stamps_only:
        parts.append("only time stamps differ")
    if what.change == "edited" and not parts and what.renamed_from is None:
        parts.append("id field or volatile fields changed")
    return ", ".join(parts)


def broken(line: str, width: int, indent: int = 2) -> list[str]:
    """Return a line of our own as several, broken between words; those after the first are indented."""
    if len(line) <= width:
        return [line]
    from textwrap import wrap

    return wrap(
        line,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def fitted(line: str, width: int) -> list[str]:
    """Return a line as several where it is too long: broken after commas, and not into a narrow column."""
    if len(line) <= width or width < 20:
        return [line]
    lines: list[str] = []
    for part in line.split(", "):
        if lines and len(f"{lines[-1]}, {part},") <= width:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return [*(f"{line}," for line in lines[:-1]), lines[-1]]
