"""What rtstore asks of a git repository, however it is reached."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from rtstore.errors import RemoteError

#: Told how many bytes were sent or received so far, and of how many (None: that is not known).
Progress = Callable[[int, int | None], None]


class NoRepositoryError(RemoteError):
    """Where a repository on this machine, or a mounted disk, should be there is none."""


class Branches(NamedTuple):
    """The branches of a repository: their commits (40 hex digits) by name.

    ``default``: the branch that a clone checks out, which may not exist yet; None if the server does not say.
    """

    commits: dict[str, str]
    default: str | None


class GitObject(NamedTuple):
    """An object to be sent: ``kind`` is ``commit``, ``tree`` or ``blob``, ``id`` has 40 hex digits."""

    kind: str
    id: str
    data: bytes


class GitObjects(ABC):
    """Objects that were fetched, or lie in a repository that can be read directly."""

    @abstractmethod
    def read(self, kind: str, id: str, limit: int) -> bytes:
        """Return an object's content, compared with its id.

        Raises:
            TamperError: it is missing, of another kind, larger than ``limit``, or not what its id says.
        """

    @abstractmethod
    def contains(self, id: str) -> bool:
        """Tell whether the object is there."""

    def keep(self) -> None:  # noqa: B027
        """Let what was received stay for the next fetch, as if the connection had broken."""


class Repository(ABC):
    """A git repository, by its address.

    Every method may raise ``UnreachableError`` (nobody answers: within seconds) or ``RemoteError`` (it is no
    repository, access is refused, ...); their messages are one line without secrets and say what to do.
    """

    @abstractmethod
    def branches(self) -> Branches:
        """Return the branches."""

    @abstractmethod
    def fetch(
        self,
        tip: str,
        known: str | None,
        directory: str,
        progress: Progress,
        left: Sequence[str] = (),
    ) -> AbstractContextManager[GitObjects]:
        """Fetch the commit ``tip``, an advertised one, with all it reaches and ``known`` does not reach.

        What is received waits in ``directory`` until the context ends. An object's declared size is checked before
        anything of it is kept, and the transfer is given up before it fills the disk. Where the context ends because
        the connection broke or the user broke it off, what came stays in ``directory``: given as one of ``left`` the
        next time, what came whole is not sent again.
        """

    @abstractmethod
    def push(
        self, branch: str, old: str | None, new: str, objects: Sequence[GitObject], progress: Progress
    ) -> None:
        """Send objects, then move the branch from the commit ``old`` (None: it does not exist) to ``new``.

        What is moved is durable, as far as the server's promise goes, when this returns. ``new`` may leave out ``old``
        from its ancestors; a server may refuse that.

        Raises:
            RemoteMovedError: the branch is not at ``old`` any more; nothing was changed.
        """
