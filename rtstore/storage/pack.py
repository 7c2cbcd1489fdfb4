"""Packs: immutable files of compressed objects. Reading them.

A pack is ``magic, blocks, index, footer``. A block holds whole objects of one kind, each followed by a
newline, as one zstd frame (or as it is). The index finds an object by the first 8 bytes of its id: a sorted
column for binary search in the mapped file. Only these 8 bytes are stored, because whoever reads an object
hashes it anyway, which confirms or refutes the rest of the id; that keeps the index at 16 bytes an object
instead of 40. The exact layout is in ``docs/format.md``; ``packwriter`` writes it.

All numbers are little-endian; the first 8 bytes of an id count as a big-endian number, so that the order is
that of the ids. Everything read from a pack is checked before it is used: a damaged pack raises
``DamagedError`` and never gives wrong bytes, because the reader above compares every object with its id.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import threading
from array import array
from bisect import bisect_left
from enum import IntEnum
from typing import Final, Literal, NamedTuple

from blake3 import blake3
from zstandard import ZstdCompressionDict, ZstdDecompressor, ZstdError, frame_content_size

from rtstore.errors import DamagedError
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.storage.files import open_ordinary, refused

MAGIC: Final = b"RTPACK\x00\x01"
FOOTER: Final = struct.Struct("<QIIQ32s32s")
"""index offset, objects, blocks, dictionary block + 1 (0: none), BLAKE3 of the index, BLAKE3 of all so far"""
BLOCK: Final = struct.Struct("<QIIIBB2x")
"""file offset, stored size, plain size, number of its first object, kind, encoding"""
PREFIX_SIZE: Final = 8
#: No block may claim to be larger than this once decompressed: room for the largest record twice.
MAX_PLAIN: Final = 128 << 20
#: Nor stored larger than this: what does not compress grows by no more than a few bytes in a thousand.
MAX_STORED: Final = MAX_PLAIN + (MAX_PLAIN >> 7)
#: The largest dictionary; ``gc`` makes smaller ones.
MAX_DICTIONARY: Final = 1 << 20
_DICTIONARY_MAGIC: Final = b"\x37\xa4\x30\xec"
#: So many objects of one pack may have ids that begin alike. By chance no two do; an object may be there twice.
MOST_ALIKE: Final = 16
_PAGES: Final = (Kind.LEAF, Kind.INNER)
#: Bytes of a pack that are read at a time to be compared with its checksum.
_SUMMED: Final = 1 << 18
_PREAD: Final = hasattr(os, "pread")
_PREADV: Final = hasattr(os, "preadv")


class Encoding(IntEnum):
    """How the bytes of a block are stored."""

    PLAIN = 0
    ZSTD = 1
    DICTIONARY = 2
    """zstd with the dictionary in the pack"""
    DELTAS = 3
    """as they are, each object being a delta: see ``storage.delta``"""


class Block(NamedTuple):
    """One entry of a pack's table of blocks. ``end`` is the number after that of its last object."""

    offset: int
    size: int
    plain: int
    first: int
    end: int
    kind: Kind
    encoding: Encoding

    @property
    def is_compressed(self) -> bool:
        """Whether it has to be decompressed to be read."""
        return self.encoding in (Encoding.ZSTD, Encoding.DICTIONARY)


class Pack:
    """A pack file, mapped. Cheap to open: nothing is read before it is asked for."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = os.path.basename(path)
        self._descriptor: int | None = None
        descriptor = open_ordinary(path)
        try:
            self.size = os.fstat(descriptor).st_size
            if self.size < len(MAGIC) + FOOTER.size:
                raise self.damaged("it is too short")
            self._map = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
            self._open_index()
        except BaseException:
            os.close(descriptor)
            raise
        if _PREAD:
            self._descriptor = descriptor
        else:
            os.close(descriptor)
        self._dictionary: ZstdCompressionDict | None = None

    def damaged(self, what: str) -> DamagedError:
        """Return the error for something that is wrong with this pack."""
        return DamagedError(f"pack {self.name} is damaged: {what}", hint="run: rtstore fsck")

    def _open_index(self) -> None:
        if self._map[: len(MAGIC)] != MAGIC:
            raise self.damaged("it does not begin as a pack")
        footer = FOOTER.unpack_from(self._map, self.size - FOOTER.size)
        (
            self.index_offset,
            self.objects,
            self.block_count,
            self.dictionary_block,
            self._index_sum,
            self.checksum,
        ) = footer
        index_size = self.objects * (PREFIX_SIZE + 8) + self.block_count * BLOCK.size
        if self.index_offset % 8 or self.index_offset + index_size + FOOTER.size != self.size:
            raise self.damaged("its index has an impossible size")
        view = memoryview(self._map)[self.index_offset : self.size - FOOTER.size]
        n = self.objects
        self.prefixes = _column(view[: 8 * n], "Q")
        self.numbers = _column(view[8 * n : 12 * n], "I")
        self._starts = _column(view[12 * n : 16 * n], "I")
        self._blocks = view[16 * n :]
        self._firsts = [BLOCK.unpack_from(self._blocks, i * BLOCK.size)[3] for i in range(self.block_count)]

    def close(self) -> None:
        """Unmap the file (needed on Windows before it can be removed)."""
        del self.prefixes, self.numbers, self._starts, self._blocks
        self._map.close()
        self.__del__()

    def __del__(self) -> None:
        # A pack that is gone from the list stays readable for whoever still holds it, and closes with the last.
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def find(self, object_id: bytes) -> list[int]:
        """Return the numbers of the objects whose id may be ``object_id``: none, one, hardly ever more.

        Of a forged index that has no end of them, the first few.
        """
        wanted = int.from_bytes(object_id[:PREFIX_SIZE], "big")
        return self.find_between(wanted, wanted, MOST_ALIKE)

    def find_between(self, low: int, high: int, most: int | None = None) -> list[int]:
        """Return the numbers of the objects whose id begins with 8 bytes from ``low`` to ``high``.

        ``most``: no more than so many.
        """
        row = bisect_left(self.prefixes, low)
        end = self.objects if most is None else min(self.objects, row + most)
        found = []
        while row < end and self.prefixes[row] <= high:
            found.append(self.numbers[row])
            row += 1
        return found

    def block_of(self, number: int) -> int:
        """Return the index of the block that holds object ``number``."""
        if not 0 <= number < self.objects:
            raise self.damaged("its index names an object it does not have")
        low = bisect_left(self._firsts, number + 1) - 1
        if low < 0:
            raise self.damaged("its table of blocks has a gap")
        return low

    def block(self, index: int) -> Block:
        """Return an entry of the table of blocks, checked."""
        offset, size, plain, first, kind, encoding = BLOCK.unpack_from(self._blocks, index * BLOCK.size)
        end = self._firsts[index + 1] if index + 1 < self.block_count else self.objects
        if (
            offset < len(MAGIC)
            or offset + size > self.index_offset
            or plain > MAX_PLAIN
            or size > MAX_STORED
            or not first <= end <= self.objects
            or kind not in _KINDS
            or encoding not in _ENCODINGS
            or (encoding == Encoding.DELTAS and kind not in _PAGES)
        ):
            raise self.damaged(f"its entry for block {index} is impossible")
        return Block(offset, size, plain, first, end, _KINDS[kind], _ENCODINGS[encoding])

    def count_of(self, kind: Kind) -> int:
        """Return how many objects of a kind it has."""
        blocks = map(self.block, range(self.block_count))
        return sum(block.end - block.first for block in blocks if block.kind is kind)

    def stored(self, block: Block) -> bytes:
        """Return the bytes of a block as they are in the file."""
        return self._read(block.offset, block.size)

    def plain(self, block: Block, end: int | None = None) -> bytes:
        """Return the decompressed bytes of a block, or its first ``end`` bytes: what is behind costs nothing then.

        Raises:
            DamagedError: it cannot be decompressed to the size it should have.
        """
        wanted = block.plain if end is None else end
        stored = self.stored(block)
        if block.is_compressed:
            data = self._decompress(block, stored, wanted)
        else:
            data = stored if len(stored) == wanted else stored[:wanted]
        if len(data) != wanted or (not block.is_compressed and block.size != block.plain):
            raise self._wrong_size(block)
        return data

    def part(self, block: Block, start: int, end: int) -> bytes:
        """Return some of the bytes of a block that is not compressed; nothing else of it is read."""
        if block.size != block.plain:
            raise self._wrong_size(block)
        return self._read(block.offset + start, end - start)

    def _decompress(self, block: Block, stored: bytes, wanted: int) -> bytes:
        try:
            decompressor = _of_this_thread() if block.encoding is Encoding.ZSTD else self._with_dictionary()
            # The size in the frame's header is what would be allocated: it must be the one expected.
            if frame_content_size(stored) != block.plain:
                raise self._wrong_size(block)
            if wanted == block.plain:
                return decompressor.decompress(stored, allow_extra_data=False)
            return decompressor.stream_reader(stored).read(wanted)
        except ZstdError as error:
            raise self.damaged(
                f"the block at byte {block.offset} cannot be decompressed ({error})"
            ) from error

    def _wrong_size(self, block: Block) -> DamagedError:
        return self.damaged(f"the block at byte {block.offset} has another size than it should")

    def _read(self, offset: int, size: int) -> bytes:
        # Reading is faster than faulting in pages of the mapping that are looked at once.
        if self._descriptor is None:
            return self._map[offset : offset + size]
        try:
            data = os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise refused(error, "read", self.path) from error
        if len(data) < size:
            raise self.damaged("it has become shorter")
        return data

    def bounds(self, block: Block) -> list[tuple[int, int]]:
        """Return (start, end) of each object of a block in its plain bytes; none for a dictionary.

        Raises:
            DamagedError: they do not lie in it one after the other.
        """
        if block.first == block.end:
            return []
        starts = list(self._starts[block.first : block.end])
        # Each is followed by a newline. If they overlapped, a small block could hold any number of bytes.
        if starts[-1] >= block.plain or not all(map(int.__lt__, starts, starts[1:])):
            raise self.damaged(f"its index is wrong about the objects of the block at byte {block.offset}")
        ends = [start - 1 for start in starts[1:]] + [block.plain - 1]
        return list(zip(starts, ends, strict=True))

    def bounds_of(self, number: int, block: Block) -> tuple[int, int]:
        """Return (start, end) of one object in the plain bytes of its block."""
        start = self._starts[number]
        end = (self._starts[number + 1] if number + 1 < block.end else block.plain) - 1
        if not 0 <= start <= end <= block.plain:
            raise self.damaged(f"its index is wrong about object {number}")
        return start, end

    def column(self) -> array[int]:
        """Return the first 8 bytes of the id of every object, as big-endian numbers, by object number."""
        column = array("Q", bytes(PREFIX_SIZE * self.objects))
        try:
            for prefix, number in zip(self.prefixes, self.numbers, strict=True):
                column[number] = prefix
        except IndexError:
            raise self.damaged("its index names an object it does not have") from None
        return column

    def dictionary(self) -> bytes | None:
        """Return the content of the pack's zstd dictionary, if it has one."""
        if self.dictionary_block > self.block_count:
            raise self.damaged("its footer names a block it does not have")
        if not self.dictionary_block:
            return None
        block = self.block(self.dictionary_block - 1)
        if (block.kind, block.encoding) != (Kind.BLOB, Encoding.PLAIN) or block.plain > MAX_DICTIONARY:
            raise self.damaged("its dictionary is none")
        content = self.plain(block)
        if not content.startswith(_DICTIONARY_MAGIC):
            raise self.damaged("its dictionary is none")
        return content

    def _with_dictionary(self) -> ZstdDecompressor:
        if self._dictionary is None:
            content = self.dictionary()
            if content is None:
                raise self.damaged("a block needs a dictionary that is not there")
            self._dictionary = ZstdCompressionDict(content)
        return ZstdDecompressor(dict_data=self._dictionary)

    def overlaps(self) -> bool:
        """Tell whether blocks share bytes of the file: then there may be no end of what they decompress to."""
        return bool(sum(size for _, size, *_ in BLOCK.iter_unpack(self._blocks)) > self.index_offset)

    def verify(self) -> list[str]:
        """Compare the whole file with its checksums; return what is wrong, in words."""
        problems = []
        if self._sum(self.index_offset, self.size - FOOTER.size) != self._index_sum:
            problems.append(f"pack {self.name}: the index is not what was written")
        if self._sum(0, self.size - 32) != self.checksum:
            problems.append(f"pack {self.name}: its content is not what was written")
        if self.name != f"{self.checksum.hex()}.pack":
            problems.append(f"pack {self.name}: its name does not fit its content")
        if self.overlaps():
            problems.append(f"pack {self.name}: its blocks overlap")
        return problems

    def _sum(self, start: int, end: int) -> bytes:
        """Return the BLAKE3 of a part of the file. Read, not mapped: what is mapped counts as memory of the process."""
        hasher = blake3()
        buffer = memoryview(bytearray(_SUMMED))
        for at in range(start, end, _SUMMED):
            hasher.update(self._read_into(buffer[: min(_SUMMED, end - at)], at))
        return hasher.digest()

    def _read_into(self, buffer: memoryview, offset: int) -> memoryview | bytes:
        """Return bytes of the file, in a buffer that they fill where the system can do that."""
        if self._descriptor is None or not _PREADV:
            return self._read(offset, len(buffer))
        try:
            size = os.preadv(self._descriptor, [buffer], offset)
        except OSError as error:
            raise refused(error, "read", self.path) from error
        if size < len(buffer):
            raise self.damaged("it has become shorter")
        return buffer


def id_prefixes(ids: bytes) -> array[int]:
    """Return the first 8 bytes of each of these ids, 32 bytes each, as a big-endian number."""
    # Without touching them one by one.
    column = array("Q", memoryview(ids).cast("Q")[:: OBJECT_ID_SIZE // PREFIX_SIZE].tolist())
    if sys.byteorder == "little":
        column.byteswap()
    return column


_threads = threading.local()


def _of_this_thread() -> ZstdDecompressor:
    """Return a decompressor: making one costs more than a small block, and two threads must not share one."""
    decompressor: ZstdDecompressor | None = getattr(_threads, "decompressor", None)
    if decompressor is None:
        decompressor = _threads.decompressor = ZstdDecompressor()
    return decompressor


def _column(view: memoryview, code: Literal["Q", "I"]) -> memoryview | array[int]:
    if sys.byteorder == "little":
        return view.cast(code)
    column: array[int] = array(code, bytes(view))
    column.byteswap()
    return column


_KINDS: Final = {int(kind): kind for kind in Kind}
_ENCODINGS: Final = {int(encoding): encoding for encoding in Encoding}
