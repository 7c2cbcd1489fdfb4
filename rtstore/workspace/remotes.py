"""What is known of remotes: their addresses, and what each held when it was last talked to.

One small file a remote, in ``.rtstore/remotes``, replaced as a whole. It is no part of an operation: ``undo`` takes
back what was done here, and never what is known of elsewhere (a remote that goes back in time is an attack).
"""

from __future__ import annotations

import os
import re
from typing import Final

import msgspec

from rtstore.errors import DamagedError, RevisionError, UsageError
from rtstore.history.refs import near_matches
from rtstore.model.objects import State
from rtstore.storage.files import Files
from rtstore.storage.sealed import seal, unseal

DIRECTORY: Final = "remotes"
#: How the names of directories begin in which a fetch, or a verification, keeps what it receives.
INCOMING: Final = ".incoming-"
VERIFYING: Final = ".verify-"
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}")
_PURPOSE: Final = b"remote 1"


class Remote(msgspec.Struct, frozen=True, kw_only=True):
    """A remote as it was last seen.

    ``address``: where its git repository is, ``branch`` which of the branches there is the backup. ``backup`` and
    ``fingerprint`` say which backup it must be. ``number`` and ``hash`` are those of its newest head (0: none was
    seen); ``branches``, ``tags`` and ``default`` what that said. ``commit`` is the git commit that it was in, ``keys``
    the backup's keys, encrypted for this machine; ``key_files`` are those that the next push is to put there.
    """

    address: str
    branch: str
    backup: str = ""
    fingerprint: str = ""
    number: int = 0
    hash: str = ""
    commit: str | None = None
    branches: dict[str, bytes] = {}
    tags: dict[str, bytes] = {}
    default: str | None = None
    keys: bytes = b""
    key_files: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"<Remote {self.address} {self.branch}>"


class Remotes:
    """The remotes of the store in ``directory`` (its ``.rtstore``). Writers must hold the store's lock."""

    def __init__(self, files: Files, directory: str) -> None:
        self._files = files
        self._directory = os.path.join(directory, DIRECTORY)

    def names(self) -> list[str]:
        """Return the names of the remotes, sorted."""
        try:
            found = os.listdir(self._directory)
        except FileNotFoundError:
            return []
        return sorted(name for name in found if _NAME.fullmatch(name))

    def read(self, name: str) -> Remote:
        """Return a remote.

        Raises:
            RevisionError: there is none of this name.
            DamagedError: its file is not what rtstore wrote.
        """
        self.check_there(name)
        path = self.path(name)
        try:
            return _decoder.decode(unseal(self._files.read(path), _PURPOSE) or b"")
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            raise DamagedError(
                f"{path} is damaged",
                hint=f"`rtstore remote remove {name}` forgets it; then add it again, with its fingerprint.",
            ) from None

    def check_there(self, name: str) -> None:
        """Refuse a name that no remote has.

        Raises:
            RevisionError: there is none of this name.
        """
        known = self.names()
        if name not in known:
            near = near_matches(name, known)
            hint = (
                f"There is {', '.join(near or known)}."
                if known
                else "Add one: `rtstore remote add backup URL`."
            )
            raise RevisionError(f"remote {name!r} not found", candidates=near, hint=hint)

    def check_free(self, ref: str, what: str = "branch") -> None:
        """Refuse a new branch or version tag that would hide what a remote has, in every place where it is named.

        Raises:
            UsageError: its name begins with that of a remote and a slash.
        """
        first, slash, rest = ref.partition("/")
        if slash and first in self.names():
            raise UsageError(
                f"a {what} {ref!r} would hide what is called that in the backup {first!r}",
                hint=f"Choose another name: {rest!r} or '{first}-{rest}'.",
            )

    def write(self, name: str, remote: Remote) -> None:
        """Remember a remote, durably."""
        self._files.make_directory(self._directory)
        data = seal(msgspec.msgpack.encode(remote), _PURPOSE)
        self._files.write_atomically(self.path(name), data)

    def rename(self, old: str, new: str) -> None:
        """Give a remote another name."""
        self._files.replace(self.path(old), self.path(new))
        if os.path.lexists(self.memory_path(old)):
            self._files.replace(self.memory_path(old), self.memory_path(new))
        self._files.sync_directory(self._directory)

    def remove(self, name: str) -> None:
        """Forget a remote."""
        self._files.remove(self.memory_path(name), missing_ok=True)
        self._files.remove(self.path(name), missing_ok=True)
        self._files.sync_directory(self._directory)

    def directory(self) -> str:
        """Return where they are; there is such a directory when this returns."""
        self._files.make_directory(self._directory)
        return self._directory

    def path(self, name: str) -> str:
        """Return where a remote's file is."""
        return os.path.join(self._directory, name)

    def memory_path(self, name: str) -> str:
        """Return where the remembered files of a remote are; they can be fetched again."""
        return os.path.join(self._directory, f"{name}.tree")

    def commits(self) -> dict[str, bytes]:
        """Return the commits of all remotes' branches and version tags, as ``NAME/BRANCH``.

        A tag that is called like a branch is ``NAME/tags/TAG``.
        """
        found: dict[str, bytes] = {}
        for name in self.names():
            remote = self.read(name)
            for ref, commit in remote.tags.items():
                found[f"{name}/tags/{ref}" if ref in remote.branches else f"{name}/{ref}"] = commit
            found.update({f"{name}/{ref}": commit for ref, commit in remote.branches.items()})
        return found

    def spellings(self) -> dict[str, bytes]:
        """Return the same by all their names: each tag is ``NAME/tags/TAG``, too."""
        found = self.commits()
        for name in self.names():
            for ref, commit in self.read(name).tags.items():
                found.setdefault(f"{name}/tags/{ref}", commit)
        return found

    def tips(self) -> set[bytes]:
        """Return the commits that branches and version tags of remotes are at."""
        remotes = map(self.read, self.names())
        return {
            commit
            for remote in remotes
            for refs in (remote.branches, remote.tags)
            for commit in refs.values()
        }


def check_remote_name(name: str) -> None:
    """Refuse a name that no remote can have.

    Raises:
        UsageError: the name is refused.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a valid name of a remote", hint="Use letters, digits, '-' and '_': 'backup'."
        )


def check_hides_nothing(name: str, state: State) -> None:
    """Refuse a new remote whose branches would be hidden by what is here.

    Raises:
        UsageError: the name of a branch or version tag begins with that of the remote and a slash.
    """
    refs = {**dict.fromkeys(state.tags, "tag"), **dict.fromkeys(state.branches, "branch")}
    for ref, what in sorted(refs.items()):
        if ref.startswith(f"{name}/"):
            raise UsageError(
                f"a {what} here is called {ref!r}, and would hide what a remote {name!r} has",
                hint=f"Choose another name for the remote, or give the {what} another one.",
            )


_decoder: Final = msgspec.msgpack.Decoder(Remote)
