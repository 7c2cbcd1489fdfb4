"""What a store can do with encrypted backups: the part of ``Store`` that talks to remotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rtstore.errors import NothingToDoError, RevisionError, UsageError
from rtstore.model.objects import State
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.remote.access import Access
    from rtstore.remote.keys.age import Recipient
    from rtstore.remote.keys.keyring import Keyring
    from rtstore.remote.setup import Added, Members
    from rtstore.remote.sync.compact import Compacted
    from rtstore.remote.sync.connection import Connection
    from rtstore.remote.sync.fetch import Fetched
    from rtstore.remote.sync.push import Pushed
    from rtstore.remote.verify import Verified
    from rtstore.workspace.merging.results import MergeResult
    from rtstore.workspace.remotes import Remote


class Pulled(NamedTuple):
    """What a pull fetched, and what became of the branch; None where the remote has nothing for it."""

    fetched: Fetched
    revision: str
    merged: MergeResult | None


class Distance(NamedTuple):
    """How far a branch and that of a remote are apart, in commits."""

    remote: str
    branch: str
    ahead: int
    behind: int


class Remotes:
    """The remotes of a workspace. ``access`` says which keys may be used, by default this machine's."""

    _workspace: Workspace
    _user_config: str | None

    if TYPE_CHECKING:

        @property
        def _state(self) -> State: ...

    def remotes(self) -> dict[str, Remote]:
        """Return the remotes by name: what is known of them from when they were last talked to."""
        remotes = self._workspace.remotes
        return {name: remotes.read(name) for name in remotes.names()}

    def remote(self, name: str) -> Remote:
        """Return what is known of a remote.

        Raises:
            RevisionError: there is none of this name.
        """
        return self._workspace.remotes.read(name)

    def remote_branches(self) -> dict[str, bytes]:
        """Return the branches and version tags of all remotes, as ``REMOTE/BRANCH``, and the commits they are at."""
        return self._workspace.remotes.commits()

    def default_remote(self) -> str:
        """Return the remote that is meant where none is named: the only one, or ``backup``.

        Raises:
            NothingToDoError: there is none.
            UsageError: there are several.
        """
        names = self._workspace.remotes.names()
        if len(names) == 1:
            return names[0]
        if not names:
            raise NothingToDoError("there is no remote yet", hint="Add one: `rtstore remote add backup URL`.")
        if "backup" in names:
            return "backup"
        raise UsageError("which remote?", hint=f"There are {', '.join(names)}.")

    def add_remote(
        self,
        name: str,
        address: str,
        members: Members | None = None,
        branch: str | None = None,
        fingerprint: str | None = None,
        access: Access | None = None,
    ) -> Added:
        """Add a remote. A backup that it holds already is fetched; else nothing is written to it before a push.

        ``branch``: that of its repository, chosen where it is not given; ``fingerprint``: which the backup must have.

        Raises:
            UsageError: the name is taken or no name, or the address is none.
            UnreachableError, RemoteError: it cannot be reached, or the branch holds something else.
            TamperError: it holds a backup with another fingerprint.
            KeyFileError: no key at hand opens the backup it holds.
        """
        from rtstore.remote import setup

        return setup.add_remote(
            self._workspace,
            name,
            address,
            self._access(access),
            members or setup.Members(),
            branch,
            fingerprint,
        )

    def remove_remote(self, name: str) -> None:
        """Forget a remote; what it holds stays there.

        Raises:
            RevisionError: there is none of this name.
        """
        remotes = self._workspace.remotes
        with self._workspace.lock:
            remotes.check_there(name)  # not read: its file may be damaged
            remotes.remove(name)

    def rename_remote(self, old: str, new: str) -> None:
        """Give a remote another name.

        Raises:
            RevisionError: there is none of this name.
            UsageError: the new name is taken, or no name.
        """
        from rtstore.workspace.remotes import check_hides_nothing, check_remote_name

        remotes = self._workspace.remotes
        check_remote_name(new)
        check_hides_nothing(new, self._state)
        with self._workspace.lock:
            remotes.check_there(old)
            if new in remotes.names():
                raise UsageError(f"there is a remote {new!r} already", hint="Choose another name.")
            remotes.rename(old, new)

    def push(
        self,
        remote: str | None = None,
        branches: Sequence[str] = (),
        *,
        all: bool = False,
        tags: bool = False,
        force: bool = False,
        delete: bool = False,
        access: Access | None = None,
    ) -> Pushed:
        """Send branches to a backup: those named (a version tag goes too), or ``all``, or that of HEAD.

        ``tags``: with all version tags. ``force``: a branch may leave commits behind that the backup has, if it was
        not pushed to since it was last fetched. ``delete``: those named, with ``tags`` version tags alone, are deleted
        in the backup. That loses no commit which is on no other branch, unless it is forced.

        Raises:
            UsageError: what is asked for contradicts itself.
            RevisionError: there is no such remote, branch or version tag.
            NothingToDoError: there is no commit yet.
            RemoteError: the backup has commits that a branch here has not; or it cannot be reached or refuses.
            TamperError: it is not what its members wrote.
            KeyFileError: no key at hand opens it.
        """
        from rtstore.remote.sync.push import push
        from rtstore.remote.sync.request import deletion, request

        if delete and (all or not branches):
            raise UsageError(
                "which branch or version tag is to be deleted?", hint="`rtstore push REMOTE --delete NAME`"
            )
        connection = self._connect(remote, access)
        if delete:
            return push(connection, deletion(connection, branches, tags, force))
        return push(connection, request(self._state, branches, all, tags, force))

    def fetch(self, remote: str | None = None, access: Access | None = None) -> Fetched:
        """Bring what a backup has into the store; its branches are then ``REMOTE/BRANCH``.

        Raises:
            RevisionError: there is no such remote.
            UnreachableError, RemoteError: it cannot be reached, or holds something else.
            TamperError: it is not what its members wrote.
            KeyFileError: no key at hand opens it.
        """
        from rtstore.remote.sync.fetch import fetch

        return fetch(self._connect(remote, access))

    def pull(
        self,
        remote: str | None = None,
        branch: str | None = None,
        author: str | None = None,
        access: Access | None = None,
    ) -> Pulled:
        """Fetch, then merge a branch of the backup into that of HEAD: by default the one of the same name.

        Raises:
            RevisionError: there is no such remote, or it has no such branch.
            UncommittedChangesError, InProgressError: see ``merge``; others: see ``fetch``.
        """
        connection = self._connect(remote, access)
        from rtstore.remote.sync.fetch import fetch

        fetched = fetch(connection)
        wanted = branch or self._state.branch
        if wanted is None:
            raise UsageError("HEAD is on no branch", hint="Say which branch is to be merged.")
        revision = f"{connection.name}/{wanted}"
        if wanted not in connection.remote.branches:
            if branch is None and not connection.remote.branches:
                return Pulled(fetched, revision, None)
            known = ", ".join(sorted(connection.remote.branches))
            raise RevisionError(
                f"{connection.name} has no branch {wanted!r}", hint=f"It has {known or 'none yet'}."
            )
        from rtstore.workspace.merging.merge import MergeOptions, merge

        # A branch or version tag here may be called the same, and would be what the name means.
        hidden = revision in self._state.branches or revision in self._state.tags
        theirs = connection.remote.branches[wanted].hex() if hidden else revision
        return Pulled(fetched, revision, merge(self._workspace, theirs, None, author or "", MergeOptions()))

    def verify_remote(self, remote: str | None = None, access: Access | None = None) -> Verified:
        """Download everything a backup holds and check it, without keeping any of it.

        Raises:
            TamperError: something of it is missing or not what its members wrote; others: see ``fetch``.
        """
        from rtstore.remote.verify import verify

        return verify(self._connect(remote, access))

    def compact_remote(self, remote: str | None = None, access: Access | None = None) -> Compacted:
        """Write a backup anew in as few parts as it can have, without its git history where the server allows that.

        Raises:
            NothingToDoError: nothing was pushed to it yet; others: see ``push``.
        """
        from rtstore.remote.sync.compact import compact

        return compact(self._connect(remote, access))

    def recipients(self, remote: str | None = None, access: Access | None = None) -> Keyring:
        """Return who can open a backup, as it was last seen.

        Raises:
            KeyFileError: no key at hand opens it.
        """
        return self._connect(remote, access).keyring

    def add_recipients(
        self, remote: str | None, recipients: Sequence[Recipient], access: Access | None = None
    ) -> Keyring:
        """Let others open a backup, with all that is in it.

        Raises:
            NothingToDoError: all of them can already; others: see ``push``.
        """
        from rtstore.remote.members import add_recipients

        return add_recipients(self._connect(remote, access), recipients)

    def remove_recipients(
        self, remote: str | None, names: Sequence[str], access: Access | None = None
    ) -> Keyring:
        """Let recipients not open what is written from now on. ``names``: keys, beginnings of keys, or comments.

        Raises:
            KeyFileError: there is no such recipient, or nobody would be left; others: see ``push``.
        """
        from rtstore.remote.members import remove_recipients

        return remove_recipients(self._connect(remote, access), names)

    def distances(self) -> tuple[Distance, ...]:
        """Return how far the branch of HEAD and those of the same name on remotes are apart, as last fetched."""
        from rtstore.history.ancestry import walk

        state = self._state
        here = state.branches.get(state.branch) if state.branch is not None else None
        if here is None or state.branch is None:
            return ()
        found = []
        for name, remote in self.remotes().items():
            there = remote.branches.get(state.branch)
            if there is not None:
                ahead = sum(1 for _ in walk(self._workspace, [here], [there])) if here != there else 0
                behind = sum(1 for _ in walk(self._workspace, [there], [here])) if here != there else 0
                found.append(Distance(name, state.branch, ahead, behind))
        return tuple(found)

    def _connect(self, name: str | None, access: Access | None) -> Connection:
        from rtstore.remote.sync.connection import Connection

        return Connection(self._workspace, name or self.default_remote(), self._access(access))

    def _access(self, access: Access | None) -> Access:
        from rtstore.remote.access import Access

        return access or Access(self._user_config)
