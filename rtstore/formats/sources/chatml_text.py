"""``chatml-text``: conversations as plain text with ChatML's marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from rtstore.formats.problems import MAX_RECORD
from rtstore.formats.sources.base import Found, Options, Reject, Sample
from rtstore.formats.sources.lines import Taken, chunks
from rtstore.formats.sources.looking import start
from rtstore.formats.sources.records import item, shown, too_large, whole_text
from rtstore.model.roles import cast, training_role

_START: Final = b"<|im_start|>"
_END: Final = b"<|im_end|>"
_TEXT_END: Final = b"<|endoftext|>"
_MARK: Final = re.compile(rb"<\|im_start\|>|<\|im_end\|>|<\|endoftext\|>")
_LONGEST: Final = len(_TEXT_END)
_EMPTY_LINE: Final = re.compile(rb"\n[ \t\r]*\n")
_NAME: Final = re.compile(r"^(\S+)[ \t]+name=(.+)$", re.DOTALL)


class ChatMLText:
    """``<|im_start|>role``, the text of the turn on the lines below, ``<|im_end|>``.

    An empty line after a turn, ``<|endoftext|>`` or another system turn begins the next conversation. The text of a
    turn is kept exactly. ``role name=Mara`` and roles that training does not know are the names of speakers.
    A turn without end is a reject, and so is what follows it in its conversation, as it would answer to nothing.
    """

    name = "chatml-text"
    title = "ChatML text file"

    def recognises(self, sample: Sample) -> bool:
        text = start(sample)
        return text.startswith((_START, _TEXT_END + _START))

    def read(self, path: str, options: Options) -> Iterator[Found]:
        with open(path, "rb") as file:
            reading = _Reading()
            for piece in _pieces(whole_text(chunks(file), path)):
                yield from reading.take(piece)
            yield from reading.end()


class _Piece(NamedTuple):
    """A mark, none at the end of the file, and the text before it: its start, its size, and where the mark is."""

    text: bytes
    size: int
    mark: bytes
    line: int


def _pieces(parts: Iterator[bytes]) -> Iterator[_Piece]:
    """Cut a text at its marks."""
    taken, rest, line = Taken(MAX_RECORD), b"", 1
    for part in parts:
        buffer, at = rest + part, 0
        for mark in _MARK.finditer(buffer):
            taken.add(buffer[at : mark.start()])
            line += buffer.count(b"\n", at, mark.start())
            yield _Piece(*taken.take(), mark[0], line)
            at = mark.end()
        keep = max(at, len(buffer) - _LONGEST + 1)
        taken.add(buffer[at:keep])
        line += buffer.count(b"\n", at, keep)
        rest = buffer[keep:]
    taken.add(rest)
    yield _Piece(*taken.take(), b"", line + rest.count(b"\n"))


class _Reading:
    """Puts turns together to conversations."""

    def __init__(self) -> None:
        self._turns: list[tuple[str, str]] = []
        self._first = self._line = 0
        self._size = 0
        self._is_open = self._is_broken = False

    def take(self, piece: _Piece) -> Iterator[Found]:
        """Take the text up to a mark."""
        if self._is_open and piece.mark == _END:
            self._is_open = False
            yield from self._turn(piece)
        elif self._is_open:
            yield from self._broken(piece)
        else:
            yield from self._between(piece)
        if piece.mark == _START:
            self._is_open, self._line = True, piece.line
        elif piece.mark == _TEXT_END:
            yield from self.end()

    def end(self) -> Iterator[Found]:
        """Yield the conversation so far, if there is one."""
        if self._turns:
            roles = cast([speaker for speaker, _ in self._turns])
            yield _conversation(self._turns, roles, f"line {self._first}")
        self._turns, self._size, self._is_broken = [], 0, False

    def _turn(self, piece: _Piece) -> Iterator[Found]:
        place = f"line {self._line}"
        if piece.size > len(piece.text) or piece.size + self._size > MAX_RECORD:
            yield too_large(place, piece.size, piece.text)
            self._is_broken = True
            return
        try:
            text = piece.text.decode()
        except UnicodeDecodeError as error:
            yield Reject(place, f"byte 0x{piece.text[error.start]:02x} is not UTF-8 text", shown(piece.text))
            self._is_broken = True
            return
        role, line_feed, content = text.partition("\n")
        role = role.strip()
        if not line_feed or not role:
            yield Reject(place, "a turn whose first line is not its role alone", text)
            self._is_broken = True
            return
        if training_role(role) == "system" and any(training_role(one) != "system" for one, _ in self._turns):
            yield from self.end()
        if self._is_broken:
            yield Reject(place, "a turn after one that cannot be used", text)
            return
        if not self._turns:
            self._first = self._line
        self._turns.append((role, content))
        self._size += piece.size

    def _broken(self, piece: _Piece) -> Iterator[Found]:
        self._is_open, self._is_broken = False, True
        yield Reject(f"line {self._line}", "a turn without <|im_end|>", shown(piece.text))
        if _EMPTY_LINE.search(piece.text, len(piece.text.rstrip())):
            yield from self.end()

    def _between(self, piece: _Piece) -> Iterator[Found]:
        if piece.text.strip():
            at = piece.line - piece.text.lstrip().count(b"\n")
            yield Reject(f"line {at}", "text outside of any turn", shown(piece.text[:MAX_RECORD]))
        if piece.mark == _END:
            yield Reject(f"line {piece.line}", "<|im_end|> without a turn before it")
        if _EMPTY_LINE.search(piece.text):
            yield from self.end()


def _conversation(turns: list[tuple[str, str]], roles: dict[str, str], place: str) -> Found:
    messages: list[dict[str, Any]] = []
    speakers: list[tuple[int, str]] = []
    for index, (speaker, content) in enumerate(turns):
        named = _NAME.match(speaker)
        role = (training_role(named[1]) if named else None) or roles[speaker]
        name = named[2] if named else speaker
        if named or training_role(speaker) is None:
            speakers.append((index, name))
        messages.append({"role": role, "content": content})
    return item({"messages": messages}, place, speakers)
