"""The stamps of a stored dataset, by entry."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Stamps, decode
from rtstore.storage.interface import ObjectReader

#: So many entries with the same volatile values.
Run = tuple[int, tuple[bytes, ...]]


def read_stamps(reader: ObjectReader, dataset: Dataset) -> Stamps:
    """Return the stamps of a dataset; empty ones if it has none."""
    if dataset.stamps is None:
        return Stamps()
    return decode(reader.read(Kind.STAMPS, dataset.stamps), Stamps)


class StampsAt:
    """The stamps of single entries, by position."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._ends = list(accumulate(count for count, _ in runs))

    def values(self, position: int) -> tuple[bytes, ...]:
        """Return the volatile values of the entry at a position."""
        run = bisect_right(self._ends, position)
        return self._runs[run][1] if run < len(self._runs) else ()
