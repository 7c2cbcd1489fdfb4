"""Finding the values of a JSON text that comes in pieces, without decoding them, and without holding more than one.

A text that is damaged is read on: a line feed ends a text in quotes, as none may be in one, so that what follows a
missing quote is found again in files that are indented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rtstore.formats.problems import MAX_RECORD
from rtstore.formats.sources.lines import Taken

_BLANK: Final = b" \t\r\n"
_BACKSLASH: Final = 0x5C
_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_MARK: Final = re.compile(rb'["\[\]{},]')
_MARK_OR_COLON: Final = re.compile(rb'["\[\]{},:]')
#: What is inside of brackets up to the next one, or up to quotes that do not end here.
_INSIDE: Final = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\\n]++|\\[^\n])*+")*+')
_QUOTED: Final = re.compile(rb'(?:[^"\\\n]++|\\[^\n])*+')


class Value:
    """A value as it was found. ``line`` and ``offset``: the line it begins on, and the bytes before it there.

    ``text`` has only the start of what is larger than the limit. ``is_whole``: it did not end with the file.
    """

    def __init__(self, line: int, offset: int) -> None:
        self.line, self.offset = line, offset
        self.text, self.size, self.is_whole = b"", 0, True

    @property
    def is_cut(self) -> bool:
        """Whether it was larger than the limit."""
        return self.size > len(self.text)


class Scanner:
    """Reads a JSON text from its pieces; ``limit`` is how much of one value is held, in bytes."""

    def __init__(self, pieces: Iterator[bytes], limit: int = MAX_RECORD) -> None:
        self._pieces, self._limit = pieces, limit
        self._buffer, self._at = b"", 0
        self.line = 1
        #: Bytes of the line that are before the position.
        self.offset = 0

    def peek(self) -> bytes:
        """Pass over white space; return the next byte, none at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._pass(found.end() if found else self._at)
            if self._at < len(self._buffer) or not self._fill():
                return self._buffer[self._at : self._at + 1]

    def skip(self) -> None:
        """Pass over the byte that ``peek`` returned."""
        self._pass(self._at + 1)

    def skip_if(self, byte: bytes) -> None:
        """Pass over a byte after white space, if it is next."""
        if self.peek() == byte:
            self.skip()

    def rest(self, limit: int) -> bytes | None:
        """Read on and return all that follows the position; None if that is more than a limit in bytes.

        The position stays where it is.
        """
        parts, size = [self._buffer[self._at :]], len(self._buffer) - self._at
        while size <= limit and (piece := next(self._pieces, b"")):
            parts.append(piece)
            size += len(piece)
        self._buffer, self._at = b"".join(parts), 0
        return self._buffer if size <= limit else None

    def value(self, ends: bytes = b",]}") -> Value:
        """Return what there is up to one of some bytes outside of quotes and brackets, which is next then."""
        self.peek()
        value, taken = Value(self.line, self.offset), Taken(self._limit)
        depth, quoted = 0, False
        while True:
            end, quoted, depth, is_done = self._scan(quoted, depth, ends)
            taken.add(self._buffer[self._at : end])
            self._pass(end)
            if is_done:
                break
            if not self._fill():
                value.is_whole = False
                break
        value.text, value.size = taken.take()
        if value.size <= self._limit:
            value.text = value.text.rstrip(_BLANK)
            value.size = len(value.text)
        return value

    def _scan(self, quoted: bool, depth: int, ends: bytes) -> tuple[int, bool, int, bool]:
        """Return up to where the buffer belongs to a value, the state there, and whether the value ends there."""
        buffer, at, size = self._buffer, self._at, len(self._buffer)
        search = (_MARK_OR_COLON if b":" in ends else _MARK).search
        while at < size:
            if quoted:
                found = _QUOTED.match(buffer, at)
                at = found.end() if found else at
                if at == size or (buffer[at] == _BACKSLASH and at + 1 == size):
                    return at, True, depth, False
                quoted, at = False, at + 1
                continue
            if depth:
                found = _INSIDE.match(buffer, at)
                at = found.end() if found else at
                mark = _MARK.match(buffer, at)
            else:
                mark = search(buffer, at)
            if mark is None:
                return size, False, depth, False
            byte, at = mark[0], mark.start()
            if depth == 0 and byte in ends:
                return at, False, depth, True
            quoted = byte == b'"'
            depth += (byte in b"[{") - (byte in b"]}" and depth > 0)
            at += 1
        return at, quoted, depth, False

    def _pass(self, end: int) -> None:
        """Move to a position, counting lines on the way."""
        count = self._buffer.count(b"\n", self._at, end)
        if count:
            self.line += count
            self.offset = end - self._buffer.rfind(b"\n", self._at, end) - 1
        else:
            self.offset += end - self._at
        self._at = end

    def _fill(self) -> bool:
        """Add a piece to what is left in the buffer; tell whether there was one."""
        piece = next(self._pieces, b"")
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)
