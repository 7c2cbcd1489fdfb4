"""What transfers that were cut off left behind: files that came whole need not be sent again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from rtstore.errors import TamperError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.packread import PackReader, checked, missing
from rtstore.remote.git.packscan import PackScan
from rtstore.remote.git.repository import GitObjects
from rtstore.storage.files import open_ordinary, refused

#: Read at a time.
_PIECE: Final = 1 << 20
#: Files that a server is told of, the largest ones: a request has half a MB then, which servers take.
_MOST: Final = 10_000


class Left(GitObjects):
    """The files that came whole in packs which were cut off, in ``directories``. Close it.

    Only files: a commit or a tree that came says nothing about whether what is below it did.
    """

    def __init__(self, directories: Sequence[str], bounds: Bounds) -> None:
        self._bounds = bounds
        self._packs: list[tuple[PackReader, PackScan]] = []
        try:
            for directory in directories:
                for name in sorted(os.listdir(directory)):
                    self._look_through(os.path.join(directory, name))
        except OSError as error:
            self.close()
            raise refused(error, "read", directory) from error
        except BaseException:
            self.close()
            raise

    def _look_through(self, path: str) -> None:
        if sum(len(scan.places) for _, scan in self._packs) > self._bounds.objects:
            return  # a server that cuts off one transfer after the other shall not fill the memory
        scan = PackScan(self._bounds)
        file = os.fdopen(open_ordinary(path), "rb", buffering=0)
        self._packs.append((PackReader(file, scan.places.get, self._bounds), scan))
        rest = b""
        # Up to where it was cut off, or was damaged since: ids are computed from what is there.
        with suppress(TamperError):
            while data := file.read(_PIECE):
                data = rest + data
                rest = data[scan.take(memoryview(data)) :]
                if scan.is_whole:
                    return

    def known(self) -> list[str]:
        """Return the ids of the files that a server need not send."""
        sizes = {id: size for _, scan in self._packs for id, size in scan.blobs.items()}
        return [id.hex() for id in sorted(sizes, key=sizes.__getitem__, reverse=True)[:_MOST]]

    def read(self, kind: str, id: str, limit: int) -> bytes:
        """Return a file's content; see ``GitObjects``."""
        raw = bytes.fromhex(id)
        for reader, scan in self._packs:
            if raw in scan.blobs:
                try:
                    return checked(kind, id, *reader.content(scan.places[raw], limit))
                except OSError as error:
                    raise refused(error, "read", id) from error
        raise missing(id)

    def contains(self, id: str) -> bool:
        """Tell whether the file came."""
        raw = bytes.fromhex(id)
        return any(raw in scan.blobs for _, scan in self._packs)

    def close(self) -> None:
        """Close the packs."""
        for reader, _ in self._packs:
            reader.close()


class Together(GitObjects):
    """The objects of a transfer, and those that earlier ones left."""

    def __init__(self, received: GitObjects, left: GitObjects, keep: Callable[[], None]) -> None:
        self._received = received
        self._left = left
        self._keep = keep

    def read(self, kind: str, id: str, limit: int) -> bytes:
        """Return an object's content; see ``GitObjects``."""
        came = self._received.contains(id) or not self._left.contains(id)
        return (self._received if came else self._left).read(kind, id, limit)

    def contains(self, id: str) -> bool:
        """Tell whether the object is in one of them."""
        return self._received.contains(id) or self._left.contains(id)

    def keep(self) -> None:
        """Let what was received stay; see ``GitObjects``."""
        self._keep()
