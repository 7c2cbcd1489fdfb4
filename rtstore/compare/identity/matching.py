"""Lines matched with the entries that were there, as far as one has got."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rtstore.compare.identity.gaps import Gap, Texts
from rtstore.compare.order import stayed

#: A known entry, or a line: gap and index in it.
Place = tuple[int, int]


class Stretch(NamedTuple):
    """Open lines, and the free known entries between the same neighbours."""

    lines: list[Place]
    known: list[Place]


class Matching:
    """Lines matched with known entries so far: ``matched[gap][line]`` is the place of the known entry, or None."""

    def __init__(self, gaps: Sequence[Gap], texts: Texts) -> None:
        self.gaps = gaps
        self.texts = texts
        self.matched: list[list[Place | None]] = [[None] * len(gap) for gap in gaps]
        self._taken = [bytearray(len(gap.known)) for gap in gaps]  # 1: a line is this entry

    def match(self, line: Place, known: Place) -> None:
        """Decide that a line is a known entry."""
        self.matched[line[0]][line[1]] = known
        self._taken[known[0]][known[1]] = 1

    def match_all(self, gap: int) -> None:
        """Decide that the lines of a gap are its known entries, one by one."""
        self.matched[gap] = [(gap, index) for index in range(len(self.gaps[gap]))]
        self._taken[gap] = bytearray(b"\1") * len(self.gaps[gap])

    def is_done(self) -> bool:
        """Tell whether there are no open lines or no free entries left."""
        return all(None not in lines for lines in self.matched) or all(
            0 not in taken for taken in self._taken
        )

    def is_open(self, line: Place) -> bool:
        """Tell whether a line has no entry yet."""
        return self.matched[line[0]][line[1]] is None

    def is_free(self, known: Place) -> bool:
        """Tell whether no line is a known entry yet."""
        return not self._taken[known[0]][known[1]]

    def open_lines(self) -> Iterator[Place]:
        """Yield the lines without an entry, in order."""
        for gap in range(len(self.gaps)):
            for line in self._open(gap):
                yield gap, line

    def free_known(self) -> Iterator[Place]:
        """Yield the known entries without a line, in order."""
        for gap in range(len(self.gaps)):
            for index in self._free(gap):
                yield gap, index

    def runs(self) -> list[Stretch]:
        """Return all open lines and free known entries, gap by gap."""
        return [
            Stretch([(gap, line) for line in self._open(gap)], [(gap, index) for index in self._free(gap)])
            for gap in range(len(self.gaps))
        ]

    def stretches(self) -> list[Stretch]:
        """Return all open lines and free known entries in their order, cut where a neighbour is matched.

        Neighbours are the matched lines of a gap that did not move.
        """
        return [stretch for gap in range(len(self.gaps)) for stretch in self._stretches(gap)]

    def _stretches(self, gap: int) -> Iterator[Stretch]:
        open_lines, free = self._open(gap), self._free(gap)
        i = j = 0
        for line, index in self._neighbours(gap) if open_lines or free else ():
            first, low = i, j
            while i < len(open_lines) and open_lines[i] < line:
                i += 1
            while j < len(free) and free[j] < index:
                j += 1
            if first < i or low < j:
                yield Stretch([(gap, n) for n in open_lines[first:i]], [(gap, n) for n in free[low:j]])

    def _neighbours(self, gap: int) -> list[tuple[int, int]]:
        """Return the matched lines of a gap that did not move, with their entries there; then the end of both."""
        pairs = [
            (line, at[1]) for line, at in enumerate(self.matched[gap]) if at is not None and at[0] == gap
        ]
        kept = stayed([index for _, index in pairs], [1] * len(pairs))
        return [*(pairs[i] for i in kept), (len(self.gaps[gap]), len(self.gaps[gap].known))]

    def _open(self, gap: int) -> list[int]:
        return [line for line, known in enumerate(self.matched[gap]) if known is None]

    def _free(self, gap: int) -> list[int]:
        return [index for index, taken in enumerate(self._taken[gap]) if not taken]
