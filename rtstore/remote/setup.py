"""Adding a remote: a new backup with keys of its own, or one that is there already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rtstore.errors import RemoteError, TamperError, UsageError
from rtstore.remote.access import Access
from rtstore.remote.files import FORMAT, MAX_TREE
from rtstore.remote.git.address import from_anywhere
from rtstore.remote.git.objects import parse_commit, parse_tree
from rtstore.remote.git.refname import ref_of
from rtstore.remote.git.repository import Branches, Repository
from rtstore.remote.keys.age import Recipient
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.keys.own import ensure_own_identity, identity_path
from rtstore.remote.keys.wrapping import wrap
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import fetch
from rtstore.remote.sync.memory import Memory
from rtstore.remote.sync.transfer import receiving
from rtstore.workspace.remotes import Remote, check_hides_nothing, check_remote_name
from rtstore.workspace.workspace import Workspace

#: The branch of a backup in a repository that has other branches.
BRANCH: Final = "rtstore"
_FIRST_BRANCH: Final = "main"


class Added(NamedTuple):
    """A remote that was added.

    ``is_new``: its keys were made now, and nothing is there yet. ``identity``: the path of this machine's key, where
    that opens the backup; ``made_identity``: it was made now.
    """

    name: str
    address: str
    branch: str
    fingerprint: str
    recipients: tuple[str, ...]
    passphrase: bool
    is_new: bool
    identity: str | None
    made_identity: bool


class Members(NamedTuple):
    """Who is to open a new backup: recipients and a passphrase. Neither: this machine."""

    recipients: Sequence[Recipient] = ()
    passphrase: str | None = None
    others: Sequence[Recipient] = ()


def add_remote(
    workspace: Workspace,
    name: str,
    address: str,
    access: Access,
    members: Members,
    branch: str | None = None,
    fingerprint: str | None = None,
) -> Added:
    """Add a remote. A backup that it holds already is fetched; else nothing is written to it before the first push.

    Raises:
        UsageError: the name is taken or no name, the address is none, or git allows no such branch.
        UnreachableError, RemoteError: it cannot be reached, or its branch holds something else.
        TamperError: it holds a backup with another fingerprint than ``fingerprint``.
        KeyFileError: no key at hand opens the backup it holds.
    """
    check_remote_name(name)
    check_hides_nothing(name, workspace.state())
    if branch is not None:
        ref_of(branch)
    address = from_anywhere(address)
    if name in workspace.remotes.names():
        raise UsageError(
            f"there is a remote {name!r} already", hint=f"`rtstore remote remove {name}` forgets it."
        )
    remote = Remote(address=address, branch=branch or "", fingerprint=fingerprint or "")
    connection = Connection(workspace, name, access, remote)
    found = connection.repository.branches()
    connection.remote = remote = Remote(
        address=address,
        branch=branch or _branch_for(connection, found),
        fingerprint=fingerprint or "",
    )
    if remote.branch in found.commits:
        return _join(connection)
    if fingerprint is not None:
        raise TamperError(
            "there is no backup on the remote, and one with this fingerprint was expected",
            hint=f"Is {address} right? --branch names the branch of the backup.",
        )
    return _create(connection, members)


def backup_branch(found: Branches) -> str:
    """Return the branch of a repository that holds a backup, if one does: what is on it is not looked at.

    Raises:
        RemoteError: none does.
    """
    if BRANCH in found.commits:
        return BRANCH
    if len(found.commits) != 1:
        raise no_backup(found)
    return next(iter(found.commits))


def check_branch(repository: Repository, name: str) -> None:
    """Refuse a branch that a repository does not have.

    Raises:
        RemoteError: it is not there.
    """
    found = repository.branches()
    if name not in found.commits:
        raise no_backup(found, name)


def no_backup(found: Branches, name: str | None = None) -> RemoteError:
    """Return the error for a repository without a backup, or without a branch that was named."""
    there = ", ".join(sorted(found.commits))
    return RemoteError(
        "there is no rtstore backup in that repository"
        if name is None
        else f"that repository has no branch {name!r}",
        hint=f"It has {there}; --branch names that of the backup."
        if there
        else "It is empty: nothing was pushed to it yet.",
    )


def _branch_for(connection: Connection, found: Branches) -> str:
    """Return the branch that holds the backup, or is to hold it."""
    if BRANCH in found.commits:
        return BRANCH
    if not found.commits:
        return found.default or _FIRST_BRANCH
    # In a repository that was empty the backup is on the only branch there is.
    if len(found.commits) == 1:
        name, tip = next(iter(found.commits.items()))
        if _is_backup(connection, tip):
            return name
    return BRANCH


def _is_backup(connection: Connection, tip: str) -> bool:
    """Look at a branch, which a server can only be asked for as a whole. A backup stays for the fetch that follows."""
    progress = connection.access.progress
    with receiving(
        connection.repository,
        connection.remote.address,
        tip,
        None,
        connection.workspace.remotes.directory(),
        lambda done, total: progress("receiving", done, total),
    ) as objects:
        commit = parse_commit(objects.read("commit", tip, MAX_TREE))
        top = parse_tree(objects.read("tree", commit.tree, MAX_TREE))
        found = any(entry.name == FORMAT for entry in top)
        if found:
            objects.keep()
    return found


def _join(connection: Connection) -> Added:
    own = _own(connection)
    fetch(connection)
    if not connection.remote.number:
        raise RemoteError(
            "the first push of that backup was interrupted, so its keys are not known here",
            hint="Push again from where it was begun, or name another branch: --branch NAME.",
        )
    return _added(connection, connection.keyring, False, own)


def _create(connection: Connection, members: Members) -> Added:
    recipients = list(members.recipients)
    own = _own(connection)
    if not recipients and members.passphrase is None:
        if own is None:
            raise UsageError("a backup needs a key", hint="Name one with --recipient or --ssh-key.")
        recipients.append(own[0])
    keyring = Keyring.create([*recipients, *members.others], passphrase=members.passphrase is not None)
    key_files = wrap(keyring, members.passphrase)
    remote = Remote(address=connection.remote.address, branch=connection.remote.branch, key_files=key_files)
    connection.know_locked(remote, Memory(), keyring)
    return _added(connection, keyring, True, own)


def _own(connection: Connection) -> tuple[Recipient, bool] | None:
    """Return this machine's key, which is made if there is none, and whether it was made."""
    directory = connection.access.directory
    if directory is None:
        return None
    found = ensure_own_identity(connection.workspace.files, directory)
    return found.identity.recipient, found.made


def _added(
    connection: Connection, keyring: Keyring, is_new: bool, own: tuple[Recipient, bool] | None
) -> Added:
    remote, directory = connection.remote, connection.access.directory
    opens = own is not None and own[0] in keyring.recipients
    return Added(
        connection.name,
        remote.address,
        remote.branch,
        keyring.fingerprint,
        tuple(map(str, keyring.recipients)),
        keyring.passphrase,
        is_new,
        identity_path(directory) if opens and directory is not None else None,
        own is not None and own[1],
    )
