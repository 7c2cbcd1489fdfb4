"""Which line of a working file is which entry (DESIGN: identity, steps 1 to 3).

A scan skips what has not changed and leaves *gaps*: stretches of the known dataset, each with the lines that now
stand in its place. ``assign`` gives every line of every gap the id of the entry it is: (1) one with the same
record, (2) one with the id the line claims, (3) between neighbours matched so far, one whose text is similar. What
remains is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from rtstore.compare.similarity import pair
from rtstore.formats.heads import NO_CLAIM
from rtstore.history.columns import Columns
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, entry_id_of_duplicate, entry_id_of_record

E: Final = ENTRY_ID_SIZE
R: Final = OBJECT_ID_SIZE


class Gap(msgspec.Struct, gc=False):
    """A stretch of the known dataset and the lines in its place.

    ``start``: position of its first known entry; ``known``: those entries; ``records`` and ``claims``: 32 and 16 bytes a
    line (``claims`` is empty when the dataset has no id field); ``distinct``: each line is known to claim an id of its own. ``entries`` is the answer: 16 bytes a line.
    """

    start: int
    known: Columns
    records: bytearray
    claims: bytearray
    distinct: bool = False
    entries: bytearray = msgspec.field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.records) // R

    def record(self, line: int) -> bytes:
        """Return the record id of a line."""
        return bytes(self.records[line * R : line * R + R])

    def claim(self, line: int) -> bytes:
        """Return the entry id that a line claims, or ``NO_CLAIM``."""
        return bytes(self.claims[line * E : line * E + E]) if self.claims else NO_CLAIM


class Texts(Protocol):
    """Where the texts of entries come from, when similarity has to decide."""

    def known(self, gap: int, index: int) -> bytes:
        """Return the record of the known entry at ``index`` of a gap."""
        ...

    def line(self, gap: int, line: int) -> bytes:
        """Return the text of a line of a gap."""
        ...


class Notice(msgspec.Struct, frozen=True):
    """Two lines claim one id; ``line`` of gap ``gap`` did not get it."""

    gap: int
    line: int
    claim: bytes


def assign(
    gaps: Sequence[Gap], texts: Texts, used_elsewhere: Callable[[set[bytes]], set[bytes]]
) -> list[Notice]:
    """Fill ``entries`` of every gap; return notices of ids that were claimed twice.

    ``used_elsewhere`` tells which of some ids belong to entries outside the gaps.
    """
    if len(gaps) == 1 and gaps[0].distinct and not len(gaps[0].known):
        gaps[0].entries = gaps[0].claims  # the usual first time
        return []
    matching = _Matching(gaps, texts)
    matching.by_record()
    matching.by_claim()
    matching.by_similarity()
    return _name_the_new(gaps, matching.matched, used_elsewhere)


class _Matching:
    """Lines matched with known entries so far: for each gap and line, (gap, index) of the known entry or None."""

    def __init__(self, gaps: Sequence[Gap], texts: Texts) -> None:
        self.gaps = gaps
        self.texts = texts
        self.matched: list[list[tuple[int, int] | None]] = [[None] * len(gap) for gap in gaps]
        self.free: list[set[int]] = [set(range(len(gap.known))) for gap in gaps]

    def _match(self, gap: int, line: int, known: tuple[int, int]) -> None:
        self.matched[gap][line] = known
        self.free[known[0]].discard(known[1])

    def _open_lines(self, gap: int) -> list[int]:
        return [line for line, known in enumerate(self.matched[gap]) if known is None]

    def by_record(self) -> None:
        """Step 1: the same record, first within a gap, then anywhere."""
        for number, gap in enumerate(self.gaps):
            if gap.records == gap.known.records:
                self.matched[number] = [(number, index) for index in range(len(gap))]
                self.free[number].clear()
            else:
                self._by_record_from([number], number)
        if len(self.gaps) > 1:
            everywhere = range(len(self.gaps))
            owners = self._owners_by_record(everywhere)
            for number in everywhere:
                self._take_by_record(owners, number)

    def _by_record_from(self, sources: Sequence[int], gap: int) -> None:
        self._take_by_record(self._owners_by_record(sources), gap)

    def _owners_by_record(self, sources: Sequence[int]) -> dict[bytes, list[tuple[int, int]]]:
        owners: dict[bytes, list[tuple[int, int]]] = {}
        for source in sources:
            records = self.gaps[source].known.records
            for index in sorted(self.free[source]):
                owners.setdefault(bytes(records[index * R : index * R + R]), []).append((source, index))
        for equal in owners.values():
            equal.reverse()  # so that pop() gives the first
        return owners

    def _take_by_record(self, owners: dict[bytes, list[tuple[int, int]]], gap: int) -> None:
        for line in self._open_lines(gap):
            equal = owners.get(self.gaps[gap].record(line))
            if equal:
                self._match(gap, line, equal.pop())

    def by_claim(self) -> None:
        """Step 2: the entry whose id a line claims."""
        owners = {
            bytes(gap.known.entries[index * E : index * E + E]): (number, index)
            for number, gap in enumerate(self.gaps)
            for index in self.free[number]
            if gap.claims
        }
        for number, gap in enumerate(self.gaps):
            for line in self._open_lines(number):
                known = owners.pop(gap.claim(line), None)
                if known is not None:
                    self._match(number, line, known)

    def by_similarity(self) -> None:
        """Step 3: position and similarity between matched neighbours of one gap."""
        for number in range(len(self.gaps)):
            if self.free[number]:
                for lines, known in self._stretches(number):
                    self._pair(number, lines, known)

    def _stretches(self, gap: int) -> list[tuple[list[int], list[int]]]:
        """Return the runs of unmatched lines, each with the free known entries between the same neighbours."""
        stretches = []
        lines: list[int] = []
        before = -1
        for line, known in enumerate([*self.matched[gap], (gap, len(self.gaps[gap].known))]):
            if known is None:
                lines.append(line)
            elif known[0] == gap and known[1] > before:
                candidates = [index for index in range(before + 1, known[1]) if index in self.free[gap]]
                if lines and candidates:
                    stretches.append((lines, candidates))
                lines, before = [], known[1]
        return stretches

    def _pair(self, gap: int, lines: list[int], known: list[int]) -> None:
        old = [self.texts.known(gap, index) for index in known]
        new = [self.texts.line(gap, line) for line in lines]
        for i, j in pair(old, new):
            self._match(gap, lines[j], (gap, known[i]))


def _name_the_new(
    gaps: Sequence[Gap],
    matched: Sequence[Sequence[tuple[int, int] | None]],
    used_elsewhere: Callable[[set[bytes]], set[bytes]],
) -> list[Notice]:
    used = _used_ids(gaps, matched)
    used |= used_elsewhere(_wanted_ids(gaps, matched) - used)
    notices = []
    next_ordinal: dict[bytes, int] = {}
    for number, gap in enumerate(gaps):
        entries = bytearray()
        for line, known in enumerate(matched[number]):
            if known is not None:
                source, index = known
                entries += gaps[source].known.entries[index * E : index * E + E]
                continue
            claim, record = gap.claim(line), gap.record(line)
            if claim != NO_CLAIM and claim not in used:
                id = claim
            else:
                if claim != NO_CLAIM:
                    notices.append(Notice(number, line, claim))
                id = _fresh_id(claim, record, used, used_elsewhere, next_ordinal)
            used.add(id)
            entries += id
        gap.entries = entries
    return notices


def _used_ids(gaps: Sequence[Gap], matched: Sequence[Sequence[tuple[int, int] | None]]) -> set[bytes]:
    return {
        bytes(gaps[source].known.entries[index * E : index * E + E])
        for lines in matched
        for source, index in (known for known in lines if known is not None)
    }


def _wanted_ids(gaps: Sequence[Gap], matched: Sequence[Sequence[tuple[int, int] | None]]) -> set[bytes]:
    """Return the ids new lines would like: what they claim, or what their record stands for the first time."""
    wanted = set()
    for gap, lines in zip(gaps, matched, strict=True):
        for line, known in enumerate(lines):
            if known is None:
                claim = gap.claim(line)
                wanted.add(claim if claim != NO_CLAIM else entry_id_of_record(gap.record(line), 0))
    return wanted


def _fresh_id(
    claim: bytes,
    record: bytes,
    used: set[bytes],
    used_elsewhere: Callable[[set[bytes]], set[bytes]],
    next_ordinal: dict[bytes, int],
) -> bytes:
    key = claim + record
    while True:
        ordinal = next_ordinal.get(key, 0)
        next_ordinal[key] = ordinal + 1
        if claim != NO_CLAIM:
            id = entry_id_of_duplicate(claim, record, ordinal)
        else:
            id = entry_id_of_record(record, ordinal)
        if id in used:
            continue
        if (ordinal or claim != NO_CLAIM) and used_elsewhere({id}):
            continue
        return id
