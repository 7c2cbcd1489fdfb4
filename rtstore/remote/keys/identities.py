"""Private keys from files that a user names: age identity files, and ssh keys.

An age identity file has one key a line and ``#`` before comments, as ``age-keygen`` writes it. It may be locked with
a passphrase (``age -p``), as binary or as lines of text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rtstore.errors import KeyFileError
from rtstore.remote.keys import age, header, ssh
from rtstore.remote.keys.keyfiles import KeyFile, check_private, read_key_file

#: Asks for a passphrase; the argument says of what, as in "the backup" or "the key file FILE".
AskPassphrase = Callable[[str], str]

#: Keys in one file.
MAX_IDENTITIES: Final = 100
_AGE_KEY: Final = "AGE-SECRET-KEY-1"
_PRIVATE_SSH: Final = b"-----BEGIN "


def load_identities(path: str, ask: AskPassphrase | None = None) -> list[age.Identity]:
    """Return the private keys in a file: of age, or one of ssh.

    ``ask`` is called if a passphrase locks the file.

    Raises:
        KeyFileError: there is no such file, no usable key in it, others can read it, or it cannot be unlocked.
        StorageError: the operating system refused.
    """
    content = _read(path)
    if _is_ssh(content):
        return [_ssh_identity(content, path)]
    return parse_identities(_unlocked(content, path, ask), path)


def load_ssh_key(path: str) -> age.Identity:
    """Return a private ssh key: ed25519 or rsa, not locked with a passphrase.

    Raises:
        KeyFileError: there is no such file, no usable key in it, or others can read it.
        StorageError: the operating system refused.
    """
    content = _read(path)
    if not _is_ssh(content):
        hint = f"Its private part is in {path.removesuffix('.pub')}." if path.endswith(".pub") else None
        hint = hint or "A file with keys of age is given with --identity."
        raise KeyFileError(f"{path} is not a private ssh key", hint=hint)
    return _ssh_identity(content, path)


def parse_identities(content: bytes, path: str) -> list[age.Identity]:
    """Return the keys in the content of an age identity file, at least one. ``path`` is for messages.

    Raises:
        KeyFileError: there is none, or a line that is no key.
    """
    found: list[age.Identity] = []
    for number, raw in enumerate(content.splitlines(), 1):
        line = raw.decode("utf-8-sig", "replace").strip()
        if not line or line.startswith("#"):
            continue
        if not line.startswith(_AGE_KEY):
            raise KeyFileError(f"{path}:{number}: this line is not an age key", hint=_instead(line, path))
        found.append(age.age_identity(line, path))
        if len(found) > MAX_IDENTITIES:
            raise KeyFileError(f"{path} has more than {MAX_IDENTITIES} keys")
    if not found:
        raise KeyFileError(
            f"{path} has no key in it", hint=f"It should have a line that begins with {_AGE_KEY}."
        )
    return found


def _instead(line: str, path: str) -> str:
    if line.startswith("AGE-PLUGIN-"):
        return "It needs a plugin of age, which rtstore does not use."
    if line.lower().startswith(("age1", "ssh-")):
        return "It is a public key: the private one is needed here."
    return f"{path} should be a file as age-keygen writes it."


def _unlocked(content: KeyFile, path: str, ask: AskPassphrase | None) -> bytes:
    data = header.without_armor(content, path) if header.is_armored(content) else content
    if not data.startswith(header.MAGIC):
        check_private(content, path)
        return data
    if not header.asks_for_passphrase(data):
        raise KeyFileError(
            f"{path} is encrypted to other keys", hint="Decrypt it first: `age -d -i KEY FILE`."
        )
    if ask is None:
        raise KeyFileError(f"{path} is locked with a passphrase, and there is none")
    return age.decrypt_with_passphrase(bytes(data), ask(f"the key file {path}"), path)


def _ssh_identity(content: KeyFile, path: str) -> age.Identity:
    check_private(content, path)
    return ssh.identity(content, path, lambda: _public_line(f"{path}.pub"))


def _public_line(path: str) -> str | None:
    try:
        return read_key_file(path).decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return None


def _is_ssh(content: bytes) -> bool:
    return content.lstrip().startswith(_PRIVATE_SSH) and not header.is_armored(content)


def _read(path: str) -> KeyFile:
    try:
        return read_key_file(path)
    except FileNotFoundError:
        raise KeyFileError(f"there is no key file {path}", hint="See how its name is spelled.") from None
