"""Writing objects: everything one command adds becomes one pack, which appears whole or not at all."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from zstandard import ZstdCompressor

from rtstore.model.ids import Kind, object_id
from rtstore.storage import delta
from rtstore.storage.compressor import BackgroundCompressor, Buffer
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Encoding
from rtstore.storage.packwriter import PackWriter

#: Plain size of a block: large enough to compress well, small enough to read one entry in 0.2 ms.
BLOCK: Final = 192 << 10
#: From this much on, compression goes to a second thread, at ``BULK_LEVEL``; ``gc`` compresses better later.
BULK: Final = 2 << 20
BULK_LEVEL: Final = 1
SMALL_LEVEL: Final = 6
#: A block that compression leaves larger than this part of it is stored as it is.
WORTH_IT: Final = 0.9


class Transaction:
    """Objects that are about to be stored; readable at once, on the disk after ``finish``.

    Records may come in runs (``add_run``), which are compressed as they come and cannot be read back before
    ``finish``. Everything else waits in memory. Nothing is written to the disk before the first block is full.
    """

    def __init__(self, files: Files, store: ObjectStore) -> None:
        self._files = files
        self._store = store
        self._pending: dict[Kind, dict[bytes, bytes]] = {}
        self._bases: dict[bytes, bytes] = {}
        self._seen: set[bytes] = set()
        self._unremembered = False
        self._grown = 0
        self._runs: list[Buffer] = []
        self._runs_size = 0
        self._announced: list[tuple[Sequence[bytes], Sequence[int], int]] = []
        self._writer: PackWriter | None = None
        self._compressor: BackgroundCompressor | None = None

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return an object's content: one added here, or one already stored."""
        data = self._pending.get(kind, {}).get(id)
        return data if data is not None else self._store.read(kind, id)

    def add(self, kind: Kind, data: bytes, base: bytes | None = None) -> bytes:
        """Add an object unless it is stored already; return its id.

        ``base`` is the id of an older page of the same kind, against which this one can be stored.
        """
        id = object_id(kind, data)
        pending = self._pending.setdefault(kind, {})
        if id not in pending and not self.contains(kind, id):
            pending[id] = data
            if base is not None:
                self._bases[id] = base
        return id

    def contains(self, kind: Kind, id: bytes) -> bool:
        """Tell whether the object is stored or about to be."""
        return id in self._seen or id in self._pending.get(kind, ()) or self._store.contains(kind, id)

    def begin_file(self) -> None:
        """Say that the next runs come from another file, or once more from the same one.

        Runs that were added as ``distinct`` get a pack of their own now, so that they are found in it.
        """
        if self._unremembered:
            self._finish_runs()
            self._unremembered = False
            self._grown += self._finish_pack()

    def add_run(
        self,
        records: Sequence[bytes],
        ids: Sequence[bytes],
        text: bytes | memoryview | None = None,
        distinct: bool = False,
    ) -> None:
        """Add records in bulk, some of which may be known.

        ``text``, if given, begins with all of them, each followed by a newline: then nothing is copied when all are
        new. ``distinct``: no two of this file's records so far are the same, so they need not be remembered (a set
        of a million ids takes 110 MB).
        """
        if distinct and not self._seen and not self._store.packs():
            self._unremembered = True
            fresh = None
        else:
            self.begin_file()
            fresh = self._fresh(ids)
        if fresh is not None:
            records, ids, text = [records[i] for i in fresh], [ids[i] for i in fresh], None
        if not records:
            return
        if text is None:
            text = b"\n".join(records) + b"\n"
        self._cut_into_blocks(memoryview(text), list(map(len, records)), ids)
        if self._runs_size >= BULK:
            self._flush_runs()

    def add_block(self, ids: Sequence[bytes], starts: Sequence[int], plain: int, stored: bytes) -> None:
        """Add records that are compressed already, as a block of a pack: ``stored`` is its zstd frame.

        None of them may be stored. ``starts``: where each starts in the ``plain`` bytes of the block.
        """
        self._finish_runs()
        writer = self._open_writer()
        if self._runs:
            self._write_small_runs(writer)
        writer.announce(Kind.RECORD, ids, starts, plain)
        writer.write_block(stored)

    def finish(self) -> int:
        """Write everything to the disk; return the bytes the store grew by. Nothing new: nothing is written."""
        try:
            return self._finish()
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Give everything up."""
        compressor, self._compressor = self._compressor, None
        if compressor is not None:
            compressor.abandon()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.abandon()

    def _fresh(self, ids: Sequence[bytes]) -> list[int] | None:
        """Return the indexes of the records that are new, None for all; remember them as seen."""
        if not self._store.packs() and not self._pending.get(Kind.RECORD):
            new = set(ids)
            if len(new) == len(ids) and self._seen.isdisjoint(new):
                self._seen |= new
                return None
        fresh = []
        for index, id in enumerate(ids):
            if not self.contains(Kind.RECORD, id):
                self._seen.add(id)
                fresh.append(index)
        return fresh

    def _cut_into_blocks(self, text: memoryview, lengths: list[int], ids: Sequence[bytes]) -> None:
        ends = list(accumulate(map((1).__add__, lengths)))
        first = base = 0
        while first < len(ends):
            last = min(bisect_left(ends, base + BLOCK, first), len(ends) - 1)
            end = ends[last]
            starts = [0, *(stop - base for stop in ends[first:last])]
            self._announced.append((ids[first : last + 1], starts, end - base))
            self._runs.append(text[base:end])
            self._runs_size += end - base
            first, base = last + 1, end

    def _flush_runs(self) -> None:
        writer = self._open_writer()
        if self._compressor is None:
            self._compressor = BackgroundCompressor(writer, BULK_LEVEL)
        self._announce_runs(writer)
        self._compressor.submit(self._take_runs())

    def _announce_runs(self, writer: PackWriter) -> None:
        for ids, starts, plain in self._announced:
            writer.announce(Kind.RECORD, ids, starts, plain)
        self._announced = []

    def _take_runs(self) -> list[Buffer]:
        runs, self._runs, self._runs_size = self._runs, [], 0
        return runs

    def _open_writer(self) -> PackWriter:
        if self._writer is None:
            self._writer = PackWriter(self._files, self._store.directory)
        return self._writer

    def _finish(self) -> int:
        self._finish_runs()
        if self._writer is None and not self._runs and not any(self._pending.values()):
            # What is there already may be so by a command that was killed before it made the pack's name durable.
            self._files.sync_directory(self._store.directory)
            return self._grown
        writer = self._open_writer()
        self._write_small_runs(writer)
        pages: dict[bytes, tuple[bytes, int]] = {}
        for kind, objects in sorted(self._pending.items()):
            depths = self._write_objects(writer, kind, objects)
            if kind in (Kind.LEAF, Kind.INNER):
                pages.update((id, (data, depths.get(id, 0))) for id, data in objects.items())
        self._pending, self._bases, self._seen = {}, {}, set()
        grown = self._grown + self._finish_pack()
        self._store.keep_pages(pages)
        return grown

    def _finish_runs(self) -> None:
        """Wait for the compression of what has been handed to it, and hand it the rest."""
        if self._compressor is not None:
            if self._runs:
                self._flush_runs()
            self._compressor.finish()
            self._compressor = None

    def _finish_pack(self) -> int:
        """Finish the pack that was begun; return its size."""
        writer = self._open_writer()
        self._write_small_runs(writer)
        self._store.note_own(writer.finish())
        self._writer = None
        self._store.reload()
        return writer.bytes_written

    def _write_small_runs(self, writer: PackWriter) -> None:
        compressor = ZstdCompressor(level=SMALL_LEVEL)
        self._announce_runs(writer)
        for block in self._take_runs():
            writer.write_block(compressor.compress(block))

    def _write_objects(self, writer: PackWriter, kind: Kind, objects: dict[bytes, bytes]) -> dict[bytes, int]:
        """Write objects of one kind; return the number of deltas below each that is stored as one."""
        versions: dict[bytes, bytes] = {}
        depths: dict[bytes, int] = {}
        for id, data in objects.items():
            version = self._as_delta(kind, id, data, objects)
            if version is not None:
                versions[id], depths[id] = version
        whole = {id: data for id, data in objects.items() if id not in versions}
        level = SMALL_LEVEL if sum(map(len, whole.values())) < BULK else BULK_LEVEL
        write_blocks(writer, kind, whole, Encoding.ZSTD, level)
        write_blocks(writer, kind, versions, Encoding.DELTAS)
        return depths

    def _as_delta(
        self, kind: Kind, id: bytes, data: bytes, objects: dict[bytes, bytes]
    ) -> tuple[bytes, int] | None:
        """Return a page's stored form against its base, and its depth; None where storing it whole is better."""
        base_id = self._bases.get(id)
        if base_id is None or base_id in objects or len(data) > delta.MAX_PAGE_BYTES:
            return None
        base, depth = self._store.read_version(kind, base_id)
        if depth == delta.MAX_DEPTH:
            return None
        version = delta.make(data, base_id, base, depth + 1)
        return (version, depth + 1) if len(version) < len(data) // 2 else None


def write_blocks(
    writer: PackWriter, kind: Kind, objects: dict[bytes, bytes], encoding: Encoding, level: int = SMALL_LEVEL
) -> None:
    """Write objects of one kind in blocks of about ``BLOCK`` bytes, those that do not get smaller as they are."""
    compressor = ZstdCompressor(level=level)
    for ids, starts, plain in _batches(objects):
        stored, how = plain, encoding
        if encoding is Encoding.ZSTD:
            stored = compressor.compress(plain)
            if len(stored) > len(plain) * WORTH_IT:  # pages, mostly: they consist of ids
                stored, how = plain, Encoding.PLAIN
        writer.announce(kind, ids, starts, len(plain), how)
        writer.write_block(stored)


def _batches(objects: dict[bytes, bytes]) -> Iterator[tuple[list[bytes], list[int], bytes]]:
    """Yield ids, starts and joined bytes of a block's objects, block by block."""
    ids: list[bytes] = []
    parts: list[bytes] = []
    starts: list[int] = []
    size = 0
    for id, data in objects.items():
        ids.append(id)
        starts.append(size)
        parts.append(data)
        size += len(data) + 1
        if size >= BLOCK:
            yield ids, starts, b"\n".join(parts) + b"\n"
            ids, parts, starts, size = [], [], [], 0
    if ids:
        yield ids, starts, b"\n".join(parts) + b"\n"
