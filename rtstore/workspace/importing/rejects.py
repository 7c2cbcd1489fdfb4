"""What could not be used of an imported file: counted, and kept in a file beside the dataset."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Final

from msgspec import json

from rtstore.errors import FileChangedError, StorageError, UnfinishedError
from rtstore.formats.rejects_name import rejects_name
from rtstore.formats.sources.base import Reject
from rtstore.storage.files import NewFile, temporary_beside
from rtstore.workspace.files.reading import open_to_read
from rtstore.workspace.paths import check_place
from rtstore.workspace.workspace import Workspace

#: So many are shown as examples.
EXAMPLES: Final = 3
#: So many reasons are counted apart; what has another one counts as ``OTHER``.
REASONS: Final = 20
OTHER: Final = "other reasons"


class Rejects:
    """Takes rejects for the directory of the dataset ``name``, out of a file called ``source``.

    The file is made with the first of them: one JSON object a line, with ``place``, ``reason`` and ``text``.
    """

    def __init__(self, workspace: Workspace, name: str, source: str) -> None:
        self.count = 0
        self.reasons: dict[str, int] = {}
        self.examples: list[Reject] = []
        self._workspace = workspace
        self._directory = name.rpartition("/")[0]
        self._stem = os.path.splitext(os.path.basename(source))[0] or "import"
        self._file: NewFile | None = None

    def add(self, reject: Reject) -> None:
        """Take one more."""
        self.count += 1
        known = reject.reason in self.reasons or len(self.reasons) < REASONS
        reason = reject.reason if known else OTHER
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(reject)
        self._open().write(json.encode(_storable(reject)) + b"\n")

    @contextmanager
    def published(self) -> Iterator[str | None]:
        """Put the file in its place, under a name that is free, and return that; take it away if what follows fails."""
        if self._file is None:
            yield None
            return
        self._file.close()
        name = self._put(self._file.path)
        try:
            yield name
        except (UnfinishedError, FileChangedError):  # the command may be done
            raise
        except BaseException:
            self._remove(self._workspace.path(name))
            raise

    def close(self) -> None:
        """Remove what was kept on the way."""
        if self._file is not None:
            self._file.close()
            self._remove(self._file.path)

    def _put(self, path: str) -> str:
        files, first = self._workspace.files, self._workspace.path(self._named(1))
        files.make_directory(os.path.dirname(first))
        temporary = temporary_beside(first)
        try:
            with open_to_read(path) as source, files.create(temporary) as copy:
                copy.copy(source, 0, os.fstat(source.fileno()).st_size)
                copy.sync()
            names = (self._named(number) for number in count(1))
            return next(name for name in names if files.rename_to_free(temporary, self._workspace.path(name)))
        except BaseException:
            self._remove(temporary)
            raise

    def _remove(self, path: str) -> None:
        """Remove a file that does no harm if it stays: the first error is the one to tell."""
        with suppress(StorageError):
            self._workspace.files.remove(path, missing_ok=True)

    def _named(self, number: int) -> str:
        """Return the name in the workspace that the file has if ``number`` - 1 others are taken."""
        name = "/".join(filter(None, (self._directory, rejects_name(self._stem, number))))
        check_place(self._workspace.root, name)
        return name

    def _open(self) -> NewFile:
        if self._file is None:
            path = os.path.join(self._workspace.directory, "rejects")
            self._file = self._workspace.files.create(temporary_beside(path))
        return self._file


def _storable(reject: Reject) -> dict[str, str]:
    """Return a reject as JSON can have it in UTF-8: half characters are escaped."""
    parts = {"place": reject.place, "reason": reject.reason, "text": reject.text}
    return {key: text.encode("utf-8", "backslashreplace").decode() for key, text in parts.items()}
