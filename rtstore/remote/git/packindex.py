"""The ``.idx`` file beside a pack: where in the pack an object lies."""

from __future__ import annotations

import mmap
import os
from typing import Final

from rtstore.remote.git.packentry import damaged
from rtstore.storage.files import open_ordinary

_HEAD: Final = b"\xfftOc\x00\x00\x00\x02"
_FANOUT_END: Final = 8 + 1024
_ID_SIZE: Final = 20
#: Of a small index a copy is held, since a mapping takes up a descriptor and a repository may have thousands.
_SMALL: Final = 1 << 20


class PackIndex:
    """An index of version 2, which git has written since 2008."""

    def __init__(self, path: str) -> None:
        """Open it.

        Raises:
            TamperError: it is none.
            OSError: the operating system refused, or it is gone.
        """
        self._path = path
        self._data: bytes | mmap.mmap
        with os.fdopen(open_ordinary(path), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= _SMALL:
                self._data = file.read()
            else:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._count = self._number(_FANOUT_END - 4)
        if self._data[:8] != _HEAD or len(self._data) < _FANOUT_END + self._count * 28 + 2 * _ID_SIZE:
            self.close()
            raise damaged(f"{path} is no index of a pack that can be used (`git repack -ad` makes a new one)")

    def close(self) -> None:
        """Let go of the file."""
        if isinstance(self._data, mmap.mmap):
            self._data.close()

    def find(self, id: bytes) -> int | None:
        """Return the place of an object in the pack.

        Raises:
            TamperError: the index is damaged.
        """
        low = self._number(8 + 4 * (id[0] - 1)) if id[0] else 0
        high = self._number(8 + 4 * id[0])
        if not low <= high <= self._count:
            raise damaged(f"{self._path} is no index of a pack")
        while low < high:
            middle = (low + high) // 2
            at = _FANOUT_END + middle * _ID_SIZE
            here = self._data[at : at + _ID_SIZE]
            if here == id:
                return self._place(middle)
            if here < id:
                low = middle + 1
            else:
                high = middle
        return None

    def _place(self, number: int) -> int:
        places = _FANOUT_END + self._count * (_ID_SIZE + 4)
        place = self._number(places + 4 * number)
        if not place >> 31:
            return place
        at = places + 4 * self._count + 8 * (place & 0x7FFFFFFF)
        if at + 8 > len(self._data) - 2 * _ID_SIZE:
            raise damaged(f"{self._path} is no index of a pack")
        return int.from_bytes(self._data[at : at + 8], "big")

    def _number(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 4], "big")
