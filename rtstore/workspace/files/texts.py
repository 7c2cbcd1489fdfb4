"""The text of lines of a working file that a scan has parsed, read again when somebody asks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from io import FileIO
from itertools import accumulate
from typing import Protocol

from rtstore.history.tree import Tree
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Settings
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader, ObjectWriter
from rtstore.workspace.files.reading import open_to_read, read_at
from rtstore.workspace.files.scan import Kept, Lines


class Storage(ObjectReader, ObjectWriter, Protocol):
    """Where pages go and come from: a transaction."""


class LineTexts:
    """The lines of a working file that are not as they were, by position in the new dataset."""

    def __init__(self, path: str, parts: Sequence[Kept | Lines], settings: Settings) -> None:
        self._path = path
        self.settings = settings
        self.volatile = Volatile(settings.volatile)
        self._parts = parts
        sizes = (part.stop - part.start if isinstance(part, Kept) else len(part) for part in parts)
        self._starts = list(accumulate(sizes, initial=0))
        self._file: FileIO | None = None

    def __len__(self) -> int:
        """Number of entries in the file."""
        return self._starts[-1]

    def open(self) -> FileIO:
        """Return the file, open: what takes its place from now on is another one."""
        if self._file is None:
            self._file = open_to_read(self._path)
        return self._file

    def line(self, part: int, line: int) -> bytes:
        """Return the text of a line of a part that was parsed."""
        lines = self._parts[part]
        assert isinstance(lines, Lines)
        return read_at(self.open(), lines.offsets[line], lines.sizes[line])

    def record(self, position: int) -> bytes | None:
        """Return the record at a position, if its line was parsed."""
        text = self.filled(position)
        return None if text is None else self.volatile.cut(text)[0]

    def filled(self, position: int) -> bytes | None:
        """Return the text of the line at a position as it is in the file, if it was parsed."""
        part = bisect_right(self._starts, position) - 1
        if part >= len(self._parts) or isinstance(self._parts[part], Kept):
            return None
        return self.line(part, position - self._starts[part])

    def close(self) -> None:
        """Close the file; the next read opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None


class RecordsAt:
    """The records of an observed dataset by position, those of lines parsed just now included."""

    def __init__(self, tree: Tree, reader: ObjectReader, texts: LineTexts) -> None:
        self._tree = tree
        self._reader = reader
        self._texts = texts

    def record(self, position: int) -> bytes:
        """Return the record at a position."""
        parsed = self._texts.record(position)
        return self._stored(position) if parsed is None else parsed

    def readable(self, position: int) -> bytes:
        """Return the record at a position as JSON, with null where a volatile value was."""
        return self._texts.volatile.readable(self.record(position))

    def _stored(self, position: int) -> bytes:
        leaf, index = self._tree.locate(position)
        return self._reader.read(
            Kind.RECORD, leaf.records[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE]
        )
