"""Moving a branch of a repository on this machine, under git's own lock, so that nobody's move is lost."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from types import TracebackType
from typing import Final

from dulwich.config import ConfigFile
from dulwich.file import SharedPerm, calc_shared_perm
from dulwich.refs import DiskRefsContainer, Ref
from dulwich.repo import parse_shared_repository

from rtstore.errors import DamagedError, RemoteError, StorageError
from rtstore.remote.git.objects import is_id
from rtstore.remote.git.pathlock import RefLock
from rtstore.storage.files import WINDOWS, Files, refused

_SYMBOLIC: Final = b"ref: "


class Shared:
    """The permissions that ``core.sharedRepository`` asks for."""

    def __init__(self, config: ConfigFile, files: Files) -> None:
        self._files = files
        self._permissions: SharedPerm | None = None
        with suppress(KeyError):
            self._permissions = parse_shared_repository(config.get((b"core",), b"sharedRepository"))

    def adjust(self, path: str) -> None:
        """Give a new file or directory the permissions.

        Raises:
            StorageError: the operating system refused.
        """
        if self._permissions is None or WINDOWS:
            return
        try:
            status = os.stat(path)
        except OSError as error:
            raise refused(error, "look at", path) from error
        mode = calc_shared_perm(stat.S_IMODE(status.st_mode), self._permissions)
        if stat.S_ISDIR(status.st_mode):
            mode |= (mode & 0o444) >> 2
            if mode & 0o060:
                mode |= stat.S_ISGID
        self._files.set_mode(path, mode)

    def make_directory(self, path: str) -> None:
        """Create a directory and its parents where they are missing.

        Raises:
            StorageError: the operating system refused.
        """
        if not os.path.isdir(path):
            self.make_directory(os.path.dirname(path))
            self._files.make_directory(path)
            self.adjust(path)


class RefUpdate:
    """A branch that is about to be moved. As a context it is locked, against git too."""

    def __init__(
        self, refs: DiskRefsContainer, directory: str, ref: Ref, files: Files, shared: Shared
    ) -> None:
        self._refs = refs
        self._directory = directory
        self._ref = ref
        self._files = files
        self._shared = shared
        self._path = os.path.join(directory, *os.fsdecode(ref).split("/"))
        self._lock = RefLock(self._path, self._name, files)
        # A name that git's own housekeeping removes where we cannot.
        self._new = os.path.join(directory, "objects", "pack", f"tmp_ref_{os.urandom(20).hex()}")

    def __enter__(self) -> RefUpdate:
        """Take the lock.

        Raises:
            RemoteMovedError: another program has it.
            RemoteError: the name is in the way of another branch's.
            StorageError: the operating system refused.
        """
        self._check_neighbours()
        self._shared.make_directory(os.path.dirname(self._path))
        self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(StorageError):  # where it is no branch, and git removes it
            self._files.remove(self._new, missing_ok=True)
        self._lock.release()

    def current(self) -> str | None:
        """Return the commit that the branch is at; None: there is no such branch.

        Raises:
            RemoteError: what stands there is not a commit.
        """
        try:
            value = self._files.read(self._path).strip()
        except (FileNotFoundError, NotADirectoryError):
            value = self._refs.get_packed_refs().get(self._ref, b"")
        except (StorageError, DamagedError) as error:
            if isinstance(error.__cause__, IsADirectoryError | NotADirectoryError):
                value = self._refs.get_packed_refs().get(self._ref, b"")
            else:
                raise
        text = value.decode("ascii", "replace")
        if value.startswith(_SYMBOLIC):
            raise RemoteError(f"{self._name} stands for another branch", hint="Use that one.")
        if text and not is_id(text):
            raise RemoteError(f"{self._path} holds no commit", hint="Run `git fsck` in the repository.")
        return text or None

    def write(self, new: str) -> None:
        """Write down where the branch is to be, durably but not valid yet.

        Raises:
            StorageError: the operating system refused.
        """
        with self._files.create(self._new) as file:
            file.write(f"{new}\n".encode())
            file.sync()
        self._shared.adjust(self._new)

    def publish(self) -> None:
        """Move the branch to what was written; it has moved, durably, when this returns.

        Raises:
            StorageError: the operating system refused.
        """
        if os.path.isdir(self._path):
            # Git leaves empty directories where branches have been.
            with suppress(OSError):
                os.removedirs(self._path)
            self._shared.make_directory(os.path.dirname(self._path))
        self._files.replace(self._new, self._path)
        self._files.sync_directory(os.path.dirname(self._path))

    @property
    def _name(self) -> str:
        return os.fsdecode(self._ref)

    def _check_neighbours(self) -> None:
        """A branch cannot have a name under which others are grouped, or be grouped under another one's."""
        for other in self._refs.allkeys():
            shorter, longer = sorted((bytes(other), bytes(self._ref)), key=len)
            if longer.startswith(shorter + b"/"):
                raise RemoteError(
                    f"a branch {self._name} cannot be beside {os.fsdecode(other)}",
                    hint="Choose another name for the branch.",
                )
