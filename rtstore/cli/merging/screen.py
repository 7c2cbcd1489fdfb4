"""A conflict on the terminal: what clashes, in the words of the base, of ours and of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rtstore.cli import text
from rtstore.cli.diff.headings import label
from rtstore.cli.diff.marking import Marker
from rtstore.cli.diff.rows import Conversation
from rtstore.cli.diff.values import readable
from rtstore.cli.diff.wrapping import Piece, columns, cut
from rtstore.cli.merging.versions import Versions
from rtstore.cli.merging.words import named, place_of, what
from rtstore.cli.session import Session
from rtstore.cli.text import printable
from rtstore.compare.difference import MISSING, EntryChange
from rtstore.compare.merge.clashes import Clash
from rtstore.model.shapes.base import read_turn
from rtstore.workspace.merging.parts import merged
from rtstore.workspace.merging.results import Conflict

#: How many lines of one version are shown, and about how many characters those can hold.
_LINES: Final = 40
_ROOM: Final = 8000
#: Where the texts of the versions begin.
_GUTTER: Final = 10
_TURN: Final = re.compile(r"(messages|conversations)\[(\d+)\]")


class Screen:
    """Shows one conflict."""

    def __init__(self, session: Session, conflict: Conflict) -> None:
        self._session = session
        self._out = session.out
        self._conflict = conflict
        self._conversation = Conversation(None if conflict.entry is None else merged(conflict))

    def heading(self, number: int, count: int) -> Iterator[str]:
        """Yield what it is about: its name, the beginning of the conversation, what happened."""
        start = f"{named(self._session, self._conflict).line} ({number} of {count})"
        said = cut(printable(self._conversation.opening), self._out.width - columns(start) - 4)
        yield self._out.styled(start, "bold") + (f'  "{said}"' if said else "")
        yield self._out.styled(what(self._conflict), "dim")

    def clash(self, at: int) -> Iterator[str]:
        """Yield one of the clashes: the turn before it, where it is, and its versions."""
        clash = self._conflict.clashes[at]
        index = _turn_index(clash)
        turns = self._conversation.turns
        if index is not None:
            yield from self._context(at, index)
        if self._conflict.kind != "registry":
            role = f", {label(turns[index].role) or '?'}" if index is not None and index < len(turns) else ""
            yield self._out.styled(f"{place_of(clash)}{role}", "bold")
        yield from self._versions(clash)

    def changes(self) -> Iterator[str]:
        """Yield what one side changed in an entry that the other side removed."""
        conflict = self._conflict
        after = conflict.theirs if conflict.ours is None else conflict.ours
        if conflict.base is None or after is None or conflict.entry is None:
            return
        from rtstore.cli.diff.terminal import entry_lines
        from rtstore.compare.records import record_difference

        turns, fields = record_difference(conflict.base, after)
        at = conflict.position
        entry = EntryChange("edited", conflict.entry, at, at, conflict.base, after, turns, fields)
        yield from entry_lines(self._out, self._session.shown(conflict.dataset), entry)

    def _context(self, at: int, index: int) -> Iterator[str]:
        """Yield what stands before a turn: how many that do not clash, and the one it answers."""
        before = (_turn_index(clash) for clash in self._conflict.clashes[:at])
        start = max((one + 1 for one in before if one is not None), default=0)
        if index - 1 > start:
            yield self._out.styled(f"  ... {text.plural(index - 1 - start, 'turn')} ...", "dim")
        if start < index <= len(self._conversation.turns):
            turn = self._conversation.turns[index - 1]
            line = f"  {label(turn.role) or '?'}: {' '.join(printable(turn.content[:400]).split())}"
            yield self._out.styled(cut(line, self._out.width), "dim")

    def _versions(self, clash: Clash) -> Iterator[str]:
        versions = Versions(shown(clash.base), shown(clash.ours), shown(clash.theirs))
        for name, pieces in versions.pieces():
            start = self._out.styled(f"  {name}".ljust(_GUTTER), "cyan")
            for line in self._lines(pieces):
                yield (start + line).rstrip()
                start = " " * _GUTTER

    def _lines(self, pieces: Sequence[Piece] | None) -> list[str]:
        if pieces is None:
            return [self._out.styled("(not there)", "dim")]
        short = list(_short(pieces))
        lines = Marker(self._out).lines(short, self._out.width - _GUTTER) or ['""']
        if len(lines) > _LINES or len(short) < len(pieces) or short[-1:] != list(pieces[-1:]):
            lines[_LINES:] = [self._out.styled("... and more ...", "dim")]
        return lines


def shown(value: Any) -> str | None:
    """Return a value as people read it: of a turn what it says; None if it is not there."""
    if value is MISSING:
        return None
    if isinstance(value, str):
        return value
    said = read_turn(value, (0,)).content if isinstance(value, dict) else ""
    return said or readable(value)


def _turn_index(clash: Clash) -> int | None:
    """Return which turn of the record a clash is in, if the record is one list of turns."""
    found = _TURN.match(clash.path)
    return int(found[2]) if found is not None and clash.kind != "mapping" else None


def _short(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield pieces up to what can be shown of them."""
    room = _ROOM
    for piece in pieces:
        if room <= 0:
            return
        yield piece if piece.kind == "gap" else piece._replace(text=piece.text[:room])
        room -= 0 if piece.kind == "gap" else len(piece.text)
