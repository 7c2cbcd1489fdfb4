"""Packs: writing one. ``pack`` reads them and says what they are."""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from blake3 import blake3

from rtstore.errors import StorageError
from rtstore.model.ids import Kind
from rtstore.storage.files import Files, NewFile
from rtstore.storage.pack import BLOCK, FOOTER, MAGIC, MAX_PLAIN, Encoding, id_prefixes

#: How the names of packs that are being written begin.
INCOMING: Final = "incoming-"
#: Bytes of blocks after which they are sent to the disk, so that little is left to wait for at the end.
SYNC_EVERY: Final = 16 << 20


class PackWriter:
    """Writes blocks to a temporary file, then the index, and gives the file the name of its content.

    Blocks are stored by ``write_block`` in the order their objects were announced by ``announce``: the two
    may run on different threads, which is how compression gets a thread of its own.
    """

    def __init__(self, files: Files, directory: str) -> None:
        self._files = files
        self._directory = directory
        self._path = os.path.join(directory, f"{INCOMING}{os.getpid()}-{os.urandom(6).hex()}")
        self._file: NewFile = files.create(self._path, 0o444)
        self._hasher = blake3()
        self._offset = 0
        self._synced = 0
        self._prefixes = array("Q")
        self._starts = array("I")
        self._announced: list[
            tuple[int, int, Kind, Encoding]
        ] = []  # plain size, first object, kind, encoding
        self._stored: list[tuple[int, int]] = []  # file offset, stored size
        self._dictionary_block = 0
        self._append(MAGIC)

    def __len__(self) -> int:
        """Number of objects announced."""
        return len(self._prefixes)

    @property
    def bytes_written(self) -> int:
        """Bytes written so far."""
        return self._offset

    def announce(
        self,
        kind: Kind,
        ids: Sequence[bytes],
        starts: Sequence[int],
        plain: int,
        encoding: Encoding = Encoding.ZSTD,
    ) -> None:
        """Say what the next block holds: the ids of its objects, where each starts, its size decompressed."""
        self.announce_prefixes(kind, id_prefixes(b"".join(ids)), starts, plain, encoding)

    def announce_prefixes(
        self, kind: Kind, prefixes: array[int], starts: Sequence[int], plain: int, encoding: Encoding
    ) -> None:
        """The same, where only the first 8 bytes of the ids are at hand, as big-endian numbers."""
        if plain > MAX_PLAIN:
            raise StorageError(
                f"something of {plain:,} bytes is too large for the store: {MAX_PLAIN:,} at most"
            )
        self._announced.append((plain, len(self._prefixes), kind, encoding))
        self._prefixes.extend(prefixes)
        self._starts.extend(starts)

    def write_block(self, stored: bytes | memoryview) -> None:
        """Store the next announced block, already encoded."""
        self.write_blocks((stored,))

    def write_blocks(self, blocks: Sequence[bytes | memoryview]) -> None:
        """Store the next announced blocks, already encoded, in one call of the operating system."""
        offset = self._offset
        for stored in blocks:
            self._stored.append((offset, len(stored)))
            offset += len(stored)
        self._append(blocks[0] if len(blocks) == 1 else b"".join(blocks))
        if self._offset - self._synced >= SYNC_EVERY:
            self._file.sync()
            self._synced = self._offset

    def write_dictionary(self, content: bytes) -> None:
        """Store a zstd dictionary, for blocks with that encoding."""
        self.announce(Kind.BLOB, (), (), len(content), Encoding.PLAIN)
        self._dictionary_block = len(self._announced)
        self.write_block(content)

    def finish(self) -> str:
        """Write the index, flush everything to the disk and give the pack its name; return its path.

        The pack can be relied on when this returns. On any error the temporary file is removed.
        """
        try:
            checksum = self._write_index()
            self._file.sync()
            self._file.close()
            path = os.path.join(self._directory, f"{checksum.hex()}.pack")
            self._files.replace(self._path, path)
            self._files.sync_directory(self._directory)
        except BaseException:
            self.abandon()
            raise
        return path

    def abandon(self) -> None:
        """Give up: close and remove the temporary file, as far as that is possible."""
        # Whatever led here is the error to tell; a temporary file left behind does no harm.
        with suppress(StorageError):
            self._file.close()
        with suppress(StorageError):
            self._files.remove(self._path, missing_ok=True)

    def _write_index(self) -> bytes:
        assert len(self._stored) == len(self._announced)
        self._append(bytes(-self._offset % 8))
        index_offset = self._offset
        keys = self._prefixes.tolist()
        numbers = array("I", sorted(range(len(keys)), key=keys.__getitem__))
        prefixes = array("Q", map(keys.__getitem__, numbers))
        del keys
        index = b"".join(
            [
                _little_endian(prefixes),
                _little_endian(numbers),
                _little_endian(self._starts),
                *(
                    BLOCK.pack(offset, size, plain, first, kind, encoding)
                    for (offset, size), (plain, first, kind, encoding) in zip(
                        self._stored, self._announced, strict=True
                    )
                ),
            ]
        )
        self._append(index)
        footer = FOOTER.pack(
            index_offset,
            len(numbers),
            len(self._stored),
            self._dictionary_block,
            blake3(index).digest(),
            bytes(32),
        )[:-32]
        self._append(footer)
        checksum = self._hasher.digest()
        self._append(checksum)
        return checksum

    def _append(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._hasher.update(data)
        self._offset += len(data)


def _little_endian(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()
