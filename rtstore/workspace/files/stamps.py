"""Run-length coded stamps: cutting them out, putting them together, replacing some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Stamps, decode
from rtstore.storage.interface import ObjectReader

Run = tuple[int, tuple[bytes, ...]]


def read_stamps(reader: ObjectReader, dataset: Dataset) -> Stamps:
    """Return the stamps of a dataset; empty ones if it has none."""
    if dataset.stamps is None:
        return Stamps()
    return decode(reader.read(Kind.STAMPS, dataset.stamps), Stamps)


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
    parts: list[Run] = []
    done = 0
    for start, stop, new in splices:
        parts += slice_runs(runs, done, start)
        parts += new
        done = stop
    return join_runs([*parts, *slice_runs(runs, done, count)])
