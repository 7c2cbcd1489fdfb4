"""Where rows go: straight into a file, or first aside, where their order or all of them must be known."""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Protocol, cast

from blake3 import blake3

from rtstore.curate.exporting.output import OutputFile
from rtstore.formats.exports.base import Layout
from rtstore.model.jsontext import loads
from rtstore.storage.files import Files, NewFile, temporary_beside


class Sink(Protocol):
    """Takes the rows of one file."""

    def put(self, rows: Sequence[bytes], keys: Sequence[bytes]) -> None:
        """Take rows, each JSON text on one line, with a key that no other row has."""

    def finish(self) -> str:
        """Write what is left to be written; return the file's BLAKE3 in hex. It is not in its place yet."""


class LineSink:
    """Writes each row as it comes: as a line, or as a text with an empty line before the next."""

    def __init__(self, file: OutputFile, layout: Layout) -> None:
        self._file = file
        self._text = layout == "text"

    def put(self, rows: Sequence[bytes], keys: Sequence[bytes]) -> None:
        if not rows:
            return
        file = self._file
        if self._text:
            text = "\n".join(loads(row)["text"].rstrip("\n") + "\n" for row in rows)
            file.write(b"\n" * bool(file.rows) + text.encode())
        else:
            file.write(b"\n".join(rows) + b"\n")
        file.rows += len(rows)

    def finish(self) -> str:
        return self._file.finish()


class Spool:
    """Rows in a file that has no name for long, to be read again in any order."""

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = temporary_beside(path)
        self._file: NewFile | None = files.create(self._path)
        self._places: list[tuple[bytes, int, int]] = []
        self._pending = bytearray()
        self._size = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            finally:
                self._files.remove(self._path, missing_ok=True)

    def __len__(self) -> int:
        return len(self._places)

    def add(self, row: bytes, key: bytes) -> None:
        """Add a row; ``key`` is what ``rows`` may be ordered by."""
        self._places.append((key, self._size, len(row)))
        self._size += len(row)
        self._pending += row
        if len(self._pending) > 1 << 20:
            self._flush()

    def rows(self, ordered: bool) -> Iterator[tuple[bytes, bytes]]:
        """Yield the rows with their keys, as they came or by their keys."""
        self._flush()
        if not self._size:
            return
        if ordered:
            self._places.sort()
        with open(self._path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            for key, start, length in self._places:
                yield view[start : start + length], key

    def _flush(self) -> None:
        assert self._file is not None
        self._file.write(self._pending)
        self._pending.clear()


class ShuffledSink:
    """Hands its rows on in an order that follows from a seed and the ids of their entries, the same everywhere."""

    def __init__(self, spool: Spool, behind: Sink, seed: str) -> None:
        self._spool = spool
        self._behind = behind
        self._seed = blake3(b"rtstore shuffle\0" + seed.encode() + b"\0")

    def put(self, rows: Sequence[bytes], keys: Sequence[bytes]) -> None:
        for row, key in zip(rows, keys, strict=True):
            hasher = self._seed.copy()
            hasher.update(key)
            self._spool.add(row, hasher.digest(16))

    def finish(self) -> str:
        for row, key in self._spool.rows(ordered=True):
            self._behind.put([row], [key])
        return self._behind.finish()


class TableSink:
    """Writes all rows as one table when they are there: what columns it has depends on all of them."""

    def __init__(self, spool: Spool, file: OutputFile, marked: bool) -> None:
        self._spool = spool
        self._file = file
        self._marked = marked

    def put(self, rows: Sequence[bytes], keys: Sequence[bytes]) -> None:
        for row, key in zip(rows, keys, strict=True):
            self._spool.add(row, key)
        self._file.rows += len(rows)

    def finish(self) -> str:
        from rtstore.formats.parquet import KindFinder, write_rows

        found = KindFinder().add_all(self._rows())
        marked = self._marked and found.marked
        write_rows(self._rows(), found.columns, cast("IO[bytes]", Stream(self._file)), marked=marked)
        return self._file.finish()

    def _rows(self) -> Iterator[Any]:
        return (loads(row) for row, _ in self._spool.rows(ordered=False))


class Stream(io.RawIOBase):
    """An output file as what writes to a stream takes it."""

    def __init__(self, file: OutputFile) -> None:
        self._file = file
        self._size = 0

    def writable(self) -> bool:
        """Whether it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Add bytes."""
        self._file.write(bytes(data))
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._size


def file_name(path: str, side: str | None) -> str:
    """Return the path of the file for one side of a partition: ``mara.jsonl`` becomes ``mara.train.jsonl``."""
    if side is None:
        return path
    stem, suffix = os.path.splitext(path)
    return f"{stem}.{side}{suffix}"
