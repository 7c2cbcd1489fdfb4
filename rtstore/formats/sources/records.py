"""Records out of JSON text: checked, and where something is wrong with one, a reject that says what and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

from rtstore.errors import InputError
from rtstore.formats.jsonl import BOM
from rtstore.formats.problems import MAX_RECORD, explain
from rtstore.formats.sources.base import Item, Reject, record_text
from rtstore.formats.sources.lines import EXCERPT, Line, chunks, lines
from rtstore.model.jsontext import MAX_DEPTH, depth_exceeds, loads

_BLANK: Final = b" \t\r\n"
#: Checks the syntax of an object and keeps nothing of it.
_syntax: Final = msgspec.json.Decoder(msgspec.defstruct("_Skipped", []))


class Record(NamedTuple):
    """A JSON object of a file: where it is, its exact text, and what it says."""

    place: str
    text: bytes
    value: dict[str, Any]


def shown(text: bytes) -> str:
    """Return bytes as a reject shows them."""
    return text.decode("utf-8", "replace")


def too_large(place: str, size: int, start: bytes) -> Reject:
    """Return the reject for what is larger than a record may be; ``start`` is how it begins."""
    reason = f"larger than {MAX_RECORD >> 20} MiB, which is the most that a record may have"
    return Reject(f"{place} ({size:,} bytes)", reason, shown(start[:EXCERPT]))


def check(text: bytes, place: str, line: int, offset: int = 0) -> Reject | None:
    """Return why a text without white space around it is no record, None if it is one.

    ``line`` is the number of its first line, ``offset`` the number of bytes before it there; ``place`` names it, for
    what is wrong with it as a whole.
    """
    if _is_plain(text):
        return None
    problem = explain(text, "", line, offset)
    if problem is None:
        return None
    if problem.column is None:
        return Reject(place, _reason(problem), shown(text))
    column = problem.column + (offset if problem.line == line and not _is_kind(problem) else 0)
    at = place if place == f"line {line}" else f"{place}, line {problem.line}"
    return Reject(f"{at}, column {column}", _reason(problem), shown(text))


def line_record(line: Line) -> tuple[str, bytes] | Reject | None:
    """Return the place and the text of the record on a line, why it is none, or None if the line is blank."""
    place = f"line {line.number}"
    if not line.is_whole:
        return too_large(place, line.size, line.text)
    text = line.text.lstrip(_BLANK)
    if not text:
        return None
    offset = len(line.text) - len(text)
    text = text.rstrip(_BLANK)
    return check(text, place, line.number, offset) or (place, text)


def line_records(path: str) -> Iterator[Record | Reject]:
    """Yield the objects of a JSONL file, decoded, and what of it is no object.

    Raises:
        InputError: it is not UTF-8, but UTF-16.
    """
    with open(path, "rb") as file:
        for line in lines(whole_text(chunks(file), path)):
            found = line_record(line)
            if isinstance(found, tuple):
                yield Record(*found, value=loads(found[1]))
            elif found is not None:
                yield found


def whole_text(pieces: Iterator[bytes], path: str) -> Iterator[bytes]:
    """Pass on the pieces of a text file, without a byte order mark.

    Raises:
        InputError: it begins with the mark of UTF-16.
    """
    for index, piece in enumerate(pieces):
        if index == 0 and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError(
                "the file is UTF-16",
                path=path,
                line=1,
                column=1,
                hint="Save the file as UTF-8 and try again.",
            )
        yield piece.removeprefix(BOM) if index == 0 else piece


def item(record: Mapping[str, Any], place: str, speakers: Sequence[tuple[int, str]] = ()) -> Item | Reject:
    """Return a record that a source made as an item, or why it cannot be one."""
    try:
        text = record_text(record)
    except (InputError, RecursionError, ValueError) as error:
        reason = error.message if isinstance(error, InputError) else "it cannot be written as JSON"
        return Reject(place, reason, _told(record))
    if len(text) > MAX_RECORD:
        return too_large(place, len(text), text[:EXCERPT])
    if depth_exceeds(text):
        return Reject(place, f"objects and arrays are nested more than {MAX_DEPTH} levels deep", shown(text))
    return Item(text, place, tuple(speakers))


def _is_plain(text: bytes) -> bool:
    if len(text) > MAX_RECORD or text[:1] != b"{" or depth_exceeds(text):
        return False
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if not text.isascii():
            text.decode()  # the typed decoder does not look at the UTF-8 of what it skips
        _syntax.decode(text)
        return True
    return False


def _is_kind(problem: InputError) -> bool:
    """Whether a problem is that a record is no object, whose column counts what is before it already."""
    return "a record must be" in problem.message


def _reason(problem: InputError) -> str:
    """Return what is wrong without where, and without what is there: what many records have is one reason."""
    place = ":".join(str(part) for part in ("", problem.line, problem.column) if part is not None)
    reason = problem.message.removeprefix(f"{place}: ")
    if reason.startswith("not JSON ("):
        return reason.partition("): ")[0] + ")"
    return reason.partition(": ")[0]


def _told(record: Mapping[str, Any]) -> str:
    with suppress(RecursionError):
        return repr(record)[:EXCERPT]
    return ""
