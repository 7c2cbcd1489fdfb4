"""A pack that comes from a server: looked through while it is written to a file, then read object by object."""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from array import array
from contextlib import suppress
from typing import Final

from rtstore.errors import RemoteError, StorageError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.objects import object_id
from rtstore.remote.git.packentry import damaged, most_compressed, read_head
from rtstore.remote.git.packread import MissingBaseError, PackReader, checked, missing, too_large
from rtstore.remote.git.repository import GitObjects, Progress
from rtstore.storage.files import Files, open_ordinary, refused, temporary_beside

_HEADER_SIZE: Final = 12
_CHECKSUM_SIZE: Final = 20
#: Bytes between looks at the free space of the disk, and those that one step decompresses at most.
_LOOK: Final = 16 << 20
_STEP: Final = 1 << 20
#: Times that all differences are gone through which wait for another one; servers send them in order.
_ROUNDS: Final = 16


class Receiver:
    """Takes a pack in pieces of any size. Nothing of an object is kept in memory, however large it is.

    Close it: the file goes.
    """

    def __init__(self, files: Files, directory: str, bounds: Bounds, progress: Progress) -> None:
        self._files = files
        self._bounds = bounds
        self._progress = progress
        self._path = temporary_beside(os.path.join(directory, "fetched"))
        self._file = files.create(self._path, 0o600)
        self._received = 0
        self._until_look = 0
        self._checksum = hashlib.sha1(usedforsecurity=False)
        self._trailer = b""
        self._rest = b""
        self._place = 0
        self._waiting = -1  # objects to come; -1: the pack's own head is to come
        self._object: _Incoming | None = None
        self._places: dict[bytes, int] = {}
        self._differences = array("Q")

    @property
    def received(self) -> int:
        """Bytes so far."""
        return self._received

    def write(self, data: bytes) -> int:
        """Take the next piece; return its size.

        Raises:
            TamperError: this is no pack, or holds what is refused.
            RemoteError: the disk would be full.
            StorageError: the operating system refused to write.
        """
        if not data:
            return 0
        self._until_look -= len(data)
        if self._until_look < 0:
            self._look_at_disk()
        self._file.write(data)
        self._received += len(data)
        buffer = self._rest + data
        end = self._take(memoryview(buffer))
        self._checksum.update(memoryview(buffer)[:end])
        self._place += end
        self._rest = buffer[end:]
        if self._is_whole():
            self._trailer += self._rest
            self._rest = b""
            if len(self._trailer) > _CHECKSUM_SIZE:
                raise damaged("something follows the last object")
        self._progress(self._received, None)
        return len(data)

    def finish(self) -> Received:
        """Return the objects.

        Raises:
            TamperError: something is missing or damaged.
        """
        if not self._is_whole() or len(self._trailer) != _CHECKSUM_SIZE:
            raise damaged("the transfer is cut off")
        if self._checksum.digest() != self._trailer:
            raise damaged("the checksum of the transfer is wrong")
        self._file.close()
        try:
            file = os.fdopen(open_ordinary(self._path), "rb", buffering=0)
        except OSError as error:
            raise refused(error, "read", self._path) from error
        reader = PackReader(file, self._places.get, self._bounds)
        objects = Received(reader, self._places, self._path)
        try:
            self._resolve(reader)
        except BaseException:
            objects.close()
            raise
        return objects

    def close(self) -> None:
        """Remove the file."""
        # The error that led here is the one to tell; whoever owns the directory removes what is left in it.
        with suppress(StorageError):
            self._file.close()
        with suppress(StorageError):
            self._files.remove(self._path, missing_ok=True)

    def _is_whole(self) -> bool:
        return not self._waiting and self._object is None

    def _look_at_disk(self) -> None:
        self._until_look = _LOOK
        try:
            free = shutil.disk_usage(os.path.dirname(self._path)).free
        except OSError as error:
            raise refused(error, "look into", os.path.dirname(self._path)) from error
        if free < self._bounds.reserve + _LOOK:
            raise RemoteError(
                f"the transfer was given up at {self._received:,} bytes, before it fills the disk",
                hint="Free some space, then run the command again.",
            )

    def _take(self, data: memoryview) -> int:
        """Look through the next bytes; return how many were understood."""
        at = 0
        while at < len(data) and not self._is_whole():
            if self._object is not None:
                at += self._object.take(data[at:])
                if self._object.done:
                    self._note(self._object)
                    self._object = None
            elif self._waiting < 0:
                if len(data) < _HEADER_SIZE:
                    break
                self._begin(bytes(data[:_HEADER_SIZE]))
                at = _HEADER_SIZE
            else:
                place = self._place + at
                head = read_head(data, at, place)
                if head is None:
                    break
                if head.size > self._bounds.object:
                    raise too_large(head.size, self._bounds.object)
                self._object = _Incoming(place, head.kind, head.size)
                if isinstance(head.base, int) and head.base < _HEADER_SIZE:
                    raise damaged("an object is made from one outside of the pack")
                self._waiting -= 1
                at += head.length
        return at

    def _begin(self, head: bytes) -> None:
        count = int.from_bytes(head[8:], "big")
        if head[:4] != b"PACK" or int.from_bytes(head[4:8], "big") not in (2, 3):
            raise damaged("what was sent is no git pack")
        if count > self._bounds.objects:
            raise damaged(f"{count:,} objects, where at most {self._bounds.objects:,} can be")
        self._waiting = count

    def _note(self, one: _Incoming) -> None:
        if one.digest is None:
            self._differences.append(one.place)
        else:
            self._places.setdefault(one.digest, one.place)

    def _resolve(self, reader: PackReader) -> None:
        """Find out the ids of the objects that came as differences."""
        waiting = self._differences
        for _ in range(_ROUNDS):
            again = array("Q")
            for place in waiting:
                try:
                    kind, data = reader.content(place, self._bounds.rebuilt)
                except MissingBaseError:
                    again.append(place)
                else:
                    self._places.setdefault(bytes.fromhex(object_id(kind, data)), place)
            if not again:
                return
            waiting = again
        raise damaged("objects are made from others that are not there")


class Received(GitObjects):
    """The objects of a received pack."""

    def __init__(self, reader: PackReader, places: dict[bytes, int], path: str) -> None:
        self._reader = reader
        self._places = places
        self._path = path

    def read(self, kind: str, id: str, limit: int) -> bytes:
        """Return an object's content; see ``GitObjects``."""
        place = self._places.get(bytes.fromhex(id))
        if place is None:
            raise missing(id)
        try:
            found, data = self._reader.content(place, limit)
        except OSError as error:
            raise refused(error, "read", self._path) from error
        return checked(kind, id, found, data)

    def contains(self, id: str) -> bool:
        """Tell whether the object came."""
        return bytes.fromhex(id) in self._places

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


class _Incoming:
    """An object of which more bytes come: decompressed only to find its end and its id."""

    def __init__(self, place: int, kind: str | None, size: int) -> None:
        self.place = place
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
