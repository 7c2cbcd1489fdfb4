"""Signatures of files: what the stat cache compares instead of reading a file again."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import Final

import msgspec

from rtstore.errors import UnreadableError, WorkspaceError
from rtstore.storage.files import refused

#: Two changes of a file within this time may leave the same time stamp on it.
_CLOCK_TICK_NS: Final = 50_000_000
#: The same where time stamps are kept in whole seconds, at worst two (FAT).
_COARSE_TICK_NS: Final = 2_000_000_000


class Signature(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What tells without reading whether a file is still the one seen before. Times in nanoseconds."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    mode: int

    def settled(self, now_ns: int) -> bool:
        """Return whether a change of the file after ``now_ns`` would show in its signature.

        False if the file was last changed so shortly before ``now_ns`` that a later change may carry the same
        time stamp, or after it (a skewed clock): such a signature must not be trusted. ``now_ns`` is the time
        at which the signature was taken, before the content was read.
        """
        return all(stamp + _tick(stamp) < now_ns for stamp in (self.mtime_ns, self.ctime_ns))


def settled_from(signatures: Iterable[Signature], now_ns: int) -> int:
    """Return a time at which signatures are settled, seen at ``now_ns``, of files that may just have been given names.

    A new name changes the ctime, and would leave a signature in doubt for as long as the clock may stand still. But
    who writes into a file gives it a new mtime: if that of all is from long before, any change will show.
    """
    found = list(signatures)
    if any(each.mtime_ns + _tick(each.mtime_ns) >= now_ns for each in found):
        return now_ns
    stamps = [stamp for each in found for stamp in (each.mtime_ns, each.ctime_ns)]
    return max(now_ns, *(stamp + _tick(stamp) + 1 for stamp in stamps))


def before_now(now_ns: int) -> int:
    """Return an mtime for a file that is about to be written: earlier than any change of it can be."""
    return now_ns - 2 * _CLOCK_TICK_NS


def _tick(stamp_ns: int) -> int:
    return _CLOCK_TICK_NS if stamp_ns % 1_000_000_000 else _COARSE_TICK_NS


def signature(path: str) -> Signature | None:
    """Return the signature of a file, None if there is no such file: also where its name is too long for one.

    A symbolic link is refused rather than followed: a dataset is replaced by renaming, which would put a file
    in the place of the link and leave what it points at as it was. Links among the parent directories are
    followed.

    Raises:
        WorkspaceError: it is a directory, a symbolic link, or a special file.
        UnreadableError: the operating system refused.
    """
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise refused(error, "look at", path, UnreadableError) from error
    if not stat.S_ISREG(status.st_mode):
        raise WorkspaceError(
            f"{path} is {_file_type(status.st_mode)}, not a file", hint="Name an ordinary file."
        )
    return Signature(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, stat.S_IMODE(status.st_mode)
    )


def is_gone(path: str) -> bool:
    """Return whether there is nothing at a path; not where the operating system does not tell."""
    try:
        return signature(path) is None
    except (WorkspaceError, UnreadableError):
        return False


def _file_type(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a symbolic link" if stat.S_ISLNK(mode) else "a device, pipe or socket"
