"""A pack that comes from a server: looked through while it is written to a file, then read object by object."""

from __future__ import annotations

import hashlib
import os
import shutil
from array import array
from contextlib import suppress
from typing import Final

from rtstore.errors import RemoteError, StorageError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.objects import object_id
from rtstore.remote.git.packentry import damaged
from rtstore.remote.git.packread import MissingBaseError, PackReader, checked, missing
from rtstore.remote.git.packscan import PackScan
from rtstore.remote.git.repository import GitObjects, Progress
from rtstore.storage.files import Files, open_ordinary, refused, temporary_beside

_CHECKSUM_SIZE: Final = 20
#: Bytes between looks at the free space of the disk.
_LOOK: Final = 16 << 20
#: Times that all differences are gone through which wait for another one; servers send them in order.
_ROUNDS: Final = 16


class Receiver:
    """Takes a pack in pieces of any size. Close it: the file goes, unless it was told to ``leave`` it."""

    def __init__(self, files: Files, directory: str, bounds: Bounds, progress: Progress) -> None:
        self._files = files
        self._bounds = bounds
        self._progress = progress
        self._path = temporary_beside(os.path.join(directory, "fetched"))
        self._file = files.create(self._path, 0o600)
        self._stays = False
        self._received = 0
        self._until_look = 0
        self._checksum = hashlib.sha1(usedforsecurity=False)
        self._trailer = b""
        self._rest = b""
        self._scan = PackScan(bounds)

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
        end = self._scan.take(memoryview(buffer))
        self._checksum.update(memoryview(buffer)[:end])
        self._rest = buffer[end:]
        if self._scan.is_whole:
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
        if not self._scan.is_whole or len(self._trailer) != _CHECKSUM_SIZE:
            raise damaged("the transfer is cut off")
        if self._checksum.digest() != self._trailer:
            raise damaged("the checksum of the transfer is wrong")
        self._file.close()
        try:
            file = os.fdopen(open_ordinary(self._path), "rb", buffering=0)
        except OSError as error:
            raise refused(error, "read", self._path) from error
        reader = PackReader(file, self._scan.places.get, self._bounds)
        objects = Received(reader, self._scan.places, self._path)
        try:
            self._resolve(reader)
        except BaseException:
            objects.close()
            raise
        return objects

    def leave(self) -> None:
        """Let the file stay when this is closed, for ``left.Left`` to find what has come, if that is anything."""
        self._stays = bool(self._scan.blobs)

    def close(self) -> None:
        """Remove the file, or leave it."""
        # The error that led here is the one to tell; whoever owns the directory removes what is left in it.
        with suppress(StorageError):
            self._file.close()
        if not self._stays:
            with suppress(StorageError):
                self._files.remove(self._path, missing_ok=True)

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

    def _resolve(self, reader: PackReader) -> None:
        """Find out the ids of the objects that came as differences."""
        waiting = self._scan.differences
        for _ in range(_ROUNDS):
            again = array("Q")
            for place in waiting:
                try:
                    kind, data = reader.content(place, self._bounds.rebuilt)
                except MissingBaseError:
                    again.append(place)
                else:
                    self._scan.places.setdefault(bytes.fromhex(object_id(kind, data)), place)
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
