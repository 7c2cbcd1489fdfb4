"""The lines of a file of any size: what is read of it is never more than one record may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Final, NamedTuple

from rtstore.formats.problems import MAX_RECORD

_CHUNK: Final = 1 << 20
#: How much of what is too large is kept to show what it is, in bytes.
EXCERPT: Final = 4096


class Line(NamedTuple):
    """A line: its number from 1, its bytes without the line feed, and its size in bytes.

    Of a line that is larger than a record may be, ``text`` has only the start.
    """

    number: int
    text: bytes
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether ``text`` is all of it."""
        return self.size == len(self.text)


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of a file in pieces of at most 1 MiB."""
    while data := file.read(_CHUNK):
        yield data


def lines(pieces: Iterable[bytes], limit: int = MAX_RECORD) -> Iterator[Line]:
    """Yield the lines of a text that comes in pieces; ``limit`` is in bytes.

    What is over the limit is passed over while it is read: 64 MiB, as no record may have more.
    """
    number, taken = 1, Taken(limit)
    for piece in pieces:
        first, *others = piece.split(b"\n")
        taken.add(first)
        for text in others:
            yield Line(number, *taken.take())
            number += 1
            taken.add(text)
    if taken.size:
        yield Line(number, *taken.take())


class Taken:
    """A text that comes in parts, kept up to a limit in bytes; of a larger one, the start."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        #: Bytes of all parts.
        self.size = 0

    def add(self, part: bytes) -> None:
        """Add a part."""
        was_within = self.size <= self._limit
        self.size += len(part)
        if self.size <= self._limit:
            self._parts.append(part)
        elif was_within:
            start = b"".join(one[:EXCERPT] for one in self._parts[:EXCERPT])
            self._parts = [(start + part[:EXCERPT])[:EXCERPT]]

    def take(self) -> tuple[bytes, int]:
        """Return the text, or its start, and its size; begin another."""
        found = b"".join(self._parts), self.size
        self._parts, self.size = [], 0
        return found
