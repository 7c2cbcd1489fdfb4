"""What a fetch receives waits in a directory of its own, and stays there if the fetch is cut off, for the next one.

Whoever uses such a directory holds a lock in it, which the operating system lets go of when the process ends. So also
what was killed is found, and what another process receives at this moment is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

from rtstore.errors import StorageError, UnreachableError
from rtstore.remote.git.repository import GitObjects, Progress, Repository
from rtstore.storage.files import WINDOWS
from rtstore.storage.lock import Lock
from rtstore.workspace.remotes import INCOMING

_LOCK: Final = "lock"
_TRIES: Final = 10


@contextmanager
def receiving(
    repository: Repository,
    address: str,
    tip: str,
    known: str | None,
    directory: str,
    progress: Progress,
) -> Iterator[GitObjects]:
    """Fetch a git commit from the repository at an address, with what earlier transfers of it left in ``directory``.

    Raises:
        UnreachableError, RemoteError, TamperError: see ``Repository.fetch``.
    """
    beginning = f"{INCOMING}{sha256(address.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}-"
    with ExitStack() as locks:
        left = [path for path in _left(directory, beginning) if _locked(path, locks)]
        own = _new(directory, beginning, locks)
        stays = False
        try:
            with repository.fetch(tip, known, own, progress, left) as objects:
                yield objects
            stays = not _is_empty(own)  # somebody asked for it
        except BaseException as error:
            stays = isinstance(error, UnreachableError) or not isinstance(error, Exception)
            raise
        finally:
            gone = [path for path in (own, *left) if not stays or _is_empty(path)]
            _remove(gone)
    if WINDOWS:  # where what is locked cannot be removed
        _remove(gone)


def _remove(paths: Sequence[str]) -> None:
    for path in paths:
        rmtree(path, ignore_errors=True)  # what is left of it is swept by gc


def _left(directory: str, beginning: str) -> list[str]:
    return [
        os.path.join(directory, name) for name in sorted(os.listdir(directory)) if name.startswith(beginning)
    ]


def _new(directory: str, beginning: str, locks: ExitStack) -> str:
    for _ in range(_TRIES):
        path = mkdtemp(prefix=beginning, dir=directory)
        if _locked(path, locks):
            return path
        # Another process took it for one that was left, in the instant in which it was nobody's.
    raise AssertionError("unreachable")


def _locked(path: str, locks: ExitStack) -> bool:
    """Lock a directory; return whether that worked: nobody else uses it, and it is still there."""
    lock = Lock(os.path.join(path, _LOCK))
    with suppress(StorageError):
        if lock.try_acquire():
            locks.callback(lock.release)
            return True
    return False


def _is_empty(path: str) -> bool:
    try:
        return set(os.listdir(path)) <= {_LOCK}
    except OSError:
        return True
