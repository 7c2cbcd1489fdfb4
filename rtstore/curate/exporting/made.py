"""The rows of an export as they are made: from the entries of a version, or from replies rewritten between two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from blake3 import blake3

from rtstore.curate.exporting.fitness import Fitness
from rtstore.curate.exporting.results import Unusable
from rtstore.curate.exporting.rows import Rows
from rtstore.model.conversation import ConversionError
from rtstore.workspace.views import Dataset, Entry, Stretch

if TYPE_CHECKING:
    from rtstore.curate.exporting.pairs import Pair

#: Is told how many entries are done, of how many.
Progress = Callable[[int, int], None]
#: Tells of an entry whether it is wanted.
Fits = Callable[[Entry], bool]
#: Tells the side of the partition of the entry at a position; None: it is on none.
SideOf = Callable[[int], str | None]


class Batch(NamedTuple):
    """Some rows as JSON texts on one line each, a key of its own for each, and the side they belong to, if any."""

    texts: list[bytes]
    keys: list[bytes]
    side: str | None = None


class Left(NamedTuple):
    """What has no row: entries not wanted, on no side, with too many tokens, and those that cannot have one."""

    deselected: int
    unassigned: int
    too_long: int
    unusable: tuple[Unusable, ...]


class Made(Protocol):
    """Makes the rows of one export, once; ``left`` is whole when all are made."""

    @property
    def dataset(self) -> str:
        """The path of the dataset."""

    @property
    def entries(self) -> int:
        """How many entries it has, or how many replies were rewritten."""

    def batches(self, told: Progress) -> Iterator[Batch]:
        """Yield the rows, those of each side in the order of the dataset."""

    @property
    def left(self) -> Left:
        """What has no row."""


class EntryRows:
    """A row for each entry of a dataset that ``fits``. ``fitness``: what is known of its pages."""

    def __init__(
        self,
        dataset: Dataset,
        rows: Rows,
        fits: Fits | None = None,
        side: SideOf | None = None,
        fitness: Fitness | None = None,
    ) -> None:
        self.dataset = dataset.path
        self.entries = len(dataset)
        self._dataset = dataset
        self._rows = rows
        self._fits = fits
        self._side = side
        self._fitness = fitness if rows.direct else None
        self._deselected = self._unassigned = 0
        self._unusable: list[Unusable] = []

    @property
    def left(self) -> Left:
        """What has no row, as far as rows were made."""
        return Left(self._deselected, self._unassigned, 0, tuple(self._unusable))

    def batches(self, told: Progress) -> Iterator[Batch]:
        """Yield the rows of one page of the dataset after the other."""
        for stretch in self._dataset.stretches():
            known = self._fitness is not None and self._fitness.knows(stretch.page)
            for side, indexes in self._by_side(stretch, self._wanted(stretch)).items():
                yield self._batch(stretch, indexes, side, known)
            told(stretch.start + len(stretch.texts), self.entries)
        if self._fitness is not None:
            self._fitness.remember()

    def _batch(self, stretch: Stretch, indexes: Sequence[int], side: str | None, known: bool) -> Batch:
        """Return rows; ``known``: each record of this stretch is known to have one."""
        ids = [stretch.id_of(index) for index in indexes]
        whole = len(indexes) == len(stretch.texts)
        texts = stretch.texts if whole else [stretch.texts[index] for index in indexes]
        made = self._rows.many(texts, ids, known)
        rows = [row for row in made if isinstance(row, bytes)]
        if len(rows) == len(made):
            if whole and self._fitness is not None:
                self._fitness.note(stretch.page)
            return Batch(rows, ids, side)
        for index, id, row in zip(indexes, ids, made, strict=True):
            if not isinstance(row, bytes):
                self._unusable.append(Unusable(stretch.start + index, id, row.message))
        return Batch(rows, [id for id, row in zip(ids, made, strict=True) if isinstance(row, bytes)], side)

    def _by_side(self, stretch: Stretch, indexes: Sequence[int]) -> dict[str | None, Sequence[int]]:
        if self._side is None:
            return {None: indexes}
        found: dict[str | None, list[int]] = {}
        for index in indexes:
            found.setdefault(self._side(stretch.start + index), []).append(index)
        self._unassigned += len(found.pop(None, ()))
        return {**found}

    def _wanted(self, stretch: Stretch) -> Sequence[int]:
        fits, all_ = self._fits, range(len(stretch.texts))
        if fits is None:
            return all_
        wanted = [index for index in all_ if fits(self._dataset.entry_of(stretch, index))]
        self._deselected += len(all_) - len(wanted)
        return wanted


class PairRows:
    """A row for each reply that was rewritten; ``fits`` and ``side`` are asked about the entry as it is now."""

    def __init__(
        self,
        dataset: Dataset,
        pairs: Iterable[Pair],
        rows: Rows,
        fits: Fits | None = None,
        side: SideOf | None = None,
    ) -> None:
        self.dataset = dataset.path
        self.entries = 0
        self._dataset = dataset
        self._pairs = pairs
        self._rows = rows
        self._fits = fits
        self._side = side
        self._deselected = self._unassigned = 0
        self._unusable: list[Unusable] = []

    @property
    def left(self) -> Left:
        """What has no row, as far as rows were made."""
        return Left(self._deselected, self._unassigned, 0, tuple(self._unusable))

    def batches(self, told: Progress) -> Iterator[Batch]:
        """Yield the rows one by one."""
        for pair in self._pairs:
            self.entries += 1
            told(self.entries, 0)
            position, entry, text = pair.reply
            if self._fits is not None and not self._fits(self._dataset[position]):
                self._deselected += 1
                continue
            side = None if self._side is None else self._side(position)
            if self._side is not None and side is None:
                self._unassigned += 1
                continue
            try:
                if isinstance(pair.conversation, ConversionError):
                    raise pair.conversation
                yield Batch([self._rows.row_of(pair.conversation, entry)], [_key(entry, text)], side)
            except ConversionError as error:
                self._unusable.append(Unusable(position, entry, error.message))


def _key(entry: bytes, text: str) -> bytes:
    return blake3(entry + text.encode("utf-8", "surrogatepass")).digest(16)
