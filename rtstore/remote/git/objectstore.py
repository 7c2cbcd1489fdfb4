"""The objects of a repository on this machine, read where they lie: in its packs, or each in a file."""

from __future__ import annotations

import os
import zlib
from collections import OrderedDict
from contextlib import suppress
from typing import Final

from rtstore.errors import DamagedError, TamperError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.packentry import damaged
from rtstore.remote.git.packindex import PackIndex
from rtstore.remote.git.packread import PackReader, checked, missing, too_large
from rtstore.remote.git.repository import GitObjects
from rtstore.storage.files import open_ordinary, refused

#: Packs held open at once.
_OPEN: Final = 32
#: Repositories that one may borrow objects from, one through the other.
_BORROWED: Final = 5
#: Bytes in which the head of an object in a file of its own ends; and, compressed, surely so many of them: what zlib
#: says first of how it compressed may be longer than the head.
_LOOSE_HEAD: Final = 64
_COMPRESSED_HEAD: Final = 4096


class ObjectStore(GitObjects):
    """The objects below a directory ``objects``, and below those that it borrows from. Close it."""

    def __init__(self, directory: str, bounds: Bounds) -> None:
        self._directories = list(_with_borrowed(directory, _BORROWED))
        self._bounds = bounds
        self._indexes: dict[str, PackIndex] = {}
        self._readers: OrderedDict[str, PackReader] = OrderedDict()
        self._last = ""
        self._look_for_packs()

    def close(self) -> None:
        """Close all files."""
        for reader in self._readers.values():
            reader.close()
        for index in self._indexes.values():
            index.close()
        self._readers.clear()
        self._indexes.clear()

    def read(self, kind: str, id: str, limit: int) -> bytes:
        """Return an object's content; see ``GitObjects``."""
        try:
            found = self._packed(bytes.fromhex(id), limit) or self._loose(id, limit)
            if found is None:  # packed anew meanwhile
                self._look_for_packs()
                found = self._packed(bytes.fromhex(id), limit)
        except DamagedError as error:
            raise TamperError(error.message, hint=error.hint) from error
        except OSError as error:
            raise refused(error, "read", error.filename or self._directories[0]) from error
        if found is None:
            raise missing(id)
        return checked(kind, id, *found)

    def contains(self, id: str) -> bool:
        """Tell whether the object is there."""
        return self._find(bytes.fromhex(id)) is not None or any(map(os.path.exists, self._files(id)))

    def _packed(self, id: bytes, limit: int) -> tuple[str, bytes] | None:
        while (found := self._find(id)) is not None:
            path, place = found
            try:
                return self._reader(path).content(place, limit)
            except FileNotFoundError:  # gone since it was listed: its objects are in another one
                self._forget(path)
        return None

    def _find(self, id: bytes) -> tuple[str, int] | None:
        """Return pack and place of an object; the pack that had the last one is asked first."""
        last = self._indexes.get(self._last)
        if last is not None and (place := last.find(id)) is not None:
            return self._last, place
        for path, index in self._indexes.items():
            place = index.find(id)
            if place is not None:
                self._last = path
                return path, place
        return None

    def _reader(self, path: str) -> PackReader:
        reader = self._readers.get(path)
        if reader is None:
            file = os.fdopen(open_ordinary(f"{path}.pack"), "rb", buffering=0)
            reader = self._readers[path] = PackReader(file, self._indexes[path].find, self._bounds)
            if len(self._readers) > _OPEN:
                self._readers.popitem(last=False)[1].close()
        self._readers.move_to_end(path)
        return reader

    def _forget(self, path: str) -> None:
        self._indexes.pop(path).close()
        if path in self._readers:
            self._readers.pop(path).close()

    def _look_for_packs(self) -> None:
        for directory in self._directories:
            with suppress(FileNotFoundError):
                for name in sorted(os.listdir(os.path.join(directory, "pack"))):
                    path, extension = os.path.splitext(os.path.join(directory, "pack", name))
                    if extension == ".idx" and path not in self._indexes:
                        with suppress(FileNotFoundError):
                            self._indexes[path] = PackIndex(f"{path}.idx")

    def _loose(self, id: str, limit: int) -> tuple[str, bytes] | None:
        for path in self._files(id):
            with suppress(FileNotFoundError), os.fdopen(open_ordinary(path), "rb") as file:
                unpacker = zlib.decompressobj()
                try:
                    start = unpacker.decompress(file.read(_COMPRESSED_HEAD), _LOOSE_HEAD)
                    head, end, data = start.partition(b"\0")
                    kind, _, digits = head.partition(b" ")
                    if not end or not digits.isdigit() or len(digits) > 15:
                        raise damaged(f"{path} is no object")
                    if int(digits) > limit:
                        raise too_large(int(digits), limit)
                    rest = unpacker.unconsumed_tail + file.read(2 * int(digits) + 4096)
                    data += unpacker.decompress(rest, int(digits) + 1)
                except zlib.error as error:
                    raise damaged(f"{path} cannot be decompressed") from error
                if len(data) != int(digits):
                    raise damaged(f"{path} has another size than it says")
                return kind.decode("ascii", "replace"), data
        return None

    def _files(self, id: str) -> list[str]:
        return [os.path.join(directory, id[:2], id[2:]) for directory in self._directories]


def _with_borrowed(directory: str, depth: int) -> list[str]:
    """Return a directory of objects and those named in its ``info/alternates``."""
    found = [directory]
    try:
        with open(os.path.join(directory, "info", "alternates"), "rb") as file:
            lines = file.read(1 << 16).splitlines()
    except FileNotFoundError:
        return found
    except OSError as error:
        raise refused(error, "read", os.path.join(directory, "info", "alternates")) from error
    for line in lines:
        if depth and line and not line.startswith(b"#"):
            found += _with_borrowed(os.path.join(directory, os.fsdecode(line)), depth - 1)
    return list(dict.fromkeys(found))
