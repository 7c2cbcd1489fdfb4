"""The text of a keyring: see the module ``keyring`` for what is in it.

It comes out of a file that anybody who knows a member's public key could have made: so every value is checked, and
what is refused is never quoted, for it may be a secret.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from rtstore.errors import FormatVersionError, KeyFileError, TamperError
from rtstore.remote.keys import age
from rtstore.remote.keys.generation import Generation
from rtstore.remote.keys.keyring import MAX_GENERATIONS, Keyring
from rtstore.remote.keys.recipients import MAX_COMMENT, MAX_LENGTH, MAX_RECIPIENTS, parse_recipient

FORMAT: Final = 1
#: Bytes of a keyring: that of a hundred members after a thousand removals has a third.
MAX_SIZE: Final = 1 << 20

_Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_AgeKey = Annotated[str, msgspec.Meta(pattern=r"^AGE-SECRET-KEY-1[A-Z0-9]{58}\Z")]


class _Generation(msgspec.Struct, forbid_unknown_fields=True):
    identity: _AgeKey
    secret: _Hash
    announced: _Hash | None


class _Recipient(msgspec.Struct, forbid_unknown_fields=True):
    key: Annotated[str, msgspec.Meta(max_length=MAX_LENGTH)]
    comment: Annotated[str, msgspec.Meta(max_length=MAX_COMMENT)]


class _Keyring(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    backup: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    generations: Annotated[list[_Generation], msgspec.Meta(min_length=1, max_length=MAX_GENERATIONS)]
    recipients: Annotated[list[_Recipient], msgspec.Meta(max_length=MAX_RECIPIENTS)]
    passphrase: bool


class _Version(msgspec.Struct):
    format: int


def encode(keyring: Keyring) -> bytes:
    """Return the text of a keyring. It has all its secrets."""
    generations = [
        _Generation(
            each.identity.secret_text,
            each.secret.hex(),
            None if each.announced is None else each.announced.hex(),
        )
        for each in keyring.generations
    ]
    members = [_Recipient(member.key, member.comment) for member in keyring.recipients]
    whole = _Keyring(FORMAT, keyring.backup.hex(), generations, members, keyring.passphrase)
    return msgspec.json.encode(whole)


def decode(text: bytes, name: str) -> Keyring:
    """Return the keyring that a text is. ``name`` is for messages.

    Raises:
        FormatVersionError: a newer rtstore wrote it.
        TamperError: no rtstore wrote it.
    """
    if len(text) > MAX_SIZE:
        raise TamperError(f"{name} is larger than any keys of a backup")
    try:
        if msgspec.json.decode(text, type=_Version).format > FORMAT:
            raise FormatVersionError(f"{name} was written by a newer rtstore", hint="Upgrade rtstore.")
        found = msgspec.json.decode(text, type=_Keyring)
        return _keyring(found)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyFileError):
        raise TamperError(f"{name} does not hold the keys of a backup") from None


def _keyring(found: _Keyring) -> Keyring:
    generations = tuple(
        Generation(
            number,
            age.age_identity(each.identity),
            bytes.fromhex(each.secret),
            None if each.announced is None else bytes.fromhex(each.announced),
        )
        for number, each in enumerate(found.generations, 1)
    )
    members = tuple(_member(each) for each in found.recipients)
    keyring = Keyring(bytes.fromhex(found.backup), generations, members, found.passphrase)
    _check(found, keyring)
    return keyring


def _member(found: _Recipient) -> age.Recipient:
    parsed = parse_recipient(found.key)
    if parsed.key != found.key or not (found.comment.isprintable() or not found.comment):
        raise KeyFileError("not written as rtstore writes it")
    return age.Recipient(parsed.key, parsed.handle, found.comment)


def _check(found: _Keyring, keyring: Keyring) -> None:
    """See that nothing is in it twice and that each generation was announced by the one before."""
    first, *others = keyring.generations
    before = keyring.generations[:-1]
    if (
        found.format != FORMAT
        or first.announced is not None
        or len({each.public_key for each in keyring.generations}) < len(keyring.generations)
        or len(set(keyring.recipients)) < len(keyring.recipients)
        or not (keyring.recipients or keyring.passphrase)
        or not all(old.announces(keyring.backup, new) for old, new in zip(before, others, strict=True))
    ):
        raise KeyFileError("not written as rtstore writes it")
