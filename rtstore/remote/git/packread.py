"""Reading objects at their places in a pack file, also those that git stores as differences."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from io import FileIO
from typing import Final

from rtstore.errors import TamperError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.objects import object_id
from rtstore.remote.git.packentry import HEAD_SIZE, Head, damaged, inflate, read_head, rebuild, rebuilt_size

#: Objects on the way from a whole one to the one that is wanted; git makes at most 4,095.
_LONGEST: Final = 4095
#: Bytes of rebuilt objects that are kept, since the next one is mostly made from one of them.
_KEPT: Final = 16 << 20


class MissingBaseError(TamperError):
    """An object is made from one that is not in the pack, or not found in it yet."""


class PackReader:
    """Reads objects of one pack file. ``find`` gives the place of an object in it by its 20 byte id.

    The file is closed with ``close``.
    """

    def __init__(self, file: FileIO, find: Callable[[bytes], int | None], bounds: Bounds) -> None:
        self._file = file
        self._find = find
        self._bounds = bounds
        self._kept: OrderedDict[int, tuple[str, bytes]] = OrderedDict()
        self._kept_size = 0
        #: Bytes that were rebuilt so far.
        self.rebuilt = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def content(self, place: int, limit: int) -> tuple[str, bytes]:
        """Return kind and content of the object at a place.

        Raises:
            TamperError: it is larger than ``limit``, or damaged.
            OSError: the operating system refused.
        """
        head = self._head(place)
        if head.kind is not None:
            return head.kind, self._whole(place, head, limit)
        if (kept := self._kept.get(place)) is None:
            kept = self._rebuilt(place, head)
        if len(kept[1]) > limit:
            raise too_large(len(kept[1]), limit)
        return kept

    def _rebuilt(self, place: int, head: Head) -> tuple[str, bytes]:
        steps: list[tuple[int, Head]] = []
        base: tuple[str, bytes] | None = None
        while base is None:
            if head.kind is not None:
                base = head.kind, self._whole(place, head, self._bounds.rebuilt)
                break
            steps.append((place, head))
            if len(steps) > _LONGEST:
                raise damaged("an object is made from itself, or from too many others")
            place = self._base(head)
            base = self._kept.get(place)
            if base is None:
                head = self._head(place)
        kind, data = base
        for at, one in reversed(steps):
            data = self._apply(data, at, one)
            self._keep(at, kind, data)
        return kind, data

    def _apply(self, base: bytes, place: int, head: Head) -> bytes:
        steps = self._whole(place, head, self._bounds.rebuilt)
        size = rebuilt_size(steps)
        if size > self._bounds.rebuilt:
            raise too_large(size, self._bounds.rebuilt)
        self.rebuilt += size
        if self.rebuilt > self._bounds.rebuilt_in_all:
            raise damaged("its differences come to more than any backup needs")
        return rebuild(base, steps)

    def _base(self, head: Head) -> int:
        if isinstance(head.base, int):
            return head.base
        place = self._find(head.base or b"")
        if place is None:
            raise MissingBaseError(damaged("an object is made from one that is not there").message)
        return place

    def _head(self, place: int) -> Head:
        head = read_head(self._read(place, HEAD_SIZE), 0, place)
        if head is None:
            raise damaged("an object has no end")
        return head

    def _whole(self, place: int, head: Head, limit: int) -> bytes:
        if head.size > limit:
            raise too_large(head.size, limit)
        return inflate(self._read, place + head.length, head.size)

    def _read(self, place: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, place)
        self._file.seek(place)
        return self._file.read(size)

    def _keep(self, place: int, kind: str, data: bytes) -> None:
        self._kept[place] = kind, data
        self._kept_size += len(data)
        while self._kept_size > _KEPT:
            _, (_, gone) = self._kept.popitem(last=False)
            self._kept_size -= len(gone)


def too_large(size: int, limit: int) -> TamperError:
    """Return what to raise for an object larger than allowed."""
    return damaged(f"an object of {size:,} bytes, where at most {limit:,} can be")


def missing(id: str) -> TamperError:
    """Return what to raise for an object that is not there."""
    return damaged(f"object {id} is missing")


def checked(kind: str, id: str, found: str, data: bytes) -> bytes:
    """Return the content of an object if it is of the kind and has the id.

    Raises:
        TamperError: it is not, or has not.
    """
    if found != kind:
        raise damaged(f"object {id} is a {found} instead of a {kind}")
    if object_id(kind, data) != id:
        raise damaged(f"object {id} has other content than its id says")
    return data
