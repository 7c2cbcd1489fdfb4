"""Who can open a backup: recipients and a passphrase, and how they change."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rtstore.errors import KeyFileError
from rtstore.remote.keys.age import Recipient
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.keys.wrapping import wrap
from rtstore.remote.sync.connection import Connection
from rtstore.remote.sync.fetch import fetch
from rtstore.remote.sync.push import Rekey, push
from rtstore.remote.sync.request import Request


def add_recipients(connection: Connection, recipients: Sequence[Recipient]) -> Keyring:
    """Let others open a backup, with all that is in it already.

    Raises:
        NothingToDoError: all of them can already.
        KeyFileError: no key at hand opens it, or the passphrase it has is needed and not given.
        UnreachableError, RemoteError, TamperError: see ``fetch``.
    """
    return _change(connection, lambda keyring: _wrapped(connection, keyring.adding(recipients)))


def remove_recipients(connection: Connection, names: Sequence[str]) -> Keyring:
    """Let some not open what is written from now on; what they have read they have.

    ``names``: the public key of each, its beginning, or its comment.

    Raises:
        KeyFileError: there is no such recipient, or several; or nobody would be left; others as above.
    """

    def removed(keyring: Keyring) -> tuple[Keyring, dict[str, bytes]]:
        return _wrapped(connection, keyring.removing([_one(keyring, name) for name in names]))

    return _change(connection, removed)


def _one(keyring: Keyring, name: str) -> Recipient:
    found = keyring.find(name)
    if len(found) == 1:
        return found[0]
    if found:
        raise KeyFileError(
            f"{name!r} fits several recipients",
            hint="Give the whole key: " + ", ".join(one.key for one in found),
        )
    raise KeyFileError(f"there is no recipient {name!r}", hint="`rtstore remote recipients NAME` lists them.")


def _wrapped(connection: Connection, keyring: Keyring) -> tuple[Keyring, dict[str, bytes]]:
    passphrase = None
    if keyring.passphrase and connection.access.ask is not None:
        passphrase = connection.access.ask("the backup")
    return keyring, wrap(keyring, passphrase)


def _change(connection: Connection, rekey: Rekey) -> Keyring:
    fetch(connection)
    if connection.remote.number:
        push(connection, Request({}, {}), rekey)
    else:
        keyring, key_files = rekey(connection.keyring)
        remote = replace(connection.remote, key_files=key_files)
        connection.know_locked(remote, connection.memory, keyring)
    return connection.keyring
