"""Reading working files: what the operating system refuses there concerns that file alone."""

from __future__ import annotations

from io import FileIO

from rtstore.errors import InputError, UnreadableError
from rtstore.storage.files import refused


def open_to_read(path: str) -> FileIO:
    """Open a working file.

    Raises:
        InputError: it is not there any more.
        UnreadableError: the operating system refused.
    """
    try:
        return open(path, "rb", buffering=0)
    except FileNotFoundError:
        raise InputError("there is no such file", path=path) from None
    except OSError as error:
        raise refused(error, "read", path, UnreadableError) from error


def read_at(file: FileIO, offset: int, size: int) -> bytes:
    """Return up to ``size`` bytes of a file from ``offset`` on, fewer only at its end."""
    try:
        file.seek(offset)
        data = file.read(size)
        while len(data) < size and (more := file.read(size - len(data))):
            data += more
    except OSError as error:
        raise refused(error, "read", str(file.name), UnreadableError) from error
    return data
