"""Files that hold keys: read only where nobody else can read them, written so that nobody else ever could."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from typing import Final

from rtstore.errors import DamagedError, KeyFileError, StorageError
from rtstore.storage.files import WINDOWS, Files, open_ordinary, refused, temporary_beside

#: Bytes of a file with keys: enough for any, and not too many to hold.
MAX_SIZE: Final = 1 << 20
#: Enough of a private key to know it by.
_SECRET: Final = re.compile(
    r"AGE-SECRET-KEY-(PQ-)?1[A-Z0-9]{8}|AGE-PLUGIN-[A-Z0-9-]+1[A-Z0-9]{8}|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    re.IGNORECASE,
)
_OTHERS: Final = 0o077
_OTHERS_WRITE: Final = 0o022


class KeyFile(bytes):
    """The content of a file; ``open_to_others``: somebody else than its owner may read or write it."""

    open_to_others: bool = False


def has_secret(text: str) -> bool:
    """Return whether there is a private key in a text, so that it must not be shown."""
    return _SECRET.search(text) is not None


def read_key_file(path: str) -> KeyFile:
    """Return the content of a file that should hold keys.

    Raises:
        FileNotFoundError: there is none.
        KeyFileError: it is no ordinary file, or far too large; or a key was given instead of its path.
        StorageError: the operating system refused.
    """
    if has_secret(path):
        raise KeyFileError(
            "a private key was given instead of the path of its file: other users of this machine may have seen it",
            hint="Put it into a file that only you can read, and give that.",
        )
    try:
        with os.fdopen(open_ordinary(path), "rb") as file:
            content = KeyFile(file.read(MAX_SIZE + 1))
            mode = os.fstat(file.fileno()).st_mode
    except (DamagedError, IsADirectoryError):
        raise KeyFileError(f"{path} is not an ordinary file", hint="A key is in a file of its own.") from None
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise _refused(error, path) from error
    if len(content) > MAX_SIZE:
        raise KeyFileError(f"{path} is too large to be a file of keys")
    content.open_to_others = not WINDOWS and mode & _OTHERS != 0
    return content


def check_private(content: KeyFile, path: str) -> None:
    """Refuse a private key that others can read: they may have it already.

    Raises:
        KeyFileError: they can.
    """
    if content.open_to_others:
        raise KeyFileError(
            f"{path} is a private key that other users of this machine can read",
            hint=f"`chmod 600 {path}` keeps them out; on a disk without permissions, copy it to another first.",
        )


def check_own_place(path: str) -> None:
    """Refuse the place of this machine's own key if it is not a plain file, or others could put another one there.

    Raises:
        KeyFileError: it is refused.
        StorageError: the operating system refused to look.
    """
    try:
        if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
            raise KeyFileError(
                f"{path} is not a plain file: this machine's key is never a link or anything else",
                hint="Move it out of the way; `rtstore key import FILE` puts a key in its place.",
            )
        directory = os.path.dirname(path)
        mode = os.stat(directory).st_mode if os.path.isdir(directory) else 0
    except OSError as error:
        raise refused(error, "look at", path) from error
    if not WINDOWS and mode & _OTHERS_WRITE and not mode & stat.S_ISVTX:
        raise KeyFileError(
            f"other users of this machine could put another key into {directory}",
            hint=f"`chmod go-w {directory}` keeps them out.",
        )


def make_private_directory(files: Files, path: str) -> None:
    """Create a directory that only its owner can look into; from one that is there, take what lets others write.

    Raises:
        StorageError: the operating system refused.
    """
    if not os.path.isdir(path):
        files.make_directory(path)
        files.set_mode(path, 0o700)
    elif not WINDOWS:
        found = os.stat(path)
        if (
            found.st_mode & _OTHERS_WRITE
            and not found.st_mode & stat.S_ISVTX
            and found.st_uid == os.geteuid()
        ):
            files.set_mode(path, stat.S_IMODE(found.st_mode) & ~_OTHERS_WRITE)


def write_new(files: Files, path: str, content: bytes) -> bool:
    """Write a file that only its owner can read; false, with nothing changed, if there is one already.

    Raises:
        StorageError: the operating system refused.
    """
    temporary = temporary_beside(path)
    try:
        _write_private(files, temporary, content)
        if not files.rename_to_free(temporary, path):
            files.remove(temporary)
            return False
    except BaseException:
        # The first error is the one to tell.
        with suppress(StorageError):
            files.remove(temporary, missing_ok=True)
        raise
    files.sync_directory(os.path.dirname(path) or os.curdir)
    return True


def _write_private(files: Files, path: str, content: bytes) -> None:
    with files.create(path, 0o600) as file:
        file.write(content)
        file.sync()


def _refused(error: OSError | ValueError, path: str) -> StorageError | KeyFileError:
    if isinstance(error, OSError):
        return refused(error, "read", path)
    return KeyFileError(f"{path!r} cannot be the name of a file")
