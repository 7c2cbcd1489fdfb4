"""Records on their way into a dataset: a temporary file of the store, read like a dataset file once it is complete."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final

from rtstore.errors import StorageError
from rtstore.storage.files import NewFile, temporary_beside
from rtstore.workspace.files.reading import open_to_read, read_at
from rtstore.workspace.workspace import Workspace

#: Bytes written at once.
_PIECE: Final = 1 << 19


class Spool:
    """A file of records, one a line, or the elements of an array (``layout``), which may be on several lines.

    It is gone when the context ends.
    """

    def __init__(self, workspace: Workspace, layout: str = "jsonl") -> None:
        self.layout = layout
        self.count = 0
        self.size = 0
        self._workspace = workspace
        self._head, self._between, self._tail = (
            (b"[\n", b",\n", b"\n]\n") if layout == "array" else (b"", b"\n", b"\n")
        )
        self.path = temporary_beside(os.path.join(workspace.directory, "import"))
        self._file: NewFile = workspace.files.create(self.path)
        self._waiting: list[bytes] = []
        self._waits = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        # Whatever was done is done: what is left of it does no harm, and is swept away later.
        with suppress(StorageError):
            self._workspace.files.remove(self.path, missing_ok=True)

    def write(self, texts: Sequence[bytes]) -> None:
        """Add records, at least one."""
        # Of a batch no second copy is made: what is before it is joined with the rest.
        joined = self._between.join((b"", *texts) if self.count else texts)
        data = joined if self.count else self._head + joined
        self.count += len(texts)
        self._waiting.append(data)
        self._waits += len(data)
        if self._waits >= _PIECE:
            self._flush()

    def add(self, text: bytes) -> tuple[int, int]:
        """Add a record; return where it is: offset and size."""
        end = self.size + self._waits + len(self._between if self.count else self._head)
        self.write((text,))
        return end, len(text)

    def finish(self) -> None:
        """Write what follows the last record; the file is complete then."""
        if self.count:
            self._waiting.append(self._tail)
        self._flush()
        self._file.close()

    def read(self, place: tuple[int, int]) -> bytes:
        """Return the record at a place, of a spool that is complete or not."""
        self._flush()
        with open_to_read(self.path) as file:
            return read_at(file, *place)

    def copied_with(self, places: Sequence[tuple[int, int]], new: Mapping[int, bytes]) -> Spool:
        """Return a complete copy of this spool, whose records are at ``places``, with ``new`` ones by index."""
        copy = Spool(self._workspace, self.layout)
        try:
            with open_to_read(self.path) as file:
                for index, place in enumerate(places):
                    copy.write((new[index] if index in new else read_at(file, *place),))
            copy.finish()
        except BaseException:
            copy.__exit__(None, None, None)
            raise
        return copy

    def _flush(self) -> None:
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._waits = 0
            self.size += len(data)
            self._file.write(data)
