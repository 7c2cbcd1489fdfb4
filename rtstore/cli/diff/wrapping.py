"""Text in several styles, broken into lines of the terminal's width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

_TOKENS: Final = re.compile(r"\n|[^\S\n]+|\S+")


class Piece(NamedTuple):
    """A piece of text and what it is; empty for plain text."""

    text: str
    kind: str = ""


#: Gives a piece its colour.
Paint = Callable[[Piece], str]


def wrapped(pieces: Iterable[Piece], width: int, paint: Paint) -> list[str]:
    """Return text as lines of at most ``width`` columns, broken between words where it can be.

    Line breaks and the spaces a line begins with are kept. A word may be in several pieces.
    """
    filler = _Filler(width, paint)
    for piece in pieces:
        for token in _TOKENS.findall(piece.text):
            filler.take(token, piece.kind)
    return filler.end()


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


class _Filler:
    """Fills lines with words. What is taken waits until its word is complete."""

    def __init__(self, width: int, paint: Paint) -> None:
        self._width = width
        self._paint = paint
        self._lines: list[str] = []
        self._line: list[Piece] = []
        self._used = 0
        self._space: list[Piece] = []
        self._word: list[Piece] = []

    def take(self, token: str, kind: str) -> None:
        if token == "\n":
            self._put_word()
            self._break()
        elif token.isspace():
            self._put_word()
            self._space.append(Piece(token.replace("\t", "    "), kind))
        else:
            self._word.append(Piece(token, kind))

    def end(self) -> list[str]:
        self._put_word()
        if self._line:
            self._break()
        return self._lines

    def _put_word(self) -> None:
        if not self._word:
            return
        size = sum(columns(piece.text) for piece in self._word)
        space = sum(len(piece.text) for piece in self._space)
        if self._line and self._used + space + size > self._width:
            self._break()
        elif self._used + space + size <= self._width:
            self._line += self._space
            self._used += space
        self._space = []
        self._add(self._word, size)
        self._word = []

    def _add(self, word: list[Piece], size: int) -> None:
        if self._used + size <= self._width:
            self._line += word
            self._used += size
            return
        for piece in word:
            for part, width in _parts(piece.text, self._width, self._used):
                if self._used + width > self._width:
                    self._break()
                self._line.append(Piece(part, piece.kind))
                self._used += width

    def _break(self) -> None:
        self._lines.append("".join(map(self._paint, _joined(self._line))))
        self._line, self._space, self._used = [], [], 0


def _parts(text: str, width: int, used: int) -> Iterator[tuple[str, int]]:
    """Cut a text that fits in no line: the first part fits behind ``used`` columns."""
    start, size, room = 0, 0, width - used
    for at, character in enumerate(text):
        next_size = size + columns(character)
        if next_size > room and at > start:
            yield text[start:at], size
            start, size, room = at, columns(character), width
        else:
            size = next_size
    yield text[start:], size


def _joined(pieces: list[Piece]) -> Iterator[Piece]:
    """Yield pieces with neighbours of one kind as one: a colour begins and ends but once."""
    text, kind = "", ""
    for piece in pieces:
        if piece.kind == kind:
            text += piece.text
            continue
        if text:
            yield Piece(text, kind)
        text, kind = piece
    if text:
        yield Piece(text, kind)


def cut(line: str, width: int) -> str:
    """Return a line, or what of it fits in a width."""
    if width < 8:
        return ""
    if columns(line) <= width:
        return line
    while columns(line) > width - 3:
        line = line[:-1]
    return line.rstrip() + "..."
