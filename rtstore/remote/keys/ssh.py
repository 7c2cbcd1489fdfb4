"""Keys of ssh, as far as age can use them: what a key file says of itself without being opened.

A private key in OpenSSH's format has its public part and the name of its cipher in the clear. Older RSA keys (PEM) do
not: theirs is read from the ``.pub`` file beside.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from rtstore.errors import KeyFileError, TamperError
from rtstore.remote.keys import age

_MAGIC: Final = b"openssh-key-v1\0"
_OPENSSH: Final = re.compile(
    rb"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*)-----END OPENSSH PRIVATE KEY-----", re.DOTALL
)
_LOCKED_PEM: Final = re.compile(
    rb"^Proc-Type: *4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----", re.MULTILINE
)
#: age refuses shorter RSA keys, and so they could be encrypted to and never be opened.
_LEAST_RSA_BITS: Final = 2048
TYPES: Final = ("ssh-ed25519", "ssh-rsa")


class _Container(NamedTuple):
    cipher: bytes
    public: bytes


def recipient(text: str, comment: str = "") -> age.Recipient | None:
    """Return the recipient that ``TYPE BASE64 [COMMENT]`` is; None if it is none that age can use."""
    kind, _, rest = text.partition(" ")
    encoded, _, own_comment = rest.strip().partition(" ")
    try:
        blob = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
        fields = _fields(blob)
    except ValueError:
        return None
    if (
        kind not in TYPES
        or fields[0] != kind.encode()
        or (kind == "ssh-rsa" and _rsa_bits(fields) < _LEAST_RSA_BITS)
    ):
        return None
    return age.ssh_recipient(f"{kind} {_base64(blob)}", comment or own_comment.strip())


def identity(content: bytes, path: str, read_public: Callable[[], str | None]) -> age.Identity:
    """Return the private key in the content of the file ``path``.

    ``read_public`` returns the line of the ``.pub`` file beside it, None if there is none.

    Raises:
        KeyFileError: a passphrase locks it, it is of another type than age can use, or its public part is not known.
    """
    found = _container(content)
    if (found is not None and found.cipher != b"none") or _LOCKED_PEM.search(content):
        raise KeyFileError(
            f"{path} is locked with a passphrase, and age cannot ask the ssh agent for it",
            hint="Leave --ssh-key out to use this machine's own key, or unlock a copy: `ssh-keygen -p -f COPY`.",
        )
    handle = age.ssh_identity(content)
    if handle is None:
        raise KeyFileError(
            f"{path} is not a private ssh key that age can use",
            hint="It has to be of type ed25519 or rsa (2,048 bits or more).",
        )
    public = _public_part(found, read_public)
    if public is None:
        raise KeyFileError(
            f"{path} does not say what its public part is, and there is no usable {path}.pub",
            hint=f"`ssh-keygen -y -f {path} > {path}.pub` writes it.",
        )
    made = age.Identity(handle, public, source=path)
    _check_pair(made, path)
    return made


def _public_part(found: _Container | None, read_public: Callable[[], str | None]) -> age.Recipient | None:
    if found is None:
        line = read_public()
        return recipient(line) if line else None
    try:
        kind = _fields(found.public)[0].decode("ascii")
    except ValueError:
        return None
    return recipient(f"{kind} {_base64(found.public)}")


def _check_pair(identity: age.Identity, path: str) -> None:
    """See that what is encrypted to the public part can be opened: it may be that of another key."""
    try:
        age.decrypt(age.encrypt(b"", [identity.recipient]), [identity])
    except (KeyFileError, TamperError):
        raise KeyFileError(f"{path} and its public part do not belong together") from None


def _container(content: bytes) -> _Container | None:
    armor = _OPENSSH.search(content)
    if armor is None:
        return None
    try:
        blob = binascii.a2b_base64(b"".join(armor[1].split()), strict_mode=True)
        if not blob.startswith(_MAGIC):
            return None
        cipher, at = _field(blob, len(_MAGIC))
        _, at = _field(blob, at)  # how a key is derived from the passphrase
        _, at = _field(blob, at)  # with which salt
        return _Container(cipher, _field(blob, at + 4)[0])  # before the public key: how many keys there are
    except ValueError:
        return None


def _fields(blob: bytes) -> list[bytes]:
    at, fields = 0, list[bytes]()
    while at < len(blob) or not fields:
        field, at = _field(blob, at)
        fields.append(field)
    return fields


def _field(blob: bytes, at: int) -> tuple[bytes, int]:
    start = at + 4
    end = start + int.from_bytes(blob[at:start], "big")
    if end > len(blob) or len(blob) < start:
        raise ValueError("cut off")
    return blob[start:end], end


def _rsa_bits(fields: list[bytes]) -> int:
    return int.from_bytes(fields[2], "big").bit_length() if len(fields) == 3 else 0


def _base64(blob: bytes) -> str:
    return binascii.b2a_base64(blob, newline=False).decode()
