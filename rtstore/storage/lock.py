"""The writer lock of a store: one process, one thread at a time; readers take none.

The operating system holds it (``flock``, on Windows ``msvcrt.locking``) and lets go of it when the process
ends, however that happens. So the lock file is never removed, and its content, the process id of the last
holder, is only there to be named in an error.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock as ThreadLock
from threading import get_ident
from types import TracebackType
from typing import Final

from rtstore.errors import LockedError
from rtstore.storage.files import check_ordinary, refused

#: A link is not followed: the holder's id would be written over whatever it points at.
_OPEN: Final = (
    os.O_RDWR
    | os.O_CREAT
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
#: Seconds between two attempts.
_POLL: Final = 0.02
#: Seconds after which somebody who waits wants to know what for.
_PATIENCE: Final = 1.0

if sys.platform == "win32":
    import msvcrt

    # A locked byte cannot be read by others there: lock one far behind the process id.
    _LOCKED_BYTE: Final = 1 << 30

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, if nobody has; return whether that worked. Raises ``OSError``: it has no locks."""
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, if nobody has; return whether that worked. Raises ``OSError``: it has no locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        # Said aloud, since closing is not enough while a forked child shares the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class Lock:
    """An exclusive lock between processes, and between the threads of this one.

    ``path``: the lock file, in a directory that exists. ``timeout``: seconds to wait for another holder. ``on_wait``
    is called once when that takes a second, with the process id of the holder, None if it is not known.
    """

    def __init__(self, path: str, timeout: float = 10.0) -> None:
        self._path = path
        self._timeout = timeout
        self._thread_lock = ThreadLock()
        self._holder: int | None = None
        self._descriptor = -1
        self.on_wait: Callable[[int | None], None] | None = None

    @property
    def held(self) -> bool:
        """Whether the current thread holds the lock through this object."""
        return self._holder == get_ident()

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it; return whether that worked.

        Raises:
            DamagedError: the lock file is a pipe or a device.
            StorageError: it cannot be opened, or its file system has no locks.
        """
        self._refuse_to_nest()
        if not self._thread_lock.acquire(blocking=False):
            return False
        taken = False
        try:
            taken = self._take()
        finally:
            if not taken:
                self._thread_lock.release()
        return taken

    def acquire(self) -> None:
        """Take the lock, waiting for it up to ``timeout`` seconds.

        Raises:
            LockedError: somebody else still had it then.
            DamagedError: the lock file is a pipe or a device.
            StorageError: it cannot be opened, or its file system has no locks.
        """
        begun, told = time.monotonic(), False
        while not self.try_acquire():
            waited = time.monotonic() - begun
            if waited >= self._timeout:
                raise self._locked()
            if waited >= _PATIENCE and not told and self.on_wait is not None:
                told = True
                self.on_wait(_read_holder(self._path))
            time.sleep(min(_POLL, self._timeout - waited))

    def release(self) -> None:
        """Let go of the lock, which the current thread must hold."""
        if not self.held:
            raise AssertionError(f"{self._path} is released by a thread that does not hold it")
        descriptor, self._descriptor, self._holder = self._descriptor, -1, None
        try:
            _unlock(descriptor)
        finally:
            os.close(descriptor)
            self._thread_lock.release()

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _refuse_to_nest(self) -> None:
        if self.held:
            raise AssertionError(f"{self._path} is taken again by the thread that holds it: a bug in rtstore")

    def _take(self) -> bool:
        try:
            descriptor = os.open(self._path, _OPEN, 0o666)
        except OSError as error:
            raise refused(error, "open the lock", self._path) from error
        taken = False
        try:
            check_ordinary(self._path, descriptor)
            taken = try_lock(descriptor)
        except OSError as error:
            raise refused(error, "lock", self._path) from error
        finally:
            if not taken:
                os.close(descriptor)
        if taken:
            _write_holder(descriptor)
            self._descriptor, self._holder = descriptor, get_ident()
        return taken

    def _locked(self) -> LockedError:
        holder = _read_holder(self._path)
        who = f"process {holder}" if holder else "another process"
        return LockedError(
            f"{who} is changing this store (it holds {self._path})",
            hint="Wait until that command has finished, or end it; then run this one again.",
        )


def _write_holder(descriptor: int) -> None:
    # The process id is a courtesy: a full disk must not keep anyone from taking the lock.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()}\n".encode())


def _read_holder(path: str) -> int | None:
    try:
        with open(path, "rb") as file:
            text = file.read(20).strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
