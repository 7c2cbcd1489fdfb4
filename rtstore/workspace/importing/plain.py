"""The records of a sound dataset file, many at a time: what most imports are of, at the speed of the disk.

Nothing is checked here: where a record turns out to be none, the file is read again by its source, which tells what is
wrong with it and goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from rtstore.errors import InputError
from rtstore.formats.array import element_spans
from rtstore.formats.jsonl import BOM
from rtstore.formats.problems import MAX_RECORD
from rtstore.workspace.files.reading import open_to_read, read_at

#: The kinds of files that are dataset files.
LINES: Final = "jsonl"
ARRAY: Final = "json"
#: How a record begins to say what RoleThread calls it.
SPELLED_STAMP: Final = b'"_rolethread"'
_CHUNK: Final = 1 << 20
#: Elements of an array taken at once.
_MANY: Final = 500


class UnsoundFileError(Exception):
    """A file is no sound dataset file."""


class Batch(NamedTuple):
    """Records with their numbers in the file, from 1, and how many bytes of it were read by now."""

    texts: list[bytes]
    numbers: Sequence[int]
    done: int


def batches(path: str, kind: str) -> Iterator[Batch]:
    """Yield the records of a file of one of the two kinds.

    Raises:
        UnsoundFileError: it is not such a file, as far as that shows.
    """
    return _lines(path) if kind == LINES else _elements(path)


def has_stamp(path: str) -> bool:
    """Tell whether RoleThread may have written into records of a file: whether it has the name of its member."""
    done, rest = 0, b""
    with open_to_read(path) as file:
        while data := read_at(file, done, _CHUNK):
            if SPELLED_STAMP in rest + data:
                return True
            done += len(data)
            rest = data[-len(SPELLED_STAMP) :]
    return False


def _lines(path: str) -> Iterator[Batch]:
    number, done, rest = 1, 0, b""
    with open_to_read(path) as file:
        size = os.fstat(file.fileno()).st_size
        while done < size:
            data = read_at(file, done, _CHUNK)
            if not data:
                return
            lines = (data if done else data.removeprefix(BOM)).split(b"\n")
            done += len(data)
            lines[0] = rest + lines[0]
            rest = lines.pop() if done < size else b""
            if len(rest) > MAX_RECORD:
                raise UnsoundFileError
            yield _without_blanks(lines, number, done)
            number += len(lines)


def _without_blanks(lines: list[bytes], first: int, done: int) -> Batch:
    if all(line[:1] == b"{" and line[-1:] == b"}" for line in lines):
        return Batch(lines, range(first, first + len(lines)), done)
    kept = [(number, text) for number, line in enumerate(lines, first) if (text := line.strip(b" \t\r"))]
    return Batch([text for _, text in kept], [number for number, _ in kept], done)


def _elements(path: str) -> Iterator[Batch]:
    with open_to_read(path) as file:
        data = read_at(file, 0, os.fstat(file.fileno()).st_size)
    try:
        spans = iter(element_spans(data, path))
    except (InputError, UnicodeDecodeError) as error:
        raise UnsoundFileError from error
    number = 1
    while some := list(islice(spans, _MANY)):
        yield Batch([data[start:end] for start, end in some], range(number, number + len(some)), some[-1][1])
        number += len(some)
