"""A git pack looked through in pieces of any size: where its objects are, and what ids they have."""

from __future__ import annotations

import hashlib
import zlib
from array import array
from typing import Final

from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.packentry import damaged, most_compressed, read_head
from rtstore.remote.git.packread import too_large

_HEADER_SIZE: Final = 12
#: Bytes that one step decompresses at most.
_STEP: Final = 1 << 20


class PackScan:
    """Goes through a pack. Nothing of an object is kept in memory, however large it is.

    ``places``: of whole objects, by id. ``differences``: places of those that are made from others. ``blobs``: sizes of
    the files among the whole objects, by id.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.places: dict[bytes, int] = {}
        self.differences = array("Q")
        self.blobs: dict[bytes, int] = {}
        self._bounds = bounds
        self._place = 0
        self._waiting = -1  # objects to come; -1: the pack's own head is to come
        self._object: _Incoming | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the last object has ended; only a checksum follows."""
        return not self._waiting and self._object is None

    def take(self, data: memoryview) -> int:
        """Look through the next bytes; return how many were understood. The others are to be given again, with more.

        Raises:
            TamperError: this is no pack, or holds what is refused.
        """
        at = 0
        while at < len(data) and not self.is_whole:
            used = self._step(data, at)
            if used is None:
                break
            at += used
        self._place += at
        return at

    def _step(self, data: memoryview, at: int) -> int | None:
        """Take what is next; return how many bytes that was, None if they are too few."""
        if self._object is not None:
            used = self._object.take(data[at:])
            if self._object.done:
                self._note(self._object)
                self._object = None
            return used
        if self._waiting < 0:
            if len(data) < _HEADER_SIZE:
                return None
            self._begin(bytes(data[:_HEADER_SIZE]))
            return _HEADER_SIZE
        return self._begin_object(data, at)

    def _begin(self, head: bytes) -> None:
        count = int.from_bytes(head[8:], "big")
        if head[:4] != b"PACK" or int.from_bytes(head[4:8], "big") not in (2, 3):
            raise damaged("what was sent is no git pack")
        if count > self._bounds.objects:
            raise damaged(f"{count:,} objects, where at most {self._bounds.objects:,} can be")
        self._waiting = count

    def _begin_object(self, data: memoryview, at: int) -> int | None:
        place = self._place + at
        head = read_head(data, at, place)
        if head is None:
            return None
        if head.size > self._bounds.object:
            raise too_large(head.size, self._bounds.object)
        self._object = _Incoming(place, head.kind, head.size)
        if isinstance(head.base, int) and head.base < _HEADER_SIZE:
            raise damaged("an object is made from one outside of the pack")
        self._waiting -= 1
        return head.length

    def _note(self, one: _Incoming) -> None:
        if one.digest is None:
            self.differences.append(one.place)
            return
        self.places.setdefault(one.digest, one.place)
        if one.kind == "blob":
            self.blobs[one.digest] = one.size


class _Incoming:
    """An object of which more bytes come: decompressed only to find its end and its id."""

    def __init__(self, place: int, kind: str | None, size: int) -> None:
        self.place = place
        self.kind = kind
        self.size = size
        self.done = False
        self.digest: bytes | None = None
        self._left = size
        self._allowed = most_compressed(size)
        self._unpacker = zlib.decompressobj()
        self._hash = None
        if kind is not None:
            self._hash = hashlib.sha1(f"{kind} {size}\0".encode(), usedforsecurity=False)

    def take(self, data: memoryview) -> int:
        """Take what belongs to the object; return how many bytes that is."""
        # A short piece, since what follows the object's end would be copied once for every object.
        piece = data[: min(self._left + self._left // 1000 + 64, _STEP)]
        try:
            plain = self._unpacker.decompress(piece, min(self._left + 1, _STEP))
        except zlib.error as error:
            raise damaged("an object cannot be decompressed") from error
        used = len(piece) - len(self._unpacker.unused_data or self._unpacker.unconsumed_tail)
        self._left -= len(plain)
        self._allowed -= used
        if self._left < 0 or self._allowed < 0:
            raise damaged("an object is larger than it says")
        if self._hash is not None:
            self._hash.update(plain)
        if self._unpacker.eof:
            self._end()
        elif not used and not plain:
            raise damaged("an object cannot be decompressed")
        return used

    def _end(self) -> None:
        if self._left:
            raise damaged("an object is smaller than it says")
        self.done = True
        if self._hash is not None:
            self.digest = self._hash.digest()
