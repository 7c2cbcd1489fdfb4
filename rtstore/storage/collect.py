"""Writing the pack that ``gc`` leaves: what is still needed, compressed well, in a sensible order.

See ``docs/decisions/0003-gc-compression.md`` for the choices. Every object is compared with its id on the
way; blocks of a pack that was written like this before are copied as they are, if all in them is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from zstandard import ZstdCompressionDict, ZstdError, train_dictionary

from rtstore.model.ids import Kind, object_id
from rtstore.storage.compressor import BackgroundCompressor, Buffer
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Block, Encoding, Pack
from rtstore.storage.packwriter import PackWriter
from rtstore.storage.sequential import RecordSource

#: Plain size of a block: reading one entry decompresses one.
GC_BLOCK: Final = 512 << 10
#: Plain bytes handed to the compressor at a time.
BATCH: Final = 8 << 20
THREADS: Final = 2
#: Pages are ids, which do not compress: below this level zstd soon skips over them, and over the long matches
#: between versions of a page.
PAGE_LEVEL: Final = 13
_PAGES: Final = (Kind.LEAF, Kind.INNER)
#: Below this many bytes of records a dictionary costs more than it saves.
DICTIONARY_FROM: Final = 8 << 20
DICTIONARY_SIZE: Final = 112 << 10
#: The dictionary is trained on this many stretches of this many neighbouring records, evenly spread.
STRETCHES: Final = 128
STRETCH: Final = 64

Wanted = dict[Kind, dict[bytes, None]]


class Collector:
    """Writes a pack of the objects in ``wanted``, out of which each is taken when it is written."""

    def __init__(self, files: Files, objects: ObjectStore, wanted: Wanted, level: int) -> None:
        self._objects = objects
        self._wanted = wanted
        self._level = level
        self._writer = PackWriter(files, objects.directory)
        self._compressor: BackgroundCompressor | None = None
        self._dictionary: ZstdCompressionDict | None = None

    def copy(self, pack: Pack) -> None:
        """Copy the blocks of which everything is wanted, and the dictionary they may need.

        Not those of pages: a new version of a page needs the others in its block.
        """
        content = pack.dictionary()
        if content is not None:
            self._use_dictionary(content)
        for index in range(pack.block_count):
            block = pack.block(index)
            ids = self._all_wanted(pack, block)
            if ids:
                starts = [start for start, _ in pack.bounds(block)]
                self._writer.announce(block.kind, ids, starts, block.plain, block.encoding)
                self._writer.write_block(pack.stored(block))
                self._take(block.kind, ids)

    def train(self) -> None:
        """Make a dictionary for the records, if there are enough to be worth one."""
        samples = self._samples()
        if not samples:
            return
        try:
            trained = train_dictionary(DICTIONARY_SIZE, samples, k=200, d=8, steps=1)
        except ZstdError:
            return  # records too much alike, or too different: they do without
        self._use_dictionary(trained.as_bytes())

    def add_records(self, ids: Iterable[bytes]) -> None:
        """Write the records of these that are wanted, in this order."""
        if not self._wanted[Kind.RECORD]:
            return
        self._open_compressor(self._level, self._dictionary)
        encoding = Encoding.ZSTD if self._dictionary is None else Encoding.DICTIONARY
        with RecordSource(self._objects) as source:
            read = ((id, source.records(id)[0]) for id in self._each_once(Kind.RECORD, ids))
            self._write(Kind.RECORD, read, encoding)

    def add(self, kind: Kind, ids: Iterable[bytes]) -> None:
        """Write the objects of one kind, no records, that are wanted, in this order."""
        if not self._wanted[kind]:
            return
        self._open_compressor(max(self._level, PAGE_LEVEL) if kind in _PAGES else self._level)
        read = ((id, self._objects.read(kind, id)) for id in self._each_once(kind, ids))
        self._write(kind, read, Encoding.ZSTD)

    def finish(self) -> str:
        """Write whatever is wanted and was not mentioned, and make the pack durable; return its path."""
        self.add_records(list(self._wanted[Kind.RECORD]))
        for kind, ids in self._wanted.items():
            self.add(kind, list(ids))
        self._close_compressor()
        return self._writer.finish()

    def abandon(self) -> None:
        """Give up; nothing is left of the pack."""
        compressor, self._compressor = self._compressor, None
        if compressor is not None:
            compressor.abandon()
        self._writer.abandon()

    def _all_wanted(self, pack: Pack, block: Block) -> list[bytes] | None:
        """Return the ids of a block's objects, if all are wanted and they are no pages."""
        if block.kind in _PAGES or block.first == block.end:
            return None
        plain, wanted = pack.plain(block), self._wanted[block.kind]
        ids = [object_id(block.kind, plain[start:end]) for start, end in pack.bounds(block)]
        unique = dict.fromkeys(ids)
        return ids if len(unique) == len(ids) and unique.keys() <= wanted.keys() else None

    def _take(self, kind: Kind, ids: Iterable[bytes]) -> None:
        wanted = self._wanted[kind]
        for id in ids:
            del wanted[id]

    def _each_once(self, kind: Kind, ids: Iterable[bytes]) -> Iterator[bytes]:
        wanted = self._wanted[kind]
        for id in ids:
            if id in wanted:
                del wanted[id]
                yield id

    def _use_dictionary(self, content: bytes) -> None:
        self._writer.write_dictionary(content)
        self._dictionary = ZstdCompressionDict(content)

    def _samples(self) -> list[Buffer]:
        ids = self._wanted[Kind.RECORD]
        step = max(len(ids) // STRETCHES, STRETCH)
        chosen = (id for number, id in enumerate(ids) if number % step < STRETCH)
        with RecordSource(self._objects) as source:
            samples: list[Buffer] = [source.records(id)[0] for id in chosen]
        mean = sum(map(len, samples)) / max(len(samples), 1)
        return samples if mean * len(ids) >= DICTIONARY_FROM else []

    def _open_compressor(self, level: int, dictionary: ZstdCompressionDict | None = None) -> None:
        self._close_compressor()
        self._compressor = BackgroundCompressor(self._writer, level, THREADS, dictionary)

    def _close_compressor(self) -> None:
        compressor, self._compressor = self._compressor, None
        if compressor is not None:
            compressor.finish()

    def _write(self, kind: Kind, objects: Iterator[tuple[bytes, bytes]], encoding: Encoding) -> None:
        assert self._compressor is not None
        blocks: list[Buffer] = []
        size = 0
        while block := _next_block(objects):
            *starts, plain = accumulate((len(data) + 1 for _, data in block), initial=0)
            self._writer.announce(kind, [id for id, _ in block], starts, plain, encoding)
            blocks.append(b"\n".join([data for _, data in block]) + b"\n")
            size += plain
            if size >= BATCH:
                self._compressor.submit(blocks)
                blocks, size = [], 0
        if blocks:
            self._compressor.submit(blocks)


def _next_block(objects: Iterator[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    block: list[tuple[bytes, bytes]] = []
    size = 0
    for item in objects:
        block.append(item)
        size += len(item[1]) + 1
        if size >= GC_BLOCK:
            break
    return block
