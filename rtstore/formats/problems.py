"""What is wrong with a line that the fast decoder refused, said so that it can be found and put right.

The fast decoder is stricter than JSON as programs write it: it refuses NaN and lone surrogates. Python's
``json`` decides; only what that refuses too is a problem.
"""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Final

from rtstore.errors import InputError
from rtstore.model.jsontext import MAX_DEPTH, depth_exceeds, integer, worded

#: The largest record in bytes. One conversation is never near it; it bounds what one line can cost.
MAX_RECORD: Final = 64 * 1024 * 1024

#: How many characters of a line a message shows.
_SHOWN = 40
_FIX_LINE = "correct the line, or take it out of the file, and try again"
_SAVE_UTF8 = "save the file as UTF-8 and try again"
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_FINITE = re.compile(rb"-?Infinity|NaN")
_KINDS: dict[type, str] = {
    list: "an array",
    str: "a string",
    bool: "true or false",
    type(None): "null",
}


def explain(line: bytes, path: str, line_number: int, indent: int = 0) -> InputError | None:
    """Return what is wrong with a line that should hold one record, or None if it is one after all.

    ``line_number`` counts from 1 and is that of the first line, where the record of an array is on several; ``indent``
    is the number of bytes before it on that line.
    """
    problem = _size_problem(line, path, line_number)
    if problem is not None:
        return problem
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return utf8_problem(line, path, line_number)
    try:
        value = JSONDecoder(parse_int=integer).decode(text)
    except JSONDecodeError as error:
        return _syntax_problem(line, len(text[: error.pos].encode("utf-8")), error.msg, path, line_number)
    except RecursionError:
        return _depth_problem(path, line_number)
    if isinstance(value, dict):
        return None
    kind = _KINDS.get(type(value), "a number")
    return InputError(
        f"a record must be a JSON object, and this is {kind}: {_start(line)}",
        path=path,
        line=line_number,
        column=indent + len(line) - len(line.lstrip()) + 1,
        hint=_FIX_LINE,
    )


def utf8_problem(data: bytes, path: str, first_line: int) -> InputError:
    """Return where ``data``, whose first line has the number ``first_line``, is not UTF-8.

    Raises:
        ValueError: it is UTF-8.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start, first_line)
        start = data.rfind(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} is not UTF-8 text"
        hint = f"the file looks like UTF-16: {_SAVE_UTF8}" if _is_utf16(data[start:]) else _SAVE_UTF8
        return InputError(found, path=path, line=line, column=column, hint=hint)
    raise ValueError("the data is UTF-8")


def warnings_of(line: bytes) -> str | None:
    """Return a note on what other programs may refuse in a valid record, or None.

    Python writes NaN and infinities, which are kept as they are, but are not in the JSON standard.
    """
    if b"NaN" not in line and b"Infinity" not in line:
        return None
    found = sorted({name.decode() for name in _NOT_FINITE.findall(_STRING.sub(b"", line))})
    if not found:
        return None
    return f"{', '.join(found)}: kept, but not standard JSON; other programs may refuse this record"


def _size_problem(line: bytes, path: str, line_number: int) -> InputError | None:
    if len(line) > MAX_RECORD:
        return InputError(
            f"the record is {len(line):,} bytes, and the largest possible is {MAX_RECORD:,}",
            path=path,
            line=line_number,
            hint="a line is one record; check that the file's lines end with a line feed",
        )
    return _depth_problem(path, line_number) if depth_exceeds(line, MAX_DEPTH) else None


def _depth_problem(path: str, line_number: int) -> InputError:
    return InputError(
        f"objects and arrays are nested more than {MAX_DEPTH} levels deep",
        path=path,
        line=line_number,
        hint=_FIX_LINE,
    )


def array_problem(data: bytes, offset: int, reason: str, path: str) -> InputError:
    """Return the error for an array file that stops being JSON at ``offset``; ``reason`` is what ``json`` says."""
    at_line, column = _place(data, offset, 1)
    line = data[offset - column + 1 :].partition(b"\n")[0]
    hint = "a .json dataset is one array of objects; one object a line belongs in a .jsonl file"
    message = f"not JSON ({worded(reason)}): {_start(line)}"
    return InputError(message, path=path, line=at_line, column=column, hint=hint)


def _syntax_problem(line: bytes, offset: int, reason: str, path: str, line_number: int) -> InputError:
    at_line, column = _place(line, offset, line_number)
    message = f"not JSON ({worded(reason)}): {_start(line)}"
    return InputError(message, path=path, line=at_line, column=column, hint=_syntax_hint(line, reason))


def _syntax_hint(line: bytes, reason: str) -> str:
    if _is_utf16(line):
        return f"the file looks like UTF-16: {_SAVE_UTF8}"
    if line.startswith(b"\xef\xbb\xbf"):
        return "take out the byte order mark at the start of the line and try again"
    if reason == "Extra data":
        return "put each record on a line of its own and try again"
    if line.strip() in (b"{", b"["):
        return "a record must be on one line; a file that is one JSON array must be named .json"
    return _FIX_LINE


def _is_utf16(line: bytes) -> bool:
    """Whether a line has the mark of UTF-16, or a zero in every other byte as its Latin text has."""
    return line[:2] in (b"\xff\xfe", b"\xfe\xff") or line.count(0) * 3 > len(line)


def _place(data: bytes, offset: int, first_line: int) -> tuple[int, int]:
    """Return the line and the column, in bytes from 1, of an offset into ``data``."""
    return first_line + data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset)


def _start(line: bytes) -> str:
    """Return how a line starts, fit to be shown: short, and without control characters."""
    text = line[: 4 * _SHOWN + 4].decode("utf-8", "replace").strip()
    if not text:
        return "the line is empty"
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown)
