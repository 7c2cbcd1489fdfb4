"""The files of an export while they are written: beside their place, and in it once they are whole."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final

from blake3 import blake3

from rtstore.errors import StorageError, UsageError
from rtstore.model.names import STORE_DIRECTORY
from rtstore.storage.files import Files, NewFile, is_temporary, refused, temporary_beside

#: Bytes that are gathered before they are written.
_BUFFER: Final = 1 << 20
#: Seconds after which nobody writes any more to a file that is not in its place yet.
_ABANDONED: Final = 3600
#: A piece of this size is worth being written by itself.
_LARGE: Final = 64 << 10
#: Such pieces that wait to be written: so much memory a slow disk costs.
_WAITING: Final = 8


class OutputFile:
    """One file that is being written, on a thread of its own.

    Unless it is put in its place it is as if it had never been. It is not flushed to the disk: an
    export that a power cut spoils can be made again, and ``verify`` notices it.
    """

    def __init__(self, files: Files, path: str) -> None:
        self.path = path
        self.rows = 0
        self.size = 0
        self._files = files
        self._hasher = blake3()
        self._beside = temporary_beside(path)
        self._file: NewFile | None = files.create(self._beside)
        self._placed = False
        self._gathered: list[bytes] = []
        self._gathered_size = 0
        self._thread = ThreadPoolExecutor(1, "rtstore-export")
        self._writes: deque[Future[None]] = deque()

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        finally:
            if not self._placed:
                self._files.remove(self._beside, missing_ok=True)

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            StorageError: the operating system refused, these or bytes before them.
        """
        if len(data) >= _LARGE and not self._gathered:
            self._submit(data)
            return
        self._gathered.append(data)
        self._gathered_size += len(data)
        if self._gathered_size >= _BUFFER:
            self._flush()

    def finish(self) -> str:
        """Write what is left to be written; return the BLAKE3 of what is in the file, in hex.

        Raises:
            StorageError: the operating system refused.
        """
        self._flush()
        while self._writes:
            self._writes.popleft().result()
        assert self._file is not None
        self._file.close()
        self._file = None
        return self._hasher.hexdigest()

    def place(self) -> None:
        """Put the file in its place, once it is finished.

        Raises:
            StorageError: the operating system refused.
        """
        self._files.replace(self._beside, self.path)
        self._placed = True

    def _flush(self) -> None:
        data = b"".join(self._gathered)
        self._gathered, self._gathered_size = [], 0
        self._submit(data)

    def _submit(self, data: bytes) -> None:
        self.size += len(data)
        self._writes.append(self._thread.submit(self._put, data))
        while len(self._writes) > _WAITING:
            self._writes.popleft().result()

    def _put(self, data: bytes) -> None:
        assert self._file is not None
        self._file.write(data)
        self._hasher.update(data)


def remove_abandoned(files: Files, path: str) -> None:
    """Remove what exports to ``path`` left behind that were killed: nobody has written to it for an hour.

    Raises:
        StorageError: the operating system refused.
    """
    folder, name = os.path.split(path)
    oldest = time.time() - _ABANDONED
    try:
        with os.scandir(folder or ".") as found:
            old = [
                one.path
                for one in found
                if is_temporary(one.name, name)
                and one.is_file(follow_symlinks=False)
                and one.stat(follow_symlinks=False).st_mtime < oldest
            ]
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(error, "read", folder, StorageError) from error
    for one in old:
        files.remove(one, missing_ok=True)


def hash_of(path: str, chunk: int = 1 << 20) -> tuple[str, int]:
    """Return the BLAKE3 of a file in hex, and its size in bytes.

    Raises:
        StorageError: it cannot be read.
    """
    hasher, size = blake3(), 0
    for data in pieces(path, chunk):
        hasher.update(data)
        size += len(data)
    return hasher.hexdigest(), size


def pieces(path: str, chunk: int = 1 << 20) -> Iterator[bytes]:
    """Yield what is in a file.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            while data := file.read(chunk):
                yield data
    except OSError as error:
        raise refused(error, "read", path, StorageError) from error


def check_free(path: str, taken: Iterable[str], replaceable: bool) -> None:
    """Refuse to write over a file that is not an export of ours, or into a store.

    ``taken``: the paths of files that must stay whatever they are, the datasets and what belongs to them.

    Raises:
        UsageError: there is such a file, a directory, or what is no file at all.
        StorageError: the operating system has no place for such a name.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # the name is too long, say
        raise refused(error, "create", path, StorageError) from error
    if os.path.isdir(path):
        raise UsageError(f"{path} is a directory", hint="Name a file in it.")
    above = os.path.dirname(os.path.realpath(path))
    if STORE_DIRECTORY in above.lower().split(os.sep):
        raise UsageError(f"{path} is inside of a store", hint="Export to a file somewhere else.")
    if any(_is_same(path, one) for one in taken):
        raise UsageError(f"{path} is a dataset, or belongs to one", hint="Export to another file.")
    if not os.path.lexists(path):
        return
    if os.path.islink(path) or not os.path.isfile(path):
        raise UsageError(f"{path} is no ordinary file", hint="Export to a file, and read that.")
    if not replaceable:
        raise UsageError(
            f"{path} exists, and is no export, or one that was changed since",
            hint="Name another file, or write over it with --force.",
        )


def check_text(text: str, what: str) -> None:
    """Refuse a text that a manifest cannot hold.

    Raises:
        UsageError: it is not UTF-8, or has a zero byte in it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        known = False
    else:
        known = "\0" not in text
    if not known:
        raise UsageError(f"{what} is no text in UTF-8: {text!r}", hint="A manifest could not tell it again.")


def _is_same(path: str, other: str) -> bool:
    """Tell whether two paths are of one file, also of one that is not there, or has other capitals there."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return os.path.realpath(path) == os.path.realpath(other)
