"""Parts: objects on their way, as zstd frames that the ``zstd`` tool puts out as one stream.

A part is ``index, (table, bytes) ..., padding``, all of them zstd frames. Decompressed it is a run of groups: a
number of objects; kind, id and size of each; their bytes, each with a newline behind. The index is in a frame that
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
_LEVEL: Final = 3
_COUNT: Final = struct.Struct(">I")
_ROW: Final = struct.Struct(f">B{OBJECT_ID_SIZE}sI")
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
    ROWS = 32
    """the entries of a dataset: see ``rows``"""


_KINDS: Final = {int(kind): kind for kind in Sent}


class Group(NamedTuple):
    """Objects that are compressed together: (kind, id, size) of each, and their bytes in a zstd frame.

    ``plain``: size of the bytes decompressed, the newline behind each object included.
    """

    objects: list[tuple[Sent, bytes, int]]
    frame: bytes
    plain: int

    def contents(self) -> list[bytes]:
        """Return the bytes of each object.

        Raises:
            TamperError: they are not what the table says.
        """
        data = decompressed(self.frame, self.plain)
        ends = accumulate(size + 1 for _, _, size in self.objects)
        return [data[end - 1 - size : end - 1] for (_, _, size), end in zip(self.objects, ends, strict=True)]


class PartBuilder:
    """Puts objects into parts. ``take`` gives the part that is full, if one is."""

    def __init__(self) -> None:
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

    def take(self, rest: bool = False) -> bytes | None:
        """Return a part when there is enough for one, or with ``rest`` when there is anything; else None."""
        if rest:
            self._close_group()
        if not self._frames or (self._stored < FULL and not rest):
            return None
        index = b"".join(_FRAME.pack(*sizes) for sizes in self._sizes)
        part = pad(b"".join((skippable(index), *self._frames)))
        self._frames, self._sizes, self._stored = [], [], 0
        return part

    def _close_group(self) -> None:
        if not self._waiting:
            return
        data = b"\n".join([*(data for _, _, data in self._waiting), b""])
        objects = [(kind, id, len(data)) for kind, id, data in self._waiting]
        self._waiting, self._waiting_size = [], 0
        self._add_frames(Group(objects, self._compressor.compress(data), len(data)))

    def _add_frames(self, group: Group) -> None:
        table = b"".join((_COUNT.pack(len(group.objects)), *(_ROW.pack(*each) for each in group.objects)))
        for frame, plain in ((self._compressor.compress(table), len(table)), (group.frame, group.plain)):
            self._frames.append(frame)
            self._sizes.append((len(frame), plain))
            self._stored += len(frame)


def read_part(part: bytes) -> Iterator[Group]:
    """Yield the groups of a part; the bytes of each are decompressed when they are asked for.

    Raises:
        TamperError: it is no part.
    """
    index = skippable_content(part)
    if index is None or len(index) % (2 * _FRAME.size):
        raise _broken("it has no index")
    sizes = list(_FRAME.iter_unpack(index))
    if sum(plain for _, plain in sizes) > MAX_PLAIN + (MAX_PLAIN >> 3):
        raise _broken("it would be too large decompressed")
    start = SKIPPABLE.size + len(index)
    frames = []
    for stored, _ in sizes:
        frames.append(part[start : start + stored])
        start += stored
    if start > len(part):
        raise _broken("it ends too early")
    for at in range(0, len(sizes), 2):
        (_, size), (_, plain) = sizes[at : at + 2]
        yield Group(_table(decompressed(frames[at], size), plain), frames[at + 1], plain)


def _table(data: bytes, plain: int) -> list[tuple[Sent, bytes, int]]:
    if len(data) < _COUNT.size or len(data) != _COUNT.size + _COUNT.unpack_from(data)[0] * _ROW.size:
        raise _broken("a table has an impossible size")
    objects = []
    for kind, id, size in _ROW.iter_unpack(data[_COUNT.size :]):
        if kind not in _KINDS:
            raise _broken(f"it holds objects of an unknown kind {kind}; a newer rtstore may know it")
        objects.append((_KINDS[kind], id, size))
    if sum(size + 1 for _, _, size in objects) != plain:
        raise _broken("a table does not fit what follows it")
    return objects


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


def starts_of(objects: Sequence[tuple[Sent, bytes, int]]) -> list[int]:
    """Return where each object of a group starts in its plain bytes."""
    return [0, *accumulate(size + 1 for _, _, size in objects[:-1])] if objects else []


def _broken(what: str) -> TamperError:
    return TamperError(f"a part of the backup is damaged: {what}")
