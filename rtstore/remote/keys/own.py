"""This machine's own key: an age key in the user's configuration directory, made when it is first needed.

The file is as ``age-keygen`` writes it, so that ``age -d -i`` takes it. It is never replaced without being kept
beside: what was encrypted to an old key is lost with it.
"""

from __future__ import annotations

import os
import time
from typing import Final, NamedTuple

from rtstore.errors import KeyFileError
from rtstore.remote.keys import age, header
from rtstore.remote.keys.identities import AskPassphrase, load_identities, parse_identities
from rtstore.remote.keys.keyfiles import (
    check_own_place,
    check_private,
    make_private_directory,
    read_key_file,
    write_new,
)
from rtstore.storage.files import Files

_NAME: Final = "identity"


class Ensured(NamedTuple):
    """This machine's key; ``made``: there was none before."""

    identity: age.Identity
    made: bool


class Imported(NamedTuple):
    """This machine's key; ``changed``: it was another or none before; ``kept``: where the other is now, if any."""

    identity: age.Identity
    changed: bool
    kept: str | None


def identity_path(directory: str) -> str:
    """Return where this machine's key is in a user's configuration directory."""
    return os.path.join(directory, _NAME)


def own_identity(directory: str) -> age.Identity:
    """Return this machine's key.

    Raises:
        KeyFileError: there is none, it is damaged, or others can read or replace it.
        StorageError: the operating system refused.
    """
    found = _find(directory)
    if found is None:
        raise KeyFileError(
            "this machine has no key yet",
            hint="`rtstore key show --create` makes one, `rtstore key import FILE` takes one over.",
        )
    return found


def ensure_own_identity(files: Files, directory: str) -> Ensured:
    """Return this machine's key; make it if there is none.

    Raises:
        KeyFileError: the one there is damaged, or others can read or replace it.
        StorageError: the operating system refused.
    """
    if (found := _find(directory)) is not None:
        return Ensured(found, False)
    make_private_directory(files, directory)
    made = write_new(files, identity_path(directory), _content(age.generate()))
    return Ensured(own_identity(directory), made)  # as it was written; or as another process did just now


def check_export(directory: str, target: str) -> age.Identity:
    """Return this machine's key if it can be exported to ``target``.

    Raises:
        KeyFileError: there is no usable key, ``target`` exists, or its directory does not.
        StorageError: the operating system refused.
    """
    identity = own_identity(directory)
    if os.path.lexists(target):
        raise _exists(target)
    if not os.path.isdir(parent := os.path.dirname(target) or os.curdir):
        raise KeyFileError(f"there is no directory {parent} to put {os.path.basename(target)} into")
    return identity


def export_identity(files: Files, directory: str, target: str, passphrase: str | None = None) -> age.Identity:
    """Write this machine's key to a new file that only its owner can read; with a passphrase, locked with it.

    Raises:
        KeyFileError: there is no usable key, ``target`` exists or its directory does not, or the passphrase is empty.
        StorageError: the operating system refused.
    """
    identity = check_export(directory, target)
    content = bytes(read_key_file(identity_path(directory)))
    if passphrase is not None:
        content = header.armored(age.encrypt_with_passphrase(content, passphrase))
    if not write_new(files, target, content):
        raise _exists(target)
    return identity


def import_identity(
    files: Files, directory: str, source: str, *, force: bool = False, ask: AskPassphrase | None = None
) -> Imported:
    """Make the key in an age identity file this machine's. The same once more changes nothing.

    ``force``: even if there is another, which is kept beside as ``identity.1``, ``identity.2``... ``ask`` is called
    if a passphrase locks the file.

    Raises:
        KeyFileError: the file has no usable key, or several; there is another and ``force`` is false.
        StorageError: the operating system refused.
    """
    identity = _only(load_identities(source, ask), source)
    path, old = identity_path(directory), _find(directory)
    if old is None:
        make_private_directory(files, directory)
        if not write_new(files, path, _content(identity)):
            raise KeyFileError("another process has just made a key for this machine", hint="Run it again.")
        return Imported(own_identity(directory), True, None)
    if old.recipient == identity.recipient:
        return Imported(old, False, None)
    if not force:
        raise KeyFileError(
            f"this machine has another key already: {path}",
            hint="--force takes over the new one and keeps the old one beside.",
        )
    kept = _keep(files, path)
    files.write_atomically(path, _content(identity), mode=0o600)
    return Imported(own_identity(directory), True, kept)


def _find(directory: str) -> age.Identity | None:
    path = identity_path(directory)
    check_own_place(path)
    try:
        content = read_key_file(path)
    except FileNotFoundError:
        return None
    check_private(content, path)
    return _only(parse_identities(content, path), path)


def _keep(files: Files, path: str) -> str:
    """Copy a key to the first free name beside: at every instant there is a key under the name it has."""
    content, number = bytes(read_key_file(path)), 1
    while not write_new(files, f"{path}.{number}", content):
        number += 1
    return f"{path}.{number}"


def _only(identities: list[age.Identity], path: str) -> age.Identity:
    if len(identities) > 1:
        raise KeyFileError(
            f"{path} has {len(identities)} keys, and a machine has one", hint="Leave one in the file."
        )
    if not identities[0].recipient.key.startswith("age1"):
        raise KeyFileError(
            f"{path} is an ssh key, and this machine's own is one of age",
            hint="An ssh key is used where it lies: give it with --ssh-key.",
        )
    return identities[0]


def _content(identity: age.Identity) -> bytes:
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return f"# created: {created}\n# public key: {identity.recipient.key}\n{identity.secret_text}\n".encode()


def _exists(path: str) -> KeyFileError:
    return KeyFileError(f"{path} exists, and a key file is never overwritten", hint="Give another name.")
