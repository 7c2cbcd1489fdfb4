"""One generation of a backup's keys: what parts and heads are encrypted to, and what they are authenticated with.

::

    public key     of the age key: everything is encrypted to it
    secret         32 random bytes S; HMAC-SHA256(S, purpose) is the key of a purpose
    announced      HMAC-SHA256(key for announcements of the generation before,
                               backup id, number (4 bytes, big-endian), SHA-256(S), public key)

Whoever held the older keys sees by ``announced`` that a member made the newer ones. A member who was removed held
them, too: together with the host they could make a successor for those who have not seen the true one yet.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Final

from rtstore.remote.keys import age

SECRET_SIZE: Final = 32
BACKUP_ID_SIZE: Final = 16
_PART: Final = b"rtstore part"
_HEAD: Final = b"rtstore head"
_NEXT: Final = b"rtstore next keys"
_MARK: Final = b"rtstore known keys\n"


class Generation:
    """The keys of a backup from one removal of a member to the next. What it prints as has no secret.

    ``number`` counts from 1. ``announced`` is None for the first.
    """

    __slots__ = ("announced", "identity", "number", "secret")

    def __init__(self, number: int, identity: age.Identity, secret: bytes, announced: bytes | None) -> None:
        self.number = number
        self.identity = identity
        self.secret = secret
        self.announced = announced

    @classmethod
    def first(cls) -> Generation:
        """Return new keys for a new backup."""
        return cls(1, age.generate(), os.urandom(SECRET_SIZE), None)

    def following(self, backup: bytes) -> Generation:
        """Return new keys, announced under these. ``backup`` is the id of the backup."""
        identity, secret = age.generate(), os.urandom(SECRET_SIZE)
        unannounced = Generation(self.number + 1, identity, secret, None)
        return Generation(self.number + 1, identity, secret, self.announcement(backup, unannounced))

    def announcement(self, backup: bytes, following: Generation) -> bytes:
        """Return by what one who holds these keys knows that the next ones are from a member."""
        what = (
            backup
            + following.number.to_bytes(4, "big")
            + following.commitment
            + following.public_key.encode()
        )
        return _hmac(_hmac(self.secret, _NEXT), what)

    def announces(self, backup: bytes, following: Generation) -> bool:
        """Return whether the next keys were made by somebody who held these."""
        given = following.announced or b""
        return hmac.compare_digest(given, self.announcement(backup, following))

    def mark(self, backup: bytes) -> bytes:
        """Return a hash that these keys are known again by, without their secrets."""
        what = (backup, self.number.to_bytes(4, "big"), self.commitment, self.announced or bytes(32))
        return hashlib.sha256(_MARK + b"".join(what) + self.public_key.encode()).digest()

    @property
    def recipient(self) -> age.Recipient:
        """What parts and heads are encrypted to."""
        return self.identity.recipient

    @property
    def public_key(self) -> str:
        """The same as text, ``age1...``."""
        return self.identity.recipient.key

    @property
    def commitment(self) -> bytes:
        """A hash that says which secret it is, and nothing of it."""
        return hashlib.sha256(self.secret).digest()

    @property
    def part_key(self) -> bytes:
        """The key of the HMAC that parts are named by."""
        return _hmac(self.secret, _PART)

    @property
    def head_key(self) -> bytes:
        """The key of the HMAC that heads carry."""
        return _hmac(self.secret, _HEAD)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Generation) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.number, self.public_key))

    def _values(self) -> tuple[object, ...]:
        return self.number, self.identity.secret_text, self.secret, self.announced

    def __repr__(self) -> str:
        return f"<Generation {self.number}: {self.public_key}>"


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
