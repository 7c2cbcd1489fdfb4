"""What is remembered of a remote so that it need not be fetched again: its files' git ids, and its head.

It may be lost: then the next command fetches it all.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rtstore.remote.files import BackupFiles
from rtstore.remote.format.head import Head
from rtstore.storage.files import Files
from rtstore.storage.sealed import seal, unseal

_PURPOSE: Final = b"remembered remote 1"


class Memory(msgspec.Struct):
    """The git commit that was seen last, its files, the head in it, and the parts that are in the store."""

    commit: str | None = None
    files: BackupFiles = msgspec.field(default_factory=BackupFiles)
    head: Head | None = None
    taken: set[str] = msgspec.field(default_factory=set)


def read_memory(files: Files, path: str) -> Memory:
    """Return what is remembered; nothing where the file is missing or damaged."""
    try:
        data = unseal(files.read(path), _PURPOSE)
        return _decoder.decode(data or b"")
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return Memory()


def write_memory(files: Files, path: str, memory: Memory) -> None:
    """Remember it."""
    files.write_atomically(path, seal(msgspec.msgpack.encode(memory), _PURPOSE))


_decoder: Final = msgspec.msgpack.Decoder(Memory)
