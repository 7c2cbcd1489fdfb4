"""Text in several styles, broken into lines of the terminal's width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, takewhile
from typing import Final, NamedTuple

_ODD_SPACE: Final = re.compile(r"[^\S \n]")
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
    pieces = list(pieces)
    if len(pieces) == 1:
        text, kind = pieces[0]
        lines = _lines_of_one(text, width)
        if lines is not None:
            return [paint(Piece(line, kind)) if line else "" for line in lines]
    filler = _Filler(width, paint)
    for piece in pieces:
        for token in _TOKENS.findall(piece.text):
            filler.take(token, piece.kind)
    return filler.end()


def _lines_of_one(text: str, width: int) -> list[str] | None:
    """Return the lines of a text in one style, which most are; None where it takes more care.

    That is where characters are not one column wide, white space is other than spaces, or a word fits in no line.
    """
    if columns(text) != len(text) or _ODD_SPACE.search(text):
        return None
    found: list[str] = []
    for line in text.rstrip(" ").removesuffix("\n").split("\n"):
        rest = line.rstrip(" ")
        while len(rest) > width:
            cut = rest.rfind(" ", 0, width + 1)
            kept = rest[: max(cut, 0)].rstrip(" ")
            if not kept:
                return None
            found.append(kept)
            rest = rest[cut:].lstrip(" ")
        found.append(rest)
    return found if text.strip(" ") else []


class _Widths(dict[str, int]):
    """How many columns a character takes, found out once for each."""

    def __missing__(self, character: str) -> int:
        from unicodedata import combining, east_asian_width

        width = 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        self[character] = width
        return width


_WIDTHS: Final = _Widths()


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_WIDTHS.__getitem__, text))


class _Filler:
    """Fills lines with words. What is taken waits until its word is complete."""

    def __init__(self, width: int, paint: Paint) -> None:
        self._width = width
        self._paint = paint
        self._lines: list[str] = []
        self._line: list[Piece] = []
        self._used = 0
        self._space: list[Piece] = []
        self._space_size = 0
        self._word: list[Piece] = []
        self._word_size = 0

    def take(self, token: str, kind: str) -> None:
        if token == "\n":
            self._put_word()
            self._break()
        elif token.isspace():
            self._put_word()
            space = token.replace("\t", "    ")
            self._space.append(Piece(space, kind))
            self._space_size += len(space)
        else:
            self._word.append(Piece(token, kind))
            self._word_size += columns(token)

    def end(self) -> list[str]:
        self._put_word()
        if self._line:
            self._break()
        return self._lines

    def _put_word(self) -> None:
        if not self._word:
            return
        size, space = self._word_size, self._space_size
        if self._line and self._used + space + size > self._width:
            self._break()
        elif self._used + space + size <= self._width:
            self._line += self._space
            self._used += space
        self._space, self._space_size = [], 0
        self._add(self._word, size)
        self._word, self._word_size = [], 0

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
        self._line, self._used = [], 0
        self._space, self._space_size = [], 0


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
    ends = accumulate(map(_WIDTHS.__getitem__, line))
    kept = sum(1 for _ in takewhile((width - 3).__ge__, ends))
    return line[:kept].rstrip() + "..."
