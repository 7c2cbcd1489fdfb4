"""age: a thin typed layer over pyrage, which nothing else imports.

pyrage is loaded when it is first needed: most commands never talk to a remote. What its errors say is not passed on,
since it is written for programmers; the two things that matter are told apart: a key that does not fit
(``KeyFileError``), and bytes that are not what somebody encrypted (``TamperError``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rtstore.errors import KeyFileError, TamperError
from rtstore.remote.keys import header

#: What pyrage says where the file may be all right and the key is another one. A test pins it.
_NO_MATCH: Final = "No matching keys found"
_WRONG_PASSPHRASE: Final = "Decryption failed"
_TOO_SLOW: Final = "Excessive work parameter"

_ALTERED_HINT: Final = (
    "Somebody or something changed it after it was encrypted: do not trust where it comes from."
)


class Recipient:
    """A public key that something is encrypted to: ``age1...``, ``ssh-ed25519 ...`` or ``ssh-rsa ...``.

    ``key`` is its text, written in one way only; ``comment`` is what people call it and means nothing here. Two are
    equal if their keys are.
    """

    __slots__ = ("comment", "handle", "key")

    def __init__(self, key: str, handle: object, comment: str = "") -> None:
        self.key = key
        self.handle = handle
        self.comment = comment

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipient) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return f"{self.key} {self.comment}" if self.comment else self.key

    def __repr__(self) -> str:
        return f"<Recipient {self}>"


class Identity:
    """A private key. What it prints as is its public part and where it came from.

    ``recipient`` is that public part; ``source`` the path of the file it was read from, empty if there is none.
    """

    __slots__ = ("_text", "handle", "recipient", "source")

    def __init__(
        self, handle: object, recipient: Recipient, text: str | None = None, source: str = ""
    ) -> None:
        self.handle = handle
        self.recipient = recipient
        self.source = source
        self._text = text

    @property
    def secret_text(self) -> str:
        """The key itself, ``AGE-SECRET-KEY-1...``: for a file with tight permissions, or to be encrypted."""
        if self._text is None:
            raise AssertionError("an ssh key stays in its file")
        return self._text

    def __repr__(self) -> str:
        return f"<Identity {self.recipient.key}{f' from {self.source}' if self.source else ''}>"


def generate() -> Identity:
    """Return a new age key."""
    return _of_x25519(_pyrage().x25519.Identity.generate(), "")


def age_identity(text: str, source: str = "") -> Identity:
    """Return the key that ``AGE-SECRET-KEY-1...`` is. ``source`` is where the text is from.

    Raises:
        KeyFileError: it is none.
    """
    try:
        return _of_x25519(_pyrage().x25519.Identity.from_str(text), source)
    except (_pyrage().IdentityError, UnicodeError):
        where = f"{source}: " if source else ""
        raise KeyFileError(
            f"{where}a line is not a whole age key", hint="It may have been cut off."
        ) from None


def age_recipient(text: str, comment: str = "") -> Recipient | None:
    """Return the recipient that ``age1...`` is; None if it is none."""
    try:
        handle = _pyrage().x25519.Recipient.from_str(text)
    except (_pyrage().RecipientError, UnicodeError):
        return None
    return Recipient(str(handle), handle, comment)


def ssh_identity(content: bytes) -> object | None:
    """Return pyrage's form of a private ssh key that no passphrase locks; None if it cannot use it."""
    try:
        handle: object = _pyrage().ssh.Identity.from_buffer(content)
    except _pyrage().IdentityError:
        return None
    return handle


def ssh_recipient(key: str, comment: str = "") -> Recipient | None:
    """Return the recipient that ``ssh-ed25519 ...`` or ``ssh-rsa ...`` is; None if it is none."""
    try:
        return Recipient(key, _pyrage().ssh.Recipient.from_str(key), comment)
    except (_pyrage().RecipientError, UnicodeError):
        return None


def encrypt(data: bytes, recipients: Iterable[Recipient]) -> bytes:
    """Return an age file that each of the recipients can open.

    Raises:
        KeyFileError: there are none, or one cannot be encrypted to.
    """
    try:
        return bytes(_pyrage().encrypt(data, [recipient.handle for recipient in recipients]))
    except _pyrage().EncryptError:
        raise KeyFileError("there is no recipient that this could be encrypted to") from None


def decrypt(data: bytes, identities: Iterable[Identity], name: str = "a file of the backup") -> bytes:
    """Return what is in an age file that one of the identities opens. ``name`` is for messages.

    Raises:
        KeyFileError: none of them opens it.
        TamperError: it is not what somebody encrypted: altered, cut off, or with an oversized header.
    """
    header.check(data, name)
    try:
        return bytes(_pyrage().decrypt(data, [identity.handle for identity in identities]))
    except _pyrage().DecryptError as error:
        if str(error) == _NO_MATCH:
            raise KeyFileError(f"{name} is encrypted to other keys") from None
        raise TamperError(f"{name} has been altered or is incomplete", hint=_ALTERED_HINT) from None


def encrypt_with_passphrase(data: bytes, passphrase: str) -> bytes:
    """Return an age file that a passphrase opens. Takes about a second, and so does each guess of an attacker.

    Raises:
        KeyFileError: the passphrase is empty, or no text.
    """
    if not passphrase:
        raise KeyFileError("an empty passphrase protects nothing")
    try:
        return bytes(_pyrage().passphrase.encrypt(data, passphrase))
    except UnicodeError:
        raise KeyFileError("the passphrase is not text that can be encoded as UTF-8") from None


def decrypt_with_passphrase(data: bytes, passphrase: str, name: str = "a file of the backup") -> bytes:
    """Return what is in an age file that a passphrase opens. ``name`` is for messages.

    Raises:
        KeyFileError: it is another passphrase, or trying one would take too long.
        TamperError: it is not what somebody encrypted with a passphrase: altered, cut off, or for keys.
    """
    header.check(data, name)
    if not header.asks_for_passphrase(data):
        raise TamperError(f"{name} is not locked with a passphrase")
    try:
        return bytes(_pyrage().passphrase.decrypt(data, passphrase))
    except UnicodeError:
        raise KeyFileError("the passphrase is not text that can be encoded as UTF-8") from None
    except _pyrage().DecryptError as error:
        if str(error) == _WRONG_PASSPHRASE:
            raise KeyFileError(f"the passphrase does not open {name}") from None
        if str(error).startswith(_TOO_SLOW):
            raise KeyFileError(
                f"{name} is locked so that this machine would take minutes to try a passphrase"
            ) from None
        raise TamperError(f"{name} has been altered or is incomplete", hint=_ALTERED_HINT) from None


def _of_x25519(handle: Any, source: str) -> Identity:
    public = handle.to_public()
    return Identity(handle, Recipient(str(public), public), str(handle), source)


def _pyrage() -> Any:
    import pyrage  # type: ignore[import-untyped]

    return pyrage
