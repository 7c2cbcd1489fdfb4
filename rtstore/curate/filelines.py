"""The records of a working file that is as it was last seen, read from the file itself: quicker than from the store.

That goes for files in which every line is a record as it is stored: JSONL that ends its lines in the usual way, without
blank lines between them, and without volatile values. All others, and whatever is not asked for in order, come from
the store.
"""

from __future__ import annotations

from collections.abc import Callable
from io import FileIO
from typing import Final

from rtstore.errors import FileChangedError
from rtstore.model.objects import Dataset
from rtstore.workspace.files.reading import read_at

#: Bytes read at a time.
_PIECE: Final = 1 << 20


def lies_as_stored(dataset: Dataset) -> bool:
    """Tell whether the lines of a dataset's file may be its records, but for single ones that are separated oddly."""
    framing = dataset.framing
    return framing.layout == "jsonl" and framing.separator == b"\n" and dataset.stamps is None


class FileLines:
    """The lines of a file, in order. ``unchanged`` tells whether it is still the file that was seen."""

    def __init__(self, file: FileIO, dataset: Dataset, unchanged: Callable[[], bool]) -> None:
        #: The position of the line that comes next, from 0.
        self.position = 0
        self._file = file
        self._count = dataset.count
        self._unchanged = unchanged
        self._offset = len(dataset.framing.head)
        self._lines: list[bytes] = []
        self._next = 0
        self._rest = b""

    def take(self, count: int) -> list[bytes]:
        """Return the next lines.

        Raises:
            FileChangedError: another program changed the file meanwhile.
            UnreadableError: the operating system refused.
        """
        while len(self._lines) - self._next < count and self._read():
            pass
        taken = self._lines[self._next : self._next + count]
        self._next += count
        self.position += count
        if len(taken) < count or (self.position == self._count and not self._unchanged()):
            raise FileChangedError(f"{self._file.name} was changed while it was read", hint="Try again.")
        return taken

    def _read(self) -> bool:
        """Read on; return False at the end of the file."""
        piece = read_at(self._file, self._offset, _PIECE)
        self._offset += len(piece)
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        if not piece and self._rest:
            lines, self._rest = [self._rest], b""
        self._lines = self._lines[self._next :] + lines
        self._next = 0
        return bool(piece) or bool(lines)
