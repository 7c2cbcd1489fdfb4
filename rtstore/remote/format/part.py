"""Parts: objects on their way, as zstd frames that the ``zstd`` tool puts out as one stream.

A part is ``index, (table, bytes) ..., padding``, all of them zstd frames. Decompressed it is a run of groups: a
number of objects; their kinds, sizes and ids; their bytes, each with a newline behind. The index is in a frame that
decoders skip and says how long each frame is, stored and decompressed: so nothing is decompressed that could be larger
than it claims, and the bytes of a group can be stored as they came.

All numbers are big-endian. The exact layout is in ``docs/format.md``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import accumulate
from typing import Final, NamedTuple

from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError, frame_content_size

from rtstore.errors import TamperError
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.remote.format.padding import SKIPPABLE, pad, skippable, skippable_content
from rtstore.storage.pack import MAX_PLAIN, MAX_STORED

#: A part is full from this size on: many small files are kind to git servers, which recompress pushes of few.
FULL: Final = 320 << 10
#: Plain bytes of small objects that are compressed together.
GROUP: Final = 192 << 10
#: The largest part that is looked at: the largest object, and what is around it.
MAX_PART: Final = MAX_STORED + (1 << 20)
#: Frames of a part, at most: none is so small that more of them fit in one that is not full.
MOST_FRAMES: Final = FULL // 8
_LEVEL: Final = 3
_COUNT: Final = struct.Struct(">I")
_FRAME: Final = struct.Struct(">II")


class Sent(IntEnum):
    """What an object in a part is. The kinds of the store keep their numbers; pages do not travel."""

    RECORD = Kind.RECORD
    DATASET = Kind.DATASET
    STAMPS = Kind.STAMPS
    REGISTRY = Kind.REGISTRY
    ANNOTATION = Kind.ANNOTATION
    SNAPSHOT = Kind.SNAPSHOT
    COMMIT = Kind.COMMIT
    BLOB = Kind.BLOB
    ROWS = 32
    """the entries of a dataset: see ``rows``"""
    FILES = 33
    """what follows is for ``restore.py`` alone: see ``sending.recovery``. The datasets of a commit by name"""
    FILE = 34
    """what is around the records of a dataset"""
    TEXT = 35
    """a piece of what a file's description names"""

    @property
    def is_for_recovery(self) -> bool:
        """Whether only somebody without rtstore needs it."""
        return self >= Sent.FILES


_KINDS: Final = frozenset(map(int, Sent))


class Group(NamedTuple):
    """Objects that are compressed together, by column: what each is, its id (32 bytes each), its size.

    ``frame``: their bytes, each with a newline behind, as a zstd frame; ``plain``: the size of that decompressed.
    """

    kinds: bytes
    ids: bytes
    sizes: Sequence[int]
    frame: bytes
    plain: int

    @property
    def is_all_records(self) -> bool:
        """Whether they are all records."""
        return self.kinds.count(Sent.RECORD) == len(self.kinds)

    def starts(self) -> list[int]:
        """Return where each object starts in the plain bytes."""
        return list(accumulate(map((1).__add__, self.sizes[:-1]), initial=0))


class Opened(NamedTuple):
    """A group with its plain bytes."""

    group: Group
    data: bytes

    def contents(self) -> list[bytes]:
        """Return the bytes of each object."""
        data, starts = self.data, self.group.starts()
        return [data[start : start + size] for start, size in zip(starts, self.group.sizes, strict=True)]

    def objects(self) -> Iterator[tuple[Sent, bytes, bytes]]:
        """Yield kind, id and bytes of each object."""
        ids = (
            self.group.ids[at : at + OBJECT_ID_SIZE] for at in range(0, len(self.group.ids), OBJECT_ID_SIZE)
        )
        for kind, id, data in zip(self.group.kinds, ids, self.contents(), strict=True):
            yield Sent(kind), id, data


class PartBuilder:
    """Puts objects into parts; ``take`` gives those that are full."""

    def __init__(self) -> None:
        self._full: list[bytes] = []
        self._frames: list[bytes] = []
        self._sizes: list[tuple[int, int]] = []
        self._stored = 0
        self._waiting: list[tuple[Sent, bytes, bytes]] = []
        self._waiting_size = 0
        self._compressor = ZstdCompressor(level=_LEVEL)

    def add(self, kind: Sent, id: bytes, data: bytes) -> None:
        """Add an object."""
        self._waiting.append((kind, id, data))
        self._waiting_size += len(data) + 1
        if self._waiting_size >= GROUP:
            self._close_group()

    def add_group(self, group: Group) -> None:
        """Add objects that are compressed already, behind all that was added before."""
        self._close_group()
        self._add_frames(group)

    def take(self, rest: bool = False) -> list[bytes]:
        """Return the parts that are full, and with ``rest`` what there is besides as the last one."""
        if rest:
            self._close_group()
            self._close_part()
        full, self._full = self._full, []
        return full

    def _close_group(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting, self._waiting_size = self._waiting, [], 0
        data = b"\n".join([*(data for _, _, data in waiting), b""])
        kinds, ids = bytes(kind for kind, _, _ in waiting), b"".join(id for _, id, _ in waiting)
        sizes = [len(data) for _, _, data in waiting]
        self._add_frames(Group(kinds, ids, sizes, self._compressor.compress(data), len(data)))

    def _add_frames(self, group: Group) -> None:
        count = len(group.kinds)
        table = b"".join(
            (_COUNT.pack(count), group.kinds, struct.pack(f">{count}I", *group.sizes), group.ids)
        )
        for frame, plain in ((self._compressor.compress(table), len(table)), (group.frame, group.plain)):
            self._frames.append(frame)
            self._sizes.append((len(frame), plain))
            self._stored += len(frame)
        if self._stored >= FULL:
            self._close_part()

    def _close_part(self) -> None:
        if self._frames:
            index = b"".join(_FRAME.pack(*sizes) for sizes in self._sizes)
            self._full.append(pad(b"".join((skippable(index), *self._frames))))
            self._frames, self._sizes, self._stored = [], [], 0


def open_part(part: bytes) -> list[Opened]:
    """Return the groups of a part, decompressed.

    Raises:
        TamperError: it is no part.
    """
    index = skippable_content(part)
    if index is None or len(index) % (2 * _FRAME.size):
        raise _broken("it has no index")
    if len(index) > MOST_FRAMES * _FRAME.size:
        raise _broken("it has more frames than a full part can have")
    sizes = list(_FRAME.iter_unpack(index))
    plains = [plain for _, plain in sizes]
    if max(plains, default=0) > MAX_PLAIN or sum(plains) > MAX_PLAIN + (MAX_PLAIN >> 3):
        raise _broken("it would be too large decompressed")
    start = SKIPPABLE.size + len(index)
    frames = []
    for stored, _ in sizes:
        frames.append(part[start : start + stored])
        start += stored
    if start > len(part):
        raise _broken("it ends too early")
    groups = []
    for at in range(0, len(sizes), 2):
        (_, size), (_, plain) = sizes[at : at + 2]
        group = _group(decompressed(frames[at], size), frames[at + 1], plain)
        groups.append(Opened(group, decompressed(group.frame, plain)))
    return groups


def _group(table: bytes, frame: bytes, plain: int) -> Group:
    count = _COUNT.unpack_from(table)[0] if len(table) >= _COUNT.size else -1
    if count < 1 or len(table) != _COUNT.size + count * (1 + 4 + OBJECT_ID_SIZE):
        raise _broken("a table has an impossible size")
    kinds_end = _COUNT.size + count
    kinds = table[_COUNT.size : kinds_end]
    if unknown := set(kinds) - _KINDS:
        raise _broken(f"it holds objects of an unknown kind {min(unknown)}; a newer rtstore may know it")
    sizes = struct.unpack_from(f">{count}I", table, kinds_end)
    if sum(sizes) + count != plain:
        raise _broken("a table does not fit what follows it")
    return Group(kinds, table[kinds_end + 4 * count :], sizes, frame, plain)


def decompressed(frame: bytes, size: int) -> bytes:
    """Return the content of a zstd frame that must have this size.

    Raises:
        TamperError: it has not, or is no frame.
    """
    try:
        if frame_content_size(frame) != size:
            raise _broken("a frame has another size than the index says")
        return ZstdDecompressor().decompress(frame, allow_extra_data=False)
    except ZstdError as error:
        raise _broken(f"it cannot be decompressed ({error})") from error


def _broken(what: str) -> TamperError:
    return TamperError(f"a part of the backup is damaged: {what}")
