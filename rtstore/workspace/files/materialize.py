"""Writing the file of a dataset: exact bytes out of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from blake3 import blake3

from rtstore.errors import DamagedError
from rtstore.history.stamps import Run
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Dataset, Stamps, decode
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.files.ranges import Ranges
from rtstore.workspace.files.stamps import slice_runs

R = OBJECT_ID_SIZE
_FSCK: Final = "Run: rtstore fsck"


class Chunk(NamedTuple):
    """Consecutive bytes of a file: those of some ``entries``, whose first record's id is ``first``."""

    data: bytes
    entries: int
    first: bytes


class FileSource:
    """The bytes of a dataset's file, by stretches of its entries."""

    def __init__(self, reader: ObjectReader, records: RecordSource, dataset: Dataset) -> None:
        self.dataset = dataset
        self.tree = Tree(reader, Root(dataset.root, dataset.height, dataset.count))
        self.runs = _runs(reader, dataset)
        self._records = records
        self._volatile = Volatile(dataset.settings.volatile)

    def whole(self) -> Iterator[Chunk]:
        """Yield the whole file."""
        if self.dataset.count:
            yield from self.between(0, self.dataset.count)
        else:
            yield Chunk(self.dataset.framing.head + self.dataset.framing.tail, 0, b"")

    def between(self, start: int, stop: int) -> Iterator[Chunk]:
        """Yield the bytes of the entries ``start`` to ``stop``, with what follows each; a leaf at a time.

        The first entry of the file brings its head, the last one its tail.
        """
        if start >= stop:
            return
        for ref in self.tree.leaves(start):
            if ref.start >= stop:
                return
            yield self._chunk(max(start, ref.start), min(stop, ref.stop), ref.start)

    def _chunk(self, start: int, stop: int, leaf_start: int) -> Chunk:
        framing, count = self.dataset.framing, self.dataset.count
        leaf, first = self.tree.locate(start)
        ids = leaf.records[first * R : (first + stop - start) * R]
        texts = self._records.records(ids)
        if not all(texts):
            raise DamagedError("a stored record is empty", hint=_FSCK)
        if self.runs:
            stamps = (values for n, values in slice_runs(self.runs, start, stop) for _ in range(n))
            texts = [self._volatile.fill(text, values) for text, values in zip(texts, stamps, strict=True)]
        if leaf.separators:
            odd = {leaf_start + index: separator for index, separator in leaf.separators}
            ends = [odd.get(position, framing.separator) for position in range(start, stop)]
            if not all(map(framing.may_separate, odd.values())):
                raise DamagedError("what is stored between two records cannot separate them", hint=_FSCK)
            data = b"".join([part for pair in zip(texts, ends, strict=True) for part in pair][:-1])
            end, line_breaks = ends[-1], sum(end.count(b"\n") for end in ends[:-1])
        else:
            data, end, line_breaks = framing.separator.join(texts), framing.separator, len(texts) - 1
        # A look at each record would cost more than all the rest.
        if framing.layout == "jsonl" and data.count(b"\n") != line_breaks:
            raise DamagedError(
                "a stored record is on several lines, and its file has one for each", hint=_FSCK
            )
        data += framing.tail if stop == count else end
        return Chunk(framing.head + data if start == 0 else data, stop - start, ids[:R])


class RangeRecorder:
    """Collects the ranges of a file while its chunks are written."""

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._sizes: list[int] = []
        self._hashes: list[bytes] = []
        self._firsts: list[bytes] = []

    def add(self, chunk: Chunk) -> None:
        """Note the next chunk of the file."""
        if chunk.entries:
            self._counts.append(chunk.entries)
            self._sizes.append(len(chunk.data))
            self._hashes.append(blake3(chunk.data).digest())
            self._firsts.append(chunk.first)

    def extend(self, ranges: Ranges) -> None:
        """Note the next ranges of the file, which are known."""
        self._counts += ranges.counts
        self._sizes += ranges.sizes
        self._hashes.append(ranges.hashes)
        self._firsts.append(ranges.firsts)

    def finish(self, layout: str) -> Ranges:
        """Return the ranges. An array is scanned as a whole, so parts of it are of no use."""
        if layout != "jsonl":
            return Ranges()
        return Ranges(self._counts, self._sizes, b"".join(self._hashes), b"".join(self._firsts))


def blob_chunks(reader: ObjectReader, blobs: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield the raw bytes of a file that was saved although it was no valid dataset."""
    for blob in blobs:
        yield reader.read(Kind.BLOB, blob)


def _runs(reader: ObjectReader, dataset: Dataset) -> Sequence[Run]:
    if dataset.stamps is None:
        return ()
    runs = decode(reader.read(Kind.STAMPS, dataset.stamps), Stamps).runs
    if runs and sum(count for count, _ in runs) != dataset.count:
        raise DamagedError("the stamps of a dataset are not as many as its entries")
    return runs
