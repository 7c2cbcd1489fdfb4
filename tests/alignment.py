"""Gaps to align, made of texts and of the names that entries go by."""

from __future__ import annotations

from collections.abc import Sequence

from rtstore.compare.identity.align import Notice, assign
from rtstore.compare.identity.gaps import Gap
from rtstore.formats.heads import NO_CLAIM
from rtstore.history.columns import Columns
from rtstore.model.ids import Kind, entry_id_of_record, entry_id_of_value, object_id

#: A line or known entry: its text, and the id it claims, if any.
Item = tuple[str, str | None]


def claim(name: str | None) -> bytes:
    """Return the id that a line with this name claims."""
    return NO_CLAIM if name is None else entry_id_of_value(name)


def record(text: str) -> bytes:
    """Return the id of a record."""
    return object_id(Kind.RECORD, text.encode())


class Case:
    """Gaps made of known entries and lines; known entries have the ids their names stand for."""

    def __init__(self, *gaps: tuple[Sequence[Item], Sequence[Item]], elsewhere: Sequence[str] = ()) -> None:
        self._texts = gaps
        self._elsewhere = {claim(name) for name in elsewhere}
        self.gaps = [self._gap(known, lines) for known, lines in gaps]
        self.notices: list[Notice] = assign(self.gaps, self, self._elsewhere.intersection)
        self.ids = [
            [bytes(gap.entries[at : at + 16]) for at in range(0, len(gap.entries), 16)] for gap in self.gaps
        ]

    @staticmethod
    def _gap(known: Sequence[Item], lines: Sequence[Item]) -> Gap:
        columns = Columns()
        for number, (text, name) in enumerate(known):
            columns.append(claim(name) if name else entry_id_of_record(record(text), number), record(text))
        claims = b"".join(claim(name) for _, name in lines)
        return Gap(
            0,
            columns,
            bytearray(b"".join(record(text) for text, _ in lines)),
            bytearray(claims if any(name for _, name in lines) else b""),
        )

    def known(self, gap: int, index: int) -> bytes:
        return self._texts[gap][0][index][0].encode()

    def known_claim(self, gap: int, index: int) -> bytes:
        # As if records were "NAME=TEXT" where their claim is not that of the entry any more.
        text = self._texts[gap][0][index][0]
        return claim(text.split("=")[0]) if "=" in text else NO_CLAIM

    def line(self, gap: int, line: int) -> bytes:
        return self._texts[gap][1][line][0].encode()


def ids(*names: str) -> list[bytes]:
    """Return the ids of entries by name."""
    return [claim(name) for name in names]


def same(*texts: str) -> list[Item]:
    """Return known entries with the names a, b, c..."""
    return [(text, "abcdefgh"[number]) for number, text in enumerate(texts)]


def unnamed(*texts: str) -> list[Item]:
    """Return lines that claim nothing."""
    return [(text, None) for text in texts]
