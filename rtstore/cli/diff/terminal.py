"""A difference on the terminal: like a chat, with what changed in it marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rtstore.cli import text
from rtstore.cli.diff.changes import is_rewritten, pieces
from rtstore.cli.diff.headings import beside_entries, label, move, position, summary
from rtstore.cli.diff.marking import STYLES, Marker
from rtstore.cli.diff.rows import Row, fields, opening, rows
from rtstore.cli.diff.values import kind_of, new_text, old_text, one_line
from rtstore.cli.diff.wrapping import Piece, columns, cut, wrapped
from rtstore.cli.output import Output
from rtstore.cli.text import printable
from rtstore.compare.difference import EntryChange, FieldChange

if TYPE_CHECKING:
    from rtstore.cli.session import Session
    from rtstore.compare.datasets import DatasetDifference
    from rtstore.workspace.diff import Difference

#: How many characters of an unchanged text are shown before and after a change: two lines.
_KEPT: Final = 150
#: Of entries with nothing to read in them, so many of a dataset are shown; the others are counted.
_FEW: Final = 5
_ALIKE: Final = {"moved": "only moved", "reformatted": "only written differently"}


def print_difference(session: Session, difference: Difference) -> bool:
    """Print a difference. Return whether there is any."""
    found = False
    with session.out.paged():
        for dataset in difference.datasets:
            if found:
                session.out.line()
            for line in dataset_lines(session, dataset):
                session.out.line(line)
            found = True
        if not found:
            session.out.line("no differences")
    return found


def dataset_lines(session: Session, difference: DatasetDifference) -> Iterator[str]:
    """Yield how a dataset differs: a line that counts, then each part of it that differs."""
    path = session.shown(difference.path)
    writer = _Writer(session.out, path)
    title = printable(session.shown_rename(difference.renamed_from, difference.path))
    yield f"{session.out.styled(title, 'bold')}: {summary(difference)}"
    for name, changes in reversed(beside_entries(difference).items()):
        if changes:
            yield ""
            yield session.out.styled(f"{name} of {printable(path)}", "bold")
            yield from writer.fields(changes)
    had_body = True
    alike: Counter[str] = Counter()
    for entry in difference.entries:
        if entry.change in _ALIKE:
            alike[entry.change] += 1
            if alike[entry.change] > _FEW:
                continue
        body = list(writer.body(entry))
        if had_body or body:
            yield ""
        yield writer.header(entry)
        yield from body
        had_body = bool(body)
    more = [f"and {count - _FEW:,} more {_ALIKE[kind]}" for kind, count in alike.items() if count > _FEW]
    if more:
        yield ""
        yield from more


def entry_lines(out: Output, path: str, entry: EntryChange) -> Iterator[str]:
    """Yield what differs in an entry: the turns that do, a sign for those that do not, its fields."""
    return _Writer(out, path).body(entry)


class _Writer:
    """Writes entries of one dataset."""

    def __init__(self, out: Output, path: str) -> None:
        self._out = out
        self._path = printable(path)
        self._marker = Marker(out)

    def header(self, entry: EntryChange) -> str:
        start = f"{entry.change} {self._path}#{position(entry)} {entry.id.hex()[:8]}{move(entry)}"
        said = cut(printable(opening(entry)), self._out.width - columns(start) - 4)
        verb = self._out.styled(entry.change, "bold", *STYLES.get(entry.change, ()))
        return verb + self._out.styled(start[len(entry.change) :], "bold") + (f'  "{said}"' if said else "")

    def body(self, entry: EntryChange) -> Iterator[str]:
        if entry.change == "reformatted":
            yield "  only written differently: its content is the same"
        for is_same, group in groupby(rows(entry), lambda row: row.kind == "same"):
            if is_same:
                count = text.plural(len(list(group)), "turn")
                yield self._out.styled(f"  ... {count} ...", "dim")
            else:
                for row in group:
                    yield from self._turn(row)
        yield from self.fields(fields(entry))

    def fields(self, changes: Iterable[FieldChange]) -> Iterator[str]:
        for change in changes:
            yield from self._field(change)

    def _turn(self, row: Row) -> Iterator[str]:
        sign = self._marker.sign(row.kind)
        who = f" ({label(row.name)})" if row.name else ""
        yield f"{sign} {self._out.styled(label(row.role) or '?', 'bold')}{who}{_turn_move(row)}"
        if row.kind == "edited":
            yield from self._edited(row.old or "", row.new or "")
        elif row.kind == "moved":
            yield f"    {cut(printable(' '.join(row.text[:400].split())), self._out.width - 4)}"
        else:
            yield from self._block(printable(row.text), row.kind)

    def _edited(self, old: str, new: str) -> Iterator[str]:
        found = pieces(old, new, _KEPT)
        if is_rewritten(found):
            yield from self._block(printable(old), "removed")
            yield from self._block(printable(new), "added")
        else:
            yield from (f"    {line}".rstrip() for line in self._marker.lines(found, self._out.width - 4))

    def _block(self, whole: str, kind: str) -> Iterator[str]:
        """Yield a text of which everything was added or removed, with a sign at each line."""
        sign = self._marker.sign(kind)
        lines = wrapped([Piece(whole, kind)], self._out.width - 4, self._marker.painted) or [""]
        yield from (f"{sign}   {line}".rstrip() for line in lines)

    def _field(self, change: FieldChange) -> Iterator[str]:
        kind = kind_of(change)
        start = f"{self._marker.sign(kind)} {self._out.styled(label(change.path), 'bold')}:"
        room = self._out.width - columns(label(change.path)) - 4
        short = one_line(change, room)
        if short is not None:
            yield f"{start} {self._values(short)}"
            return
        if kind == "edited":
            yield from self._edited_field(start, room, old_text(change), new_text(change))
        else:
            yield start
            yield from self._block(printable(new_text(change) or old_text(change)), kind)

    def _edited_field(self, start: str, room: int, old: str, new: str) -> Iterator[str]:
        found = pieces(old, new, _KEPT)
        lines = self._marker.lines(found, room)
        if len(lines) == 1 and not is_rewritten(found):
            yield f"{start} {lines[0]}"
        else:
            yield start
            yield from self._edited(old, new)

    def _values(self, short: Sequence[Piece]) -> str:
        return "".join(self._marker.painted(Piece(printable(piece.text), piece.kind)) for piece in short)


def _turn_move(row: Row) -> str:
    old, new = row.places
    return (
        f"  turn {old + 1} -> {new + 1}"
        if row.kind == "moved" and old is not None and new is not None
        else ""
    )
