"""Matching the lines of gaps with the entries that were there, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rtstore.compare.gaps import Gap, Texts
from rtstore.compare.order import stayed
from rtstore.compare.similarity import LIKELY, UNLIKELY, Threshold, pair, stands_out
from rtstore.formats.heads import NO_CLAIM

#: A known entry, or a line: gap and index in it.
Place = tuple[int, int]

#: Texts are compared across gaps while there are no more of them than this on either side.
FAR: Final = 2048
#: So many entries on either side of one tell what all texts of the dataset have in common.
NEAR: Final = 4


class Matching:
    """Lines matched with known entries so far: ``matched[gap][line]`` is the place of the known entry, or None."""

    def __init__(self, gaps: Sequence[Gap], texts: Texts) -> None:
        self.gaps = gaps
        self.texts = texts
        self.matched: list[list[Place | None]] = [[None] * len(gap) for gap in gaps]
        self._free: list[set[int]] = [set(range(len(gap.known))) for gap in gaps]

    def _match(self, line: Place, known: Place) -> None:
        self.matched[line[0]][line[1]] = known
        self._free[known[0]].discard(known[1])

    def _open_lines(self, gap: int) -> list[int]:
        return [line for line, known in enumerate(self.matched[gap]) if known is None]

    def _all_open(self, claiming: bool) -> list[Place]:
        """Return the lines without an entry that claim an id, or that do not."""
        return [
            (number, line)
            for number, gap in enumerate(self.gaps)
            for line in self._open_lines(number)
            if (gap.claim(line) != NO_CLAIM) is claiming
        ]

    def _all_free(self) -> list[Place]:
        return [(number, index) for number, free in enumerate(self._free) for index in sorted(free)]

    def by_record(self) -> None:
        """Step 1: the same record, first within a gap, then anywhere."""
        for number, gap in enumerate(self.gaps):
            if gap.records == gap.known.records:
                self.matched[number] = [(number, index) for index in range(len(gap))]
                self._free[number].clear()
            else:
                self._take_by_record(self._owners_by_record([number]), number)
        if len(self.gaps) > 1:
            everywhere = range(len(self.gaps))
            owners = self._owners_by_record(everywhere)
            for number in everywhere if owners else ():
                self._take_by_record(owners, number)

    def _owners_by_record(self, sources: Iterable[int]) -> dict[bytes, list[Place]]:
        owners: dict[bytes, list[Place]] = {}
        for source in sources:
            for index in sorted(self._free[source]):
                owners.setdefault(self.gaps[source].known_record(index), []).append((source, index))
        for equal in owners.values():
            equal.reverse()  # so that pop() gives the first
        return owners

    def _take_by_record(self, owners: dict[bytes, list[Place]], gap: int) -> None:
        for line in self._open_lines(gap):
            equal = owners.get(self.gaps[gap].record(line))
            if equal:
                self._match((gap, line), equal.pop())

    def by_claim(self) -> None:
        """Step 2: the entry whose id a line claims, else the one whose record claimed the same."""
        claiming = self._all_open(claiming=True)
        if not claiming:
            return
        self._take_by_claim(claiming, {self.gaps[n].known_entry(i): (n, i) for n, i in self._all_free()})
        claiming, free = self._all_open(claiming=True), self._all_free()
        if claiming and len(free) <= FAR:
            # First owners win, as they do where two lines claim one id.
            self._take_by_claim(claiming, {self.texts.known_claim(*known): known for known in reversed(free)})

    def _take_by_claim(self, lines: Sequence[Place], owners: dict[bytes, Place]) -> None:
        for gap, line in lines:
            known = owners.pop(self.gaps[gap].claim(line), None)
            if known is not None:
                self._match((gap, line), known)

    def by_similarity(self) -> None:
        """Steps 3 and 4: similar texts between matched neighbours of one gap, then anywhere.

        A line that claims an id nobody had is another entry unless it is very similar, and there.
        """
        for number in range(len(self.gaps)):
            # What is paired makes neighbours for what is not.
            if self._pair_between_neighbours(number):
                self._pair_between_neighbours(number)
        lines, free = self._all_open(claiming=False), self._all_free()
        if len(lines) <= FAR and len(free) <= FAR:
            self._pair(lines, free, UNLIKELY)

    def _pair_between_neighbours(self, gap: int) -> bool:
        """Pair in every stretch of a gap; tell whether any pair was found."""
        before = len(self._free[gap])
        for lines, known in self._stretches(gap) if before else ():
            free = [(gap, index) for index in known]
            for claiming, threshold in ((False, LIKELY), (True, UNLIKELY)):
                chosen = [line for line in lines if (self.gaps[gap].claim(line) != NO_CLAIM) is claiming]
                free = [place for place in free if place[1] in self._free[gap]]
                self._pair([(gap, line) for line in chosen], free, threshold)
        return len(self._free[gap]) < before

    def _stretches(self, gap: int) -> list[tuple[list[int], list[int]]]:
        """Return the runs of unmatched lines, each with the free known entries between the same neighbours.

        Neighbours are the matched lines of the gap that did not move.
        """
        pairs = [
            (line, at[1]) for line, at in enumerate(self.matched[gap]) if at is not None and at[0] == gap
        ]
        kept = [pairs[i] for i in stayed([index for _, index in pairs], [1] * len(pairs))]
        open_lines, free = self._open_lines(gap), sorted(self._free[gap])
        stretches = []
        i = j = 0
        for line, index in [*kept, (len(self.gaps[gap]), len(self.gaps[gap].known))]:
            first, low = i, j
            while i < len(open_lines) and open_lines[i] < line:
                i += 1
            while j < len(free) and free[j] < index:
                j += 1
            if first < i and low < j:
                stretches.append((open_lines[first:i], free[low:j]))
        return stretches

    def _pair(self, lines: Sequence[Place], known: Sequence[Place], threshold: Threshold) -> None:
        if not lines or not known:
            return
        old = [self.texts.known(*place) for place in known]
        new = [self.texts.line(*place) for place in lines]
        for i, j in pair(old, new, threshold):
            if threshold is not UNLIKELY or stands_out(old[i], new[j], self._others(known[i])):
                self._match(lines[j], known[i])

    def _others(self, known: Place) -> list[bytes]:
        """Return the texts of some entries near a known one."""
        gap, index = known
        near = range(max(0, index - NEAR), min(len(self.gaps[gap].known), index + NEAR + 1))
        return [self.texts.known(gap, other) for other in near if other != index]
