"""What two sequences have in common in the same order: words of two texts, turns of two conversations.

Long sequences are divided at runs of items that both have once (patience diff, with runs instead of single lines),
longest runs first; what lies between is compared exactly (Myers 1986) while that is affordable. The time is bounded
for any input: where it is used up, what is left counts as different.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, NamedTuple

from rtstore.compare.order import stayed

#: Sequences up to this long, taken together, are compared exactly.
SMALL: Final = 512
#: Lengths of the runs at which longer ones are divided.
RUNS: Final = (32, 8, 2, 1)
#: How many differences an exact comparison looks for, and how many steps all of them may take.
MOST_DIFFERENCES: Final = 512
MOST_STEPS: Final = 1_000_000


class Same(NamedTuple):
    """``size`` items from ``old`` on in one sequence, and from ``new`` on in the other, are the same."""

    old: int
    new: int
    size: int


#: A stretch of both: from ``a`` to before ``b`` of the old one, from ``c`` to before ``d`` of the new one.
_Stretch = tuple[int, int, int, int]


def common_blocks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Same]:
    """Return what two sequences have in common in the same order, as blocks, ascending and as long as can be."""
    return _Comparison(old, new).blocks()


class _Comparison:
    def __init__(self, old: Sequence[Hashable], new: Sequence[Hashable]) -> None:
        self._old = old
        self._new = new
        self._found: list[Same] = []
        self._steps = MOST_STEPS

    def blocks(self) -> list[Same]:
        pending = [((0, len(self._old), 0, len(self._new)), 0)]
        while pending:
            stretch, level = pending.pop()
            stretch = self._trim(*stretch)
            a, b, c, d = stretch
            if a == b or c == d:
                continue
            if b - a + d - c > SMALL:
                level, anchors = self._divide(stretch, level)
                if anchors:
                    self._found += anchors
                    pending += [(between, level) for between in _between(stretch, anchors)]
                    continue
            rest = self._compare(stretch)
            if rest is not None:
                pending.append((rest, level))
        return joined(sorted(self._found))

    def _trim(self, a: int, b: int, c: int, d: int) -> _Stretch:
        """Take what both begin and end with; return what is left."""
        old, new = self._old, self._new
        start, stop = a, b
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        self._take(start, c - (a - start), a - start)
        self._take(b, d, stop - b)
        return a, b, c, d

    def _take(self, old: int, new: int, size: int) -> None:
        if size:
            self._found.append(Same(old, new, size))

    def _divide(self, stretch: _Stretch, level: int) -> tuple[int, list[Same]]:
        """Return the runs to divide a stretch at, and the level for what is between them."""
        while level < len(RUNS):
            size = RUNS[level]
            level += 1
            anchors = self._anchors(stretch, size)
            if anchors:
                return level, anchors
        return level, []

    def _anchors(self, stretch: _Stretch, size: int) -> list[Same]:
        """Return runs of ``size`` that both have once, in the same order.

        In the old one those at multiples of ``size`` are looked at: what both have in common is found if it is
        twice as long.
        """
        a, b, c, d = stretch
        places: dict[tuple[Hashable, ...], int] = {}
        for i in range(a, b - size + 1, size):
            run = tuple(self._old[i : i + size])
            places[run] = -1 if run in places else i
        found: dict[tuple[Hashable, ...], int] = {}
        for j in range(c, d - size + 1):
            run = tuple(self._new[j : j + size])
            if run in places:
                found[run] = -1 if run in found else j
        pairs = [(places[run], j) for run, j in found.items() if j >= 0 and places[run] >= 0]
        pairs.sort(key=lambda pair: pair[1])
        anchors: list[Same] = []
        for index in stayed([i for i, _ in pairs], [1] * len(pairs)):
            i, j = pairs[index]
            if not anchors or j >= anchors[-1].new + size:
                anchors.append(Same(i, j, size))
        return anchors

    def _compare(self, stretch: _Stretch) -> _Stretch | None:
        """Compare a stretch exactly; return what is left of it when that took too many differences."""
        a, b, c, d = stretch
        both = set(self._old[a:b]).intersection(self._new[c:d])
        # Items of one side only make no difference to what is common.
        olds = [i for i in range(a, b) if self._old[i] in both]
        news = [j for j in range(c, d) if self._new[j] in both]
        if not both:
            return None
        reached, x, y = self._search([self._old[i] for i in olds], [self._new[j] for j in news])
        for i, j in _steps_back(reached, x, y):
            self._take(olds[i], news[j], 1)
        if self._steps < 0 or (x == len(olds) and y == len(news)):
            return None
        return (olds[x] if x < len(olds) else b), b, (news[y] if y < len(news) else d), d

    def _search(self, old: list[Hashable], new: list[Hashable]) -> tuple[list[list[int]], int, int]:
        """Go as far as the differences allow; return how far each number of them led, by diagonal, and the end."""
        n, m = len(old), len(new)
        history: list[list[int]] = []
        # furthest[k + count + 1]: how far into the old one the diagonal k = x - y leads.
        furthest = [0, 0, 0]
        best = 0, 0
        for count in range(min(n + m, MOST_DIFFERENCES) + 1):
            self._steps -= count + 1
            history.append(furthest)
            ahead = [0, *furthest, 0]
            best = 0, 0
            for k in range(-count, count + 1, 2):
                at = k + count + 1
                x = furthest[at + 1] if _goes_down(furthest, k, count) else furthest[at - 1] + 1
                y = x - k
                while x < n and y < m and old[x] == new[y]:
                    x, y = x + 1, y + 1
                ahead[at + 1] = x
                if x <= n and y <= m and x + y >= sum(best):
                    best = x, y
            if best == (n, m) or self._steps < 0:
                break
            furthest = ahead
        return history, *best


def _goes_down(furthest: list[int], k: int, count: int) -> bool:
    """Tell whether the diagonal ``k`` is reached from the one above it, by an item of the new one."""
    at = k + count + 1
    return k == -count or (k != count and furthest[at - 1] < furthest[at + 1])


def _steps_back(history: list[list[int]], x: int, y: int) -> list[tuple[int, int]]:
    """Return the places that are the same, from the end of both to the beginning."""
    found = []
    for count in range(len(history) - 1, -1, -1):
        furthest, k = history[count], x - y
        down = _goes_down(furthest, k, count)
        before = furthest[k + count + 1 + (1 if down else -1)]
        while x > before + (not down):
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = before, before - (k + (1 if down else -1))
    return found


def _between(stretch: _Stretch, anchors: list[Same]) -> list[_Stretch]:
    a, b, c, d = stretch
    found = []
    for i, j, size in [*anchors, Same(b, d, 0)]:
        found.append((a, i, c, j))
        a, c = i + size, j + size
    return found


def joined(blocks: list[Same]) -> list[Same]:
    """Return ascending blocks with those joined that follow each other in both sequences."""
    found: list[Same] = []
    for block in blocks:
        last = found[-1] if found else None
        if last and (last.old + last.size, last.new + last.size) == block[:2]:
            found[-1] = last._replace(size=last.size + block.size)
        else:
            found.append(block)
    return found
