"""Gaps: where a working file is not as it was, between stretches that are."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rtstore.formats.heads import NO_CLAIM
from rtstore.history.columns import Columns
from rtstore.model.ids import ENTRY_ID_SIZE as E
from rtstore.model.ids import OBJECT_ID_SIZE as R


class Gap(msgspec.Struct, gc=False):
    """A stretch of the known dataset and the lines in its place.

    ``start``: position of its first known entry; ``known``: those entries; ``records`` and ``claims``: 32 and 16
    bytes a line (``claims`` is empty when the dataset has no id field); ``distinct``: each line is known to claim an
    id of its own. ``entries`` is the answer: 16 bytes a line. ``whole``: the lines are all of the file.
    """

    start: int
    known: Columns
    records: bytearray
    claims: bytearray
    distinct: bool = False
    entries: bytearray = msgspec.field(default_factory=bytearray)
    whole: bool = False

    def __len__(self) -> int:
        return len(self.records) // R

    def record(self, line: int) -> bytes:
        """Return the record id of a line."""
        return bytes(self.records[line * R : line * R + R])

    def claim(self, line: int) -> bytes:
        """Return the entry id that a line claims, or ``NO_CLAIM``."""
        return bytes(self.claims[line * E : line * E + E]) if self.claims else NO_CLAIM

    def known_entry(self, index: int) -> bytes:
        """Return the id of a known entry."""
        return bytes(self.known.entries[index * E : index * E + E])

    def known_record(self, index: int) -> bytes:
        """Return the record id of a known entry."""
        return bytes(self.known.records[index * R : index * R + R])


class Texts(Protocol):
    """Where the texts of entries come from, when the ids cannot decide."""

    def known(self, gap: int, index: int) -> bytes:
        """Return the record of the known entry at ``index`` of a gap."""
        ...

    def known_claim(self, gap: int, index: int) -> bytes:
        """Return the entry id that the record of a known entry claims, or ``NO_CLAIM``."""
        ...

    def line(self, gap: int, line: int) -> bytes:
        """Return the record of a line of a gap."""
        ...
