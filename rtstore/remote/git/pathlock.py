"""Git's lock of a branch, the file ``BRANCH.lock``: taken so that it can be told who took it, and when he is gone.

For git it is only there or not, and one that a killed process left stops every later push until somebody removes it.
What rtstore makes says which process of which machine did; and that process holds a lock of the operating system on it.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from hashlib import sha256
from typing import Final, NamedTuple

from rtstore.errors import RemoteMovedError, StorageError
from rtstore.storage.files import WINDOWS, Files
from rtstore.storage.lock import try_lock

_OPEN: Final = (
    os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)
#: Bytes of a lock that are looked at.
_MOST: Final = 200
_MARK: Final = "rtstore"


class Holder(NamedTuple):
    """A process, and a sign for its machine."""

    process: int
    machine: str

    def text(self) -> bytes:
        """Return what stands in a lock."""
        return f"{_MARK} {self.process} {self.machine}\n".encode()


def me() -> Holder:
    """Return who this is. The name of the machine is nobody's business who reads the disk."""
    return Holder(os.getpid(), sha256(f"rtstore lock {socket.gethostname()}".encode()).hexdigest()[:16])


def parsed(text: bytes) -> Holder | None:
    """Return who made a lock; None: not rtstore."""
    words = text.decode("ascii", "replace").split()
    if len(words) != 3 or words[0] != _MARK or not words[1].isdigit() or len(words[1]) > 10:
        return None
    return Holder(int(words[1]), words[2])


class RefLock:
    """The lock of a branch that is in the file ``path`` without ``.lock``."""

    def __init__(self, path: str, name: str, files: Files) -> None:
        self._path = f"{path}.lock"
        self._name = name
        self._files = files
        self._descriptor = -1

    def acquire(self) -> None:
        """Take the lock, also from a process that is gone.

        Raises:
            RemoteMovedError: another one holds it.
            StorageError: the operating system refused.
        """
        try:
            file = self._files.create(self._path)
        except StorageError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
            if not self._take_over():
                raise self._busy() from error
            return
        try:
            with file:
                file.write(me().text())
        except BaseException:
            self.release()
            raise
        with suppress(OSError):  # where there are no such locks, nobody finds out that we are gone
            self._descriptor = os.open(self._path, _OPEN)
            try_lock(self._descriptor)

    def release(self) -> None:
        """Let go of it. If it cannot be removed, the next one takes it over."""
        if WINDOWS:  # where nobody can remove a file that is open
            self._close()
        with suppress(StorageError):
            self._files.remove(self._path, missing_ok=True)
        self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _take_over(self) -> bool:
        """Take a lock that is there from a process of this machine that is gone; return whether that worked."""
        if WINDOWS:  # where a file that is open cannot be removed, so that a race could not be told
            return False
        try:
            self._descriptor = os.open(self._path, _OPEN)
            if _is_left(os.pread(self._descriptor, _MOST, 0)) and try_lock(self._descriptor):
                # Again, now that nobody else can be at it: another one may have taken it over, or removed it.
                same = os.path.samestat(os.fstat(self._descriptor), os.lstat(self._path))
                if same and _is_left(os.pread(self._descriptor, _MOST, 0)):
                    os.ftruncate(self._descriptor, 0)
                    os.pwrite(self._descriptor, me().text(), 0)
                    return True
        except OSError:
            pass
        self._close()
        return False

    def _busy(self) -> RemoteMovedError:
        holder = None
        with suppress(OSError), open(self._path, "rb") as file:
            holder = parsed(file.read(_MOST))
        who = "another program"
        if holder is not None:
            here = holder.machine == me().machine
            who = f"process {holder.process} of this machine" if here else "rtstore on another machine"
        return RemoteMovedError(
            f"{who} writes {self._name} at this moment",
            hint=f"Try again; if nobody pushes there any more, remove {self._path}, which was left behind.",
        )


def _is_left(text: bytes) -> bool:
    """Whether a lock was made by a process of this machine that has ended, or by this one."""
    holder = parsed(text)
    if holder is None or holder.machine != me().machine or not holder.process:
        return False
    if holder.process == os.getpid():
        return True
    try:
        os.kill(holder.process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False
