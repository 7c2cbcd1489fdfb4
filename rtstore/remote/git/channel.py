"""Bytes to and from a git server, with a limit to how long it is waited for and how much it may talk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from rtstore.errors import RemoteError
from rtstore.remote.git.bounds import Bounds

#: Asked for at once from the operating system.
_PIECE: Final = 256 << 10
#: Git's packets are smaller. Who asks for this much takes what there is, up to the end.
_RAW: Final = 1 << 16


class RefusedByServer(Exception):
    """A server gives up and says why. Dulwich overlooks that in the answer to a fetch."""


class Allowance:
    """How much a server may still send: a lot of what was asked for, and little besides."""

    def __init__(self, place: str, bounds: Bounds) -> None:
        self._place = place
        self._left = bounds.talk

    def take(self, size: int) -> None:
        """Count what came.

        Raises:
            RemoteError: it is too much.
        """
        self._left -= size
        if self._left < 0:
            raise RemoteError(
                f"{self._place} sends without end what was not asked for",
                hint="This is no honest git server; nothing of it was kept.",
            )

    def give(self, size: int) -> None:
        """Count what was of use: data of a pack, which its receiver limits. Packets add a little to it."""
        self._left += size + 64 + size // 64


class Channel(ABC):
    """A connection, read in pieces of exact size."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._data = b""
        self._at = 0
        self._is_deaf = False

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes, or nothing if the server has ended here.

        Raises:
            ConnectionResetError: it ended amid these bytes.
            TimeoutError: it keeps silent.
            OSError: the connection broke.
            RefusedByServer: these bytes say that it gives up.
            RemoteError: it sends too much.
        """
        if self._at + size > len(self._data):
            self._fill(size)
        found = self._data[self._at : self._at + size]
        self._at += len(found)
        if 0 < len(found) < size < _RAW:
            raise ConnectionResetError("the connection was cut")
        if found.startswith(b"ERR ") and size < _RAW:
            raise RefusedByServer(found[4:].decode("utf-8", "replace"))
        return found

    def _fill(self, size: int) -> None:
        pieces = [self._data[self._at :]]
        have = len(pieces[0])
        while have < size:
            piece = self.receive(_PIECE)
            if not piece:
                break
            self._allowance.take(len(piece))
            pieces.append(piece)
            have += len(piece)
        self._data, self._at = b"".join(pieces), 0

    @abstractmethod
    def receive(self, size: int) -> bytes:
        """Return what has come, at most ``size`` bytes; wait if it is nothing; nothing at the end."""

    def write(self, data: bytes) -> int:
        """Send all of ``data``; return its size.

        A server that refuses what it is sent may hang up before the end of it. The reason is in its answer, so that
        is read then as if all had been sent; if there is none, reading tells that the connection broke.

        Raises:
            TimeoutError: it takes nothing.
            OSError: the connection broke.
        """
        if not self._is_deaf:
            try:
                self.send(data)
            except (BrokenPipeError, ConnectionResetError):
                self._is_deaf = True
        return len(data)

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Send all of ``data``."""

    @abstractmethod
    def close(self) -> None:
        """End the connection; ending it twice is fine."""

    def abandon(self) -> None:
        """End the connection when nothing good can come of it any more, without waiting for the other end."""
        self.close()

    def last_words(self) -> str:
        """Return what was said beside the protocol, if that can be: the complaints of ``ssh``."""
        return ""
