"""Writing the files of a dataset: exact bytes out of the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from blake3 import blake3

from rtstore.errors import DamagedError
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Dataset, LeafPage, Saved, Stamps, decode
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.ranges import Ranges
from rtstore.workspace.stamps import slice_runs


class Chunk(NamedTuple):
    """Consecutive bytes of a file: those of ``count`` entries, of which ``first`` is the first record's id."""

    data: bytes
    count: int
    first: bytes


def file_chunks(reader: ObjectReader, records: RecordSource, dataset: Dataset) -> Iterator[Chunk]:
    """Yield the bytes of a dataset's file, a leaf at a time."""
    framing = dataset.framing
    if not dataset.count:
        yield Chunk(framing.head + framing.tail, 0, b"")
        return
    tree = Tree(reader, Root(dataset.root, dataset.height, dataset.count))
    volatile = Volatile(dataset.settings.volatile)
    runs = decode(reader.read(Kind.STAMPS, dataset.stamps), Stamps).runs if dataset.stamps else ()
    if runs and sum(count for count, _ in runs) != dataset.count:
        raise DamagedError("the stamps of a dataset are not as many as its entries")
    for ref in tree.leaves():
        leaf = tree.leaf(ref)
        texts = records.records(leaf.records)
        if runs:
            stamps = (values for count, values in slice_runs(runs, ref.start, ref.stop) for _ in range(count))
            texts = [volatile.fill(text, values) for text, values in zip(texts, stamps, strict=True)]
        data = _join(texts, leaf, framing.separator, ref.stop == dataset.count)
        if ref.start == 0:
            data = framing.head + data
        if ref.stop == dataset.count:
            data += framing.tail
        yield Chunk(data, ref.count, leaf.records[:OBJECT_ID_SIZE])


def _join(texts: list[bytes], leaf: LeafPage, separator: bytes, at_end: bool) -> bytes:
    """Join the records of a leaf; each is followed by its separator, but for the last of the file."""
    if not leaf.separators:
        return separator.join(texts) + (b"" if at_end else separator)
    odd = dict(leaf.separators)
    parts = []
    for index, text in enumerate(texts):
        parts.append(text)
        if not (at_end and index + 1 == len(texts)):
            parts.append(odd.get(index, separator))
    return b"".join(parts)


class RangeRecorder:
    """Collects the ranges of a file while its chunks are written."""

    def __init__(self) -> None:
        self.ranges = Ranges()

    def add(self, chunk: Chunk) -> None:
        if chunk.count:
            self.ranges.counts.append(chunk.count)
            self.ranges.sizes.append(len(chunk.data))
            self.ranges.hashes += blake3(chunk.data).digest()
            self.ranges.firsts += chunk.first

    def finish(self, layout: str) -> Ranges:
        """Return the ranges. An array is scanned as a whole, so its leaves are of no use."""
        return self.ranges if layout == "jsonl" else Ranges()


def blob_chunks(reader: ObjectReader, blobs: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield the raw bytes of a file that was saved although it was no valid dataset."""
    for blob in blobs:
        yield reader.read(Kind.BLOB, blob)


def is_absent(saved: Saved) -> bool:
    """Tell whether there was no file."""
    return saved == Saved()
