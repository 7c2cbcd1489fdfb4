"""Merging small packs into one, so that a store of 10,000 commits still opens few files.

Sizes of packs are kept in a geometric progression, as ``git repack --geometric`` does: each at least
``FACTOR`` times the sum of those smaller than it. A byte is then copied about as often as the store has
doubled since it was written. Blocks are copied as they are, except that small ones of one kind become
larger ones, which compress better together than alone.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from zstandard import ZstdCompressor

from rtstore.errors import DamagedError, StorageError
from rtstore.model.ids import Kind
from rtstore.storage.files import WINDOWS, Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Block, Encoding, Pack
from rtstore.storage.packwriter import PackWriter
from rtstore.storage.transaction import BLOCK, SMALL_LEVEL

FACTOR: Final = 2
#: Fewer packs than this are left for the next time, so that most commands merge nothing.
FEWEST: Final = 6
#: Packs from this size on are left to ``gc``: nobody should wait for a copy of them after a commit.
LARGE_PACK: Final = 64 << 20
#: Blocks from this plain size on are copied as they are.
LARGE_BLOCK: Final = 64 << 10


def merge_small_packs(files: Files, objects: ObjectStore) -> None:
    """Merge the smallest packs if their sizes violate the progression. The store's lock must be held.

    Nothing depends on it: where the disk is full or a pack is damaged, all stays as it was. Killed at any
    moment, it leaves at worst objects that are stored twice.
    """
    # A merged pack loses its dictionary; those that have one are large, and belong to ``gc``.
    eligible = [pack for pack in objects.packs() if pack.size < LARGE_PACK and not pack.dictionary_block]
    chosen = choose(eligible)
    if not chosen:
        return
    with suppress(StorageError, DamagedError):
        _merge(files, objects, chosen)


def choose(packs: Iterable[Pack]) -> list[Pack]:
    """Return the packs to merge so that the sizes of all are in the progression, largest first; or none."""
    ordered = sorted(packs, key=lambda pack: (pack.size, pack.name))
    sizes = [pack.size for pack in ordered]
    sums = [0, *accumulate(sizes)]
    # All packs up to the last that is too small for those before it.
    end = max((i + 1 for i, size in enumerate(sizes) if size < FACTOR * sums[i]), default=0)
    return ordered[:end][::-1] if end >= FEWEST else []


def remove_packs(files: Files, objects: ObjectStore, packs: Iterable[Pack]) -> None:
    """Remove packs whose objects are all durably stored elsewhere, or are not needed any more.

    Raises:
        StorageError: the operating system refused, on Windows also because a program reads one of them.
    """
    names = [pack.name for pack in packs]
    if WINDOWS:
        objects.close()  # a mapped file cannot be removed there; elsewhere whoever still reads from it may go on
    for name in names:
        files.remove(os.path.join(objects.directory, name), missing_ok=True)
    objects.reload()


def _merge(files: Files, objects: ObjectStore, packs: Sequence[Pack]) -> None:
    sound = [pack for pack in packs if not pack.verify()]  # a damaged one stays as the evidence it is
    if len(sound) < 2:
        return
    writer = PackWriter(files, objects.directory)
    try:
        for _, parts in groupby(sorted(_parts(sound), key=_Part.order), key=_Part.order):
            _write_parts(writer, parts)
        path = writer.finish()
    except BaseException:
        writer.abandon()
        raise
    new = os.path.basename(path)
    remove_packs(files, objects, [pack for pack in sound if pack.name != new])


class _Part(NamedTuple):
    """A block of one of the packs, with the first 8 bytes of the ids of its objects."""

    pack: Pack
    block: Block
    prefixes: array[int]

    def order(self) -> tuple[Kind, bool]:
        """What is written together: objects of one kind, page versions apart."""
        return self.block.kind, self.block.encoding is Encoding.DELTAS


def _parts(packs: Iterable[Pack]) -> Iterator[_Part]:
    for pack in packs:
        column = pack.column()
        for index in range(pack.block_count):
            block = pack.block(index)
            yield _Part(pack, block, column[block.first : block.end])


def _write_parts(writer: PackWriter, parts: Iterable[_Part]) -> None:
    """Write blocks of one kind: large ones as they are, then the objects of the small ones in new blocks."""
    small = []
    for part in parts:
        if part.block.plain >= LARGE_BLOCK:
            _copy(writer, part)
        else:
            small.append(part)
    if small:
        _write_objects(writer, *small[0].order(), _objects(small))


def _copy(writer: PackWriter, part: _Part) -> None:
    pack, block, prefixes = part
    starts = [start for start, _ in pack.bounds(block)]
    writer.announce_prefixes(block.kind, prefixes, starts, block.plain, block.encoding)
    writer.write_block(pack.stored(block))


def _objects(parts: Iterable[_Part]) -> Iterator[tuple[int, bytes]]:
    """Yield the objects of blocks, each once, with the first 8 bytes of its id."""
    seen = set()
    for pack, block, prefixes in parts:
        plain = pack.plain(block)
        for prefix, (start, end) in zip(prefixes, pack.bounds(block), strict=True):
            stored = plain[start:end]
            if (prefix, stored) not in seen:  # twice after a merge that was killed
                seen.add((prefix, stored))
                yield prefix, stored


def _write_objects(
    writer: PackWriter, kind: Kind, deltas: bool, objects: Iterable[tuple[int, bytes]]
) -> None:
    compressor = ZstdCompressor(level=SMALL_LEVEL)
    encoding = Encoding.DELTAS if deltas else Encoding.ZSTD
    for batch in _batches(objects):
        lengths = (len(stored) + 1 for _, stored in batch)
        *starts, plain_size = accumulate(lengths, initial=0)
        plain = b"\n".join([stored for _, stored in batch]) + b"\n"
        prefixes = array("Q", [prefix for prefix, _ in batch])
        writer.announce_prefixes(kind, prefixes, starts, plain_size, encoding)
        writer.write_block(plain if deltas else compressor.compress(plain))


def _batches(objects: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield the objects in runs of about the size of a block."""
    batch: list[tuple[int, bytes]] = []
    size = 0
    for item in objects:
        batch.append(item)
        size += len(item[1]) + 1
        if size >= BLOCK:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
