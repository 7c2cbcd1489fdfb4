"""The only door through which rtstore changes anything on disk, store files and working files alike.

Tests put another ``Files`` in its place, to let the Nth call fail or to record the order of writes; so
whatever is written past it is not tested against full disks and power cuts. (The lock file is: nothing
depends on its content.)
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from io import FileIO
from types import TracebackType
from typing import Final

from rtstore.errors import DamagedError, StorageError

WINDOWS: Final = os.name == "nt"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
#: To open a pipe must not wait for somebody to write to it.
_READ: Final = (
    os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
)
_TEMPORARY: Final = ".rtstore-"
#: Characters of a name in that of its temporary file: at most 200 bytes, with the rest below the 255 allowed.
_NAMED: Final = 50
#: Seconds to go on trying to replace a file that another process has open; matters on Windows only.
_PATIENCE: Final = 1.0
#: Bytes copied at once, where they pass through this process: what still fits a processor's cache.
_COPIED: Final = 256 << 10

_REASONS: Final = {
    errno.ENOSPC: ("no space left on the disk", "Free some space, then run the command again."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, then run the command again."),
    errno.EROFS: ("the file system is read-only", "Make it writable, or work on a copy elsewhere."),
    errno.EACCES: ("permission denied", "See who may write there: its owner and permissions."),
    errno.EPERM: ("operation not permitted", "See who may write there: its owner and permissions."),
    errno.EIO: ("the disk reported an I/O error", "Save a copy of the data elsewhere and check the disk."),
}


def refused(error: OSError, action: str, path: str, kind: type[StorageError] = StorageError) -> StorageError:
    """Return what to raise when the operating system refused ``action`` ("write", "remove") on ``path``."""
    reason, hint = _REASONS.get(
        error.errno or 0,
        (error.strerror or str(error), "See that the path, its disk and its mount are all right."),
    )
    if WINDOWS and isinstance(error, PermissionError):
        reason = "permission denied, or another program has the file open"
        hint = "Close the programs that use the file, then run the command again."
    elif error.errno == errno.EACCES and action in ("read", "look at", "look into", "list"):
        hint = "See who may read it: its owner and permissions."
    return kind(f"cannot {action} {path}: {reason}", hint=hint)


def open_ordinary(path: str) -> int:
    """Open a file to read it and return its descriptor; a pipe would never end, or never begin.

    Raises:
        DamagedError: it is a pipe or a device.
        OSError: the operating system refused.
    """
    descriptor = os.open(path, _READ)
    try:
        check_ordinary(path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_ordinary(path: str, descriptor: int) -> None:
    """Refuse an open file that is not an ordinary one.

    Raises:
        DamagedError: it is a pipe or a device.
        IsADirectoryError: it is a directory.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(mode):
        raise DamagedError(
            f"{path} is not an ordinary file",
            hint="Remove it, then run `rtstore fsck --rescue`.",
        )


class NewFile:
    """A file being written. Nothing of it is sure to survive a power cut before ``sync``."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append all of ``data``.

        Raises:
            StorageError: the operating system refused; any part of ``data`` may have been written.
        """
        try:
            rest = memoryview(data).cast("B")
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise refused(error, "write", self.path) from error

    def copy(self, source: FileIO, offset: int, size: int) -> int:
        """Append ``size`` bytes of another file from ``offset`` on; return how many: fewer only where it ends.

        Where the operating system can it copies them itself, and on some file systems shares them.

        Raises:
            StorageError: the operating system refused; any part may have been written.
        """
        done = 0
        try:
            while done < size:
                step = _copy_inside(source.fileno(), self._descriptor, offset + done, size - done)
                if not step:
                    source.seek(offset + done)
                    data = source.read(min(_COPIED, size - done))
                    self.write(data)
                    step = len(data)
                if not step:
                    break
                done += step
        except OSError as error:
            raise refused(error, "write", self.path) from error
        return done

    def sync(self) -> None:
        """Return when the content is on the disk. Its name may not be yet: see ``Files.sync_directory``.

        Raises:
            StorageError: the operating system refused.
        """
        try:
            _flush(self._descriptor)
        except OSError as error:
            raise refused(error, "write", self.path) from error

    def close(self) -> None:
        """Close the file; closing twice is fine.

        Raises:
            StorageError: the operating system refused; the file is closed all the same.
        """
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        try:
            os.close(descriptor)
        except OSError as error:
            raise refused(error, "write", self.path) from error

    def __enter__(self) -> NewFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Files:
    """The changes rtstore makes to a file system, and the reads that belong to them.

    Paths are those of the operating system. A call that is refused raises ``StorageError`` with the path and
    the reason; reads let ``FileNotFoundError`` pass, since a missing file is often an answer.
    """

    def create(self, path: str, mode: int = 0o666) -> NewFile:
        """Create a file that must not exist yet. ``mode``: permission bits, from which the umask is taken.

        Raises:
            StorageError: it exists already, or the operating system refused.
        """
        # A read-only file can be neither renamed over nor removed on Windows.
        try:
            return NewFile(path, os.open(path, _NEW, mode | 0o200 if WINDOWS else mode))
        except OSError as error:
            raise refused(error, "create", path) from error

    def replace(self, source: str, target: str) -> None:
        """Give ``source`` the name ``target``, atomically, instead of the file that has it now, if any.

        Raises:
            StorageError: the operating system refused; on Windows also because a program has ``target`` open,
            which
                is waited for up to a second.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return os.replace(source, target)
            except OSError as error:
                # A reader of rtstore itself, or a virus scanner, keeps a file open for milliseconds.
                if WINDOWS and isinstance(error, PermissionError) and time.monotonic() < deadline:
                    time.sleep(0.01)
                    continue
                raise refused(error, "replace", target) from error

    def exchange(self, first: str, second: str) -> bool:
        """Let two files swap names, atomically; false, with nothing changed, where that cannot be done."""
        from rtstore.storage.renaming import exchange

        return exchange(first, second)

    def rename_to_free(self, source: str, target: str) -> bool:
        """Give ``source`` the name ``target``, atomically; false, with nothing changed, if a file has it.

        Raises:
            StorageError: the operating system refused.
        """
        from rtstore.storage.renaming import rename_to_free

        try:
            rename_to_free(source, target)
        except FileExistsError:
            return False
        except OSError as error:
            raise refused(error, "create", target) from error
        return True

    def remove(self, path: str, *, missing_ok: bool = False) -> None:
        """Remove a file.

        Raises:
            StorageError: the operating system refused, or there is no such file and ``missing_ok`` is false.
        """
        try:
            os.remove(path)
        except FileNotFoundError as error:
            if not missing_ok:
                raise refused(error, "remove", path) from error
        except OSError as error:
            raise refused(error, "remove", path) from error

    def make_directory(self, path: str) -> None:
        """Create a directory and its parents where they are missing, and make their names durable.

        Raises:
            StorageError: the operating system refused.
        """
        if os.path.isdir(path):
            return
        parent = os.path.dirname(path)
        if parent and parent != path:
            self.make_directory(parent)
        self._make_one_directory(path)
        self.sync_directory(parent or os.curdir)

    def _make_one_directory(self, path: str) -> None:
        try:
            os.mkdir(path)
        except OSError as error:
            if not os.path.isdir(path):  # another process was faster
                raise refused(error, "create", path) from error

    def sync_directory(self, path: str) -> None:
        """Return when the names created, replaced and removed in a directory are on the disk.

        Windows has no such call and needs none: NTFS keeps a journal of names.

        Raises:
            StorageError: the operating system refused; the names may or may not survive a power cut.
        """
        if WINDOWS:
            return
        try:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                _flush(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise refused(error, "make durable the changes in", path) from error

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permission bits of a file.

        Raises:
            StorageError: the operating system refused.
        """
        try:
            os.chmod(path, mode)
        except OSError as error:
            raise refused(error, "set the permissions of", path) from error

    def set_modified(self, path: str, time_ns: int) -> None:
        """Set when a file was last changed, as its time stamps tell.

        Raises:
            StorageError: the operating system refused.
        """
        try:
            os.utime(path, ns=(time_ns, time_ns))
        except OSError as error:
            raise refused(error, "set the time of", path) from error

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            FileNotFoundError: there is none.
            DamagedError: it is a pipe or a device.
            StorageError: the operating system refused.
        """
        try:
            with os.fdopen(open_ordinary(path), "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise refused(error, "read", path) from error

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, in no order.

        Raises:
            FileNotFoundError: there is no such directory.
            StorageError: the operating system refused.
        """
        try:
            return os.listdir(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise refused(error, "list", path) from error

    def write_atomically(self, path: str, data: bytes, *, mode: int = 0o666, durable: bool = True) -> None:
        """Give a file new content: after a crash at any instant it has the old or the new, never a part.

        ``durable``: return only when the new content would survive a power cut; where it is false, a power
        cut may even leave a damaged file. ``mode``: permission bits, from which the umask is taken.

        Raises:
            StorageError: the operating system refused; the old content is still there, unless it was the last
                step that failed: making the new name durable.
        """
        temporary = temporary_beside(path)
        try:
            with self.create(temporary, mode) as file:
                file.write(data)
                if durable:
                    file.sync()
            self.replace(temporary, path)
        except BaseException:
            # The first error is the one to tell; a temporary file left behind does no harm.
            with suppress(StorageError):
                self.remove(temporary, missing_ok=True)
            raise
        if durable:
            self.sync_directory(os.path.dirname(path) or os.curdir)


def read_bounded(path: str, most: int) -> bytes:
    """Return what is in a file that somebody names, at most one byte more than ``most``.

    Raises:
        StorageError: it cannot be read, or is not there.
    """
    try:
        with open(path, "rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise refused(error, "read", path) from error


def temporary_beside(path: str, mark: bytes | None = None) -> str:
    """Return a hidden name in the directory of ``path``: ``.NAME.rtstore-RANDOM``, or with six bytes as a mark."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name[:_NAMED]}{_TEMPORARY}{(mark or os.urandom(6)).hex()}")


def is_temporary(name: str, final: str | None = None) -> bool:
    """Return whether a file name is one of ``temporary_beside``: what a killed command may leave behind.

    ``final``: the name of the file that it is to become, if it has to be of that one.
    """
    head, mark, random = name.rpartition(_TEMPORARY)
    return (
        (head.startswith(".") if final is None else head == f".{final[:_NAMED]}")
        and mark != ""
        and len(random) == 12
        and set(random) <= set("0123456789abcdef")
    )


def _copy_inside(source: int, target: int, offset: int, size: int) -> int:
    """Let the operating system append a part of one file to another; return how many bytes it did, 0 if it cannot."""
    if sys.platform != "linux":
        return 0
    try:
        return os.copy_file_range(source, target, size, offset)
    except OSError as error:
        # Not between these two file systems, not on this one, or not in this kernel.
        if error.errno in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise


def _flush(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # There fsync leaves the data in the disk's own cache; not every file system knows the call that does
        # not.
        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
        else:
            return
    os.fsync(descriptor)
