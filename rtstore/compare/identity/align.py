"""Which line of a working file is which entry.

A scan skips what has not changed and leaves *gaps*: stretches of the known dataset, each with the lines that now
stand in its place. ``assign`` gives every line of every gap the id of the entry it is: (1) one with the same
record, (2) one with the id the line claims, (3) between neighbours matched so far, one whose text is similar,
(4) anywhere, one whose text is very similar. What remains is new. Modules: ``recognising`` for the first two
steps, ``following`` for the others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from struct import iter_unpack

import msgspec

from rtstore.compare.identity.gaps import Gap, Texts
from rtstore.compare.identity.matching import Matching, Place
from rtstore.compare.identity.recognising import by_claim, by_record
from rtstore.formats.heads import NO_CLAIM
from rtstore.model.ids import OBJECT_ID_SIZE, entry_id_of_duplicate, entry_id_of_record

__all__ = ["Gap", "Notice", "Texts", "assign"]


class Notice(msgspec.Struct, frozen=True):
    """Two lines claim one id; ``line`` of gap ``gap`` did not get it."""

    gap: int
    line: int
    claim: bytes


#: Tells which of some ids belong to entries outside the gaps.
UsedElsewhere = Callable[[set[bytes]], set[bytes]]


def assign(gaps: Sequence[Gap], texts: Texts, used_elsewhere: UsedElsewhere) -> list[Notice]:
    """Fill ``entries`` of every gap; return notices of ids that were claimed twice.

    ``used_elsewhere`` tells which of some ids belong to entries outside the gaps.
    """
    if len(gaps) == 1 and not len(gaps[0].known):
        # The usual first time.
        gap = gaps[0]
        if gap.distinct:
            gap.entries = gap.claims
            return []
        if gap.whole and not gap.claims:
            gap.entries = _first_seen(gap.records)
            return []
    matching = Matching(gaps, texts)
    by_record(matching)
    by_claim(matching)
    if not matching.is_done():
        from rtstore.compare.identity.following import follow  # late: most commits need no texts for this

        follow(matching)
    return _Naming(gaps, matching.matched, used_elsewhere).name_all()


def _first_seen(records: bytearray) -> bytearray:
    """Return the ids of the entries of a whole new file in which nothing is claimed."""
    # Sorted numbers tell which records may be there twice in a quarter of the memory that a set of them takes.
    with memoryview(records) as view:
        numbers = view.cast("Q")[:: OBJECT_ID_SIZE // 8].tolist()
    numbers.sort()
    twice = {number.to_bytes(8, sys.byteorder) for number, other in pairwise(numbers) if number == other}
    del numbers
    seen: dict[bytes, int] = {}
    entries = bytearray()
    for (record,) in iter_unpack(f"{OBJECT_ID_SIZE}s", records):
        ordinal = 0
        if record[:8] in twice:
            ordinal = seen.get(record, 0)
            seen[record] = ordinal + 1
        entries += entry_id_of_record(record, ordinal)
    return entries


class _Naming:
    """Gives every line its id: that of the entry it was matched with, or a new one."""

    def __init__(
        self, gaps: Sequence[Gap], matched: Sequence[Sequence[Place | None]], used_elsewhere: UsedElsewhere
    ) -> None:
        self._gaps = gaps
        self._matched = matched
        self._used_elsewhere = used_elsewhere
        self._used = {
            gaps[source].known_entry(index)
            for lines in matched
            for source, index in (known for known in lines if known is not None)
        }
        self._used |= used_elsewhere(self._wanted() - self._used)
        self._next_ordinal: dict[bytes, int] = {}

    def name_all(self) -> list[Notice]:
        """Fill ``entries`` of every gap; return notices of ids that were claimed twice."""
        notices = []
        for number, gap in enumerate(self._gaps):
            entries = bytearray()
            for line, known in enumerate(self._matched[number]):
                if known is not None:
                    entries += self._gaps[known[0]].known_entry(known[1])
                    continue
                claim = gap.claim(line)
                if claim != NO_CLAIM and claim in self._used:
                    notices.append(Notice(number, line, claim))
                entries += self._new_id(claim, gap.record(line))
            gap.entries = entries
        return notices

    def _wanted(self) -> set[bytes]:
        """Return the ids new lines would like: what they claim, or what their record stands for the first time."""
        return {
            claim if (claim := gap.claim(line)) != NO_CLAIM else entry_id_of_record(gap.record(line), 0)
            for gap, lines in zip(self._gaps, self._matched, strict=True)
            for line, known in enumerate(lines)
            if known is None
        }

    def _new_id(self, claim: bytes, record: bytes) -> bytes:
        id = claim if claim != NO_CLAIM and claim not in self._used else self._made_id(claim, record)
        self._used.add(id)
        return id

    def _made_id(self, claim: bytes, record: bytes) -> bytes:
        """Return the id that the first unused ordinal makes."""
        key = claim + record
        while True:
            ordinal = self._next_ordinal.get(key, 0)
            self._next_ordinal[key] = ordinal + 1
            if claim != NO_CLAIM:
                id = entry_id_of_duplicate(claim, record, ordinal)
            else:
                id = entry_id_of_record(record, ordinal)
            # Those of ordinal 0 that nobody claims were asked for with all that are wanted.
            asked = ordinal == 0 and claim == NO_CLAIM
            if id not in self._used and (asked or not self._used_elsewhere({id})):
                return id
