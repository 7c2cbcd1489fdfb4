"""Every error a user can meet, and the exit code the command line gives it.

``RtstoreError`` is the root; catching it catches everything rtstore raises on purpose.
A message says what is wrong and where; ``hint`` says what to do next. The command line adds that
nothing was changed, which holds for every error here unless its message says otherwise.

======  ==============================================================
code    meaning
======  ==============================================================
0       done
1       the answer is "no": differences with ``--exit-code``, no match for ``grep``, conflicts, what checks find
2       the command was used wrongly
3       no workspace here, or a path that cannot be used
4       a dataset or sidecar file cannot be read as what it should be
5       a revision, dataset or entry name that means nothing or too much
6       uncommitted changes, or a merge in progress, are in the way
7       stored data is damaged or missing
8       the operating system refused: disk full, permissions, I/O
9       another rtstore command holds the lock
10      the store was written by a newer rtstore
11      another program changed a file while rtstore worked on it
12      a remote cannot be reached, refuses, or holds something else than this backup
13      a backup is not what its members wrote: altered, rolled back, or under other keys
14      no key at hand opens it, or a key cannot be used
15      a package that comes with an extra of rtstore is not installed
130     interrupted
======  ==============================================================
"""

from __future__ import annotations

from typing import ClassVar


class RtstoreError(Exception):
    """Root of all errors raised by rtstore."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RtstoreError):
    """A command or function was called in a way that makes no sense."""

    exit_code = 2


class ExpressionError(UsageError):
    """An expression that selects entries is not one. ``column`` counts from 1; the message shows the place."""

    def __init__(self, message: str, *, column: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.column = column


class WorkspaceError(RtstoreError):
    """No workspace here, a workspace inside a workspace, or a path that may not be tracked."""

    exit_code = 3


class InputError(RtstoreError):
    """A dataset or sidecar file is not what it should be.

    ``line`` and ``column`` count from 1; ``column`` counts bytes. Both are None where they make no sense.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = ":".join(str(part) for part in (path, line, column) if part is not None)
        super().__init__(f"{place}: {message}" if place else message, hint=hint)
        self.path, self.line, self.column = path, line, column


class RevisionError(RtstoreError):
    """A revision, branch, dataset or entry name that is unknown or ambiguous."""

    exit_code = 5

    def __init__(self, message: str, *, candidates: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class UncommittedChangesError(RtstoreError):
    """Uncommitted changes would be overwritten. ``entries`` names them as ``DATASET#ENTRY``."""

    exit_code = 6

    def __init__(self, message: str, *, entries: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.entries = entries


class NothingToDoError(RtstoreError):
    """The command would change nothing: an empty commit, nothing to undo."""

    exit_code = 1


class ConflictsError(RtstoreError):
    """Conflicts are in the way of what was asked. ``entries`` names them."""

    exit_code = 1

    def __init__(self, message: str, *, entries: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.entries = entries


class InProgressError(RtstoreError):
    """A merge, cherry-pick or revert has to be finished or given up first."""

    exit_code = 6


class DamagedError(RtstoreError):
    """Stored bytes are missing or are not what they were when they were written."""

    exit_code = 7


class MissingObjectError(DamagedError):
    """An object that something refers to is in no pack."""


class StorageError(RtstoreError):
    """The operating system refused a read or a write: disk full, permissions, I/O error."""

    exit_code = 8


class UnreadableError(StorageError):
    """The operating system refused to let a working file be read: that file, and no other, is out of reach."""


class UnfinishedError(StorageError):
    """The same, but the command is done; the next one finishes what is left of it to do."""


class LockedError(RtstoreError):
    """Another rtstore command is changing this store."""

    exit_code = 9


class FormatVersionError(RtstoreError):
    """The store was written by a newer rtstore than this one."""

    exit_code = 10


class FileChangedError(RtstoreError):
    """Another program changed a working file while rtstore was working on it."""

    exit_code = 11


class RemoteError(RtstoreError):
    """A remote cannot be reached, refuses what was asked, or holds something else than this backup."""

    exit_code = 12


class UnreachableError(RemoteError):
    """Nobody answers at the remote's address, or the connection broke."""


class RemoteMovedError(RemoteError):
    """Somebody else wrote to the remote meanwhile, so that what was to be written is out of date."""


class TamperError(RtstoreError):
    """A backup is not what its members wrote: altered, incomplete, rolled back, or under other keys."""

    exit_code = 13


class KeyFileError(RtstoreError):
    """No key at hand opens a backup, or a key cannot be used."""

    exit_code = 14


class MissingExtraError(RtstoreError):
    """A package is needed that comes with an extra of rtstore, and is not installed."""

    exit_code = 15

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the library {package}, which is not installed",
            hint=f"Run: pip install 'rtstore[{extra}]'",
        )
        self.package, self.extra = package, extra
