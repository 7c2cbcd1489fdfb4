"""Run-length coded stamps: cutting them out, putting them together, replacing some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rtstore.errors import DamagedError
from rtstore.history.stamps import Run


def slice_runs(runs: Sequence[Run], start: int, stop: int) -> list[Run]:
    """Return the stamps of the entries ``start`` to ``stop``; no runs at all stand for entries without any."""
    if start >= stop:
        return []
    if not runs:
        return [(stop - start, ())]
    found: list[Run] = []
    position = 0
    for count, values in runs:
        overlap = min(stop, position + count) - max(start, position)
        if overlap > 0:
            found.append((overlap, values))
        position += count
        if position >= stop:
            break
    return found


def join_runs(parts: Iterable[Run]) -> tuple[Run, ...]:
    """Join runs; none at all if no entry has any stamp."""
    runs: list[Run] = []
    for count, values in parts:
        if runs and runs[-1][1] == values:
            runs[-1] = (runs[-1][0] + count, values)
        elif count:
            runs.append((count, values))
    return () if all(not values for _, values in runs) else tuple(runs)


def splice_runs(
    runs: Sequence[Run], count: int, splices: Iterable[tuple[int, int, Iterable[Run]]]
) -> tuple[Run, ...]:
    """Replace the stamps of stretches of ``count`` entries: (start, stop, new runs), ascending."""
    known = _Reading(runs or [(count, ())])
    parts: list[Run] = []
    done = 0
    for start, stop, new in splices:
        parts += known.take(start - done)
        parts += new
        for _ in known.take(stop - start):
            pass
        done = stop
    return join_runs([*parts, *known.take(count - done)])


class _Reading:
    """Goes through runs once, some entries at a time."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = iter(runs)
        self._left = 0
        self._values: tuple[bytes, ...] = ()

    def take(self, count: int) -> Iterator[Run]:
        """Yield the stamps of the next entries."""
        while count:
            if not self._left:
                self._left, self._values = self._next()
            taken = min(count, self._left)
            self._left -= taken
            count -= taken
            yield taken, self._values

    def _next(self) -> Run:
        run = next(self._runs, None)
        if run is None or run[0] <= 0:
            raise DamagedError("a stored dataset has stamps for fewer entries than it has")
        return run
