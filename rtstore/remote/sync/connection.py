"""A remote that is being talked to: its repository, what is known of it, and the backup's keys.

What is known is read when the connection is made; a remote that is new is given to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from rtstore.errors import KeyFileError, TamperError, UnreachableError, UsageError
from rtstore.remote.access import Access
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.repository import GitObjects, NoRepositoryError
from rtstore.remote.keys import age, encoding
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.keys.own import ensure_own_identity, own_identity
from rtstore.remote.keys.wrapping import unwrap
from rtstore.remote.sync.memory import Memory, read_memory, write_memory
from rtstore.workspace.operate import writing
from rtstore.workspace.remotes import Remote
from rtstore.workspace.workspace import Workspace

#: The largest key file that is looked at.
MAX_KEYS = 4 << 20


class Connection:
    """The remote ``name`` of a workspace, with ``memory`` and ``remote``: what is known of it."""

    def __init__(self, workspace: Workspace, name: str, access: Access, remote: Remote | None = None) -> None:
        self.workspace = workspace
        self.name = name
        self.access = access
        self.remote = remote or workspace.remotes.read(name)
        self.repository = open_repository(
            self.remote.address,
            ssh_command=access.ssh_command,
            environment=access.environment,
            may_ask=access.may_ask,
        )
        #: Whether nothing is written down of it yet.
        self.is_new = remote is not None
        self.memory = self._read_memory()
        self._keyring = self._own_keyring()
        #: Why the keys on the remote could not be opened, where those known here were taken instead.
        self.not_opened: KeyFileError | None = None

    @property
    def keyring(self) -> Keyring:
        """The backup's keys.

        Raises:
            KeyFileError: none of the keys at hand opens them.
        """
        if self._keyring is None:
            raise KeyFileError(
                f"the keys of remote {self.name!r} cannot be opened here: this machine's key has changed",
                hint="Bring it back with `rtstore key import FILE`, or add the remote again.",
            )
        return self._keyring

    def tip(self) -> str | None:
        """Return the git commit that the backup is at; None if it was never pushed to.

        Raises:
            UnreachableError: the repository by its path, which was there, is not there now.
            TamperError: it was there, and is gone.
        """
        try:
            tip = self.repository.branches().commits.get(self.remote.branch)
        except NoRepositoryError as error:
            if not self.remote.number and self.remote.commit is None:
                raise
            raise UnreachableError(
                f"{self.remote.address}, where the backup is, is not there now",
                hint="Is it on a disk that is not connected, or not mounted? Nothing is known to be lost.",
            ) from error
        if tip is None and self.remote.number:
            raise TamperError(
                f"the backup is gone: {self.remote.address} has no branch {self.remote.branch!r} any more",
                hint="If it was removed on purpose, remove the remote here too, and add it again.",
            )
        return tip

    def read_keys(self, objects: GitObjects, keys: dict[str, str]) -> Keyring:
        """Return the keyring that lies in the remote, if it has changed; ``keys``: git ids of the files with it.

        Raises:
            KeyFileError: none of the keys at hand opens it.
            TamperError: it is that of another backup, or nobody announced it.
        """
        if self._keyring is not None and keys and keys == self.memory.files.keys:
            return self._keyring
        files = {f"keys/{name}": objects.read("blob", id, MAX_KEYS) for name, id in keys.items()}
        identities = [] if self.access.by_passphrase and self._keyring is None else self._identities()
        try:
            found = unwrap(files, identities, self.access.ask)
        except KeyFileError as error:
            # It was opened with a key that is not at hand now. Unless a member was removed, its keys are as they were.
            members = self._keyring.recipients if self._keyring is not None else ()
            if self._keyring is None or any(each.recipient in members for each in identities):
                raise
            self.not_opened = error
            return self._keyring
        self.check_keys(found)
        return found

    def check_keys(self, found: Keyring) -> None:
        """Refuse keys of another backup than the one that is known."""
        if self._keyring is not None:
            found.check_succession(self._keyring)
        elif self.remote.fingerprint and not found.has_fingerprint(self.remote.fingerprint):
            raise TamperError(
                f"the remote holds another backup: its fingerprint is {found.fingerprint}, "
                f"and {self.remote.fingerprint} was expected",
                hint="Nothing was stored. Ask who made the backup for its fingerprint.",
            )

    def refresh(self) -> bool:
        """Take in what another process has learnt of the remote; tell whether there was anything.

        Raises:
            RevisionError: it has been removed meanwhile.
        """
        if self.is_new:
            return False
        found = self.workspace.remotes.read(self.name)
        if found == self.remote:
            return False
        self.remote, self.memory = found, self._read_memory()
        self._keyring = self._own_keyring() or self._keyring
        return True

    def forget_files(self) -> None:
        """Forget what was fetched, so that all of it is fetched again."""
        self.memory = Memory()

    def know(self, remote: Remote, memory: Memory, keyring: Keyring | None = None) -> None:
        """Remember what was seen of the remote. The store's lock must be held.

        Raises:
            UsageError: a remote is new, and another process has used its name meanwhile.
            RevisionError: another process has removed it meanwhile.
        """
        files, remotes = self.workspace.files, self.workspace.remotes
        before = self.remote
        if self.is_new and self.name in remotes.names():
            raise UsageError(f"there is a remote {self.name!r} already", hint="Choose another name.")
        if self.refresh():
            if self.remote.number > remote.number:
                return  # another process was quicker, and knows more
            if self.remote.key_files != before.key_files:  # to be pushed by the next one
                remote = replace(remote, keys=self.remote.keys, key_files=self.remote.key_files)
        if keyring is not None and keyring != self._keyring:
            remote = self.with_keys(remote, keyring)
            self._keyring = keyring
        remotes.directory()
        write_memory(files, remotes.memory_path(self.name), memory)
        if remote != self.remote or self.is_new:
            remotes.write(self.name, remote)
        self.remote, self.memory, self.is_new = remote, memory, False

    def know_locked(self, remote: Remote, memory: Memory, keyring: Keyring | None = None) -> None:
        """The same where the lock is not held."""
        with writing(self.workspace):
            self.know(remote, memory, keyring)

    def know_taken(self, parts: Iterable[str]) -> None:
        """Remember that parts are in the store, though not all is: a fetch that is cut off goes on behind them."""
        if self.is_new or self.memory.commit != self.remote.commit:
            return
        self.memory = replace(self.memory, taken=self.memory.taken.union(parts))
        write_memory(self.workspace.files, self.workspace.remotes.memory_path(self.name), self.memory)

    def _read_memory(self) -> Memory:
        found = read_memory(self.workspace.files, self.workspace.remotes.memory_path(self.name))
        return found if found.commit == self.remote.commit else Memory()

    def with_keys(self, remote: Remote, keyring: Keyring) -> Remote:
        """Return what is known of a remote with the backup's keys, locked for this machine."""
        return replace(
            remote,
            keys=self._locked(keyring),
            backup=keyring.backup.hex(),
            fingerprint=keyring.fingerprint,
        )

    def _locked(self, keyring: Keyring) -> bytes:
        if self.access.directory is None:
            return b""
        own = ensure_own_identity(self.workspace.files, self.access.directory).identity
        return age.encrypt(encoding.encode(keyring), [own.recipient])

    def _own_keyring(self) -> Keyring | None:
        """Return the backup's keys as they lie here, locked for this machine; None if they cannot be opened."""
        if not self.remote.keys:
            return None
        try:
            text = age.decrypt(self.remote.keys, self._identities(), "the keys of the backup")
        except KeyFileError:
            return None
        return encoding.decode(text, "the keys of the backup")

    def _identities(self) -> list[age.Identity]:
        found = list(self.access.identities)
        if self.access.directory is not None:
            try:
                found.append(own_identity(self.access.directory))
            except KeyFileError:
                if not found and self.access.ask is None:
                    raise
        return found
