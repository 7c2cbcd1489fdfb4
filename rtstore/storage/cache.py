"""The disposable cache: what can be computed again, kept in small checksummed files.

See ``docs/decisions/0001-cache-is-files-not-sqlite.md``. The directory can be deleted at any time; a file
that is missing, damaged, or of another version of rtstore is as good as never written.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
from blake3 import blake3

from rtstore.errors import DamagedError, StorageError
from rtstore.storage.files import Files, is_temporary
from rtstore.storage.sealed import seal, unseal

T = TypeVar("T")
#: Bytes of the hash of a key that name its file.
_KEY_SIZE: Final = 16


class Cache:
    """Values by key. Readers and writers need no lock: a value is replaced as a whole."""

    def __init__(self, files: Files, directory: str) -> None:
        self._files = files
        self._directory = directory

    def get(self, key: str, type_: type[T]) -> T | None:
        """Return the value of ``key``; None if there is none that can be trusted to be of ``type_``."""
        try:
            stored = self._files.read(self._path(key))
        except (FileNotFoundError, DamagedError, StorageError):
            return None
        data = unseal(stored, key.encode())
        if data is None:
            return None
        try:
            return msgspec.msgpack.decode(data, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def put(self, key: str, value: object) -> None:
        """Set the value of ``key``. Not durable, and not sure to happen."""
        data = seal(msgspec.msgpack.encode(value), key.encode())
        # A command that has done its work must not fail because its cache cannot be written (a full disk, a
        # store on a read-only mount): the next one only has more to do.
        with suppress(StorageError):
            self._files.make_directory(self._directory)
            self._files.write_atomically(self._path(key), data, durable=False)

    def remove(self, key: str) -> None:
        """Forget the value of ``key``, if there is one.

        Raises:
            StorageError: the operating system refused.
        """
        self._files.remove(self._path(key), missing_ok=True)

    def clear(self) -> None:
        """Forget everything.

        Raises:
            StorageError: the operating system refused.
        """
        try:
            names = self._files.names(self._directory)
        except FileNotFoundError:
            return
        for name in filter(_is_ours, names):
            self._files.remove(f"{self._directory}{os.sep}{name}", missing_ok=True)

    def _path(self, key: str) -> str:
        return f"{self._directory}{os.sep}{blake3(key.encode()).hexdigest(_KEY_SIZE)}"


def _is_ours(name: str) -> bool:
    """Tell whether a file is one of a cache; the directory may be a link to one where others are."""
    return is_temporary(name) or (len(name) == 2 * _KEY_SIZE and set(name) <= set("0123456789abcdef"))
