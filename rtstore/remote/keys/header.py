"""What an age file says before its content: looked at before the library gets a byte of it.

A key file comes from a git host that nobody trusts. One that asks for a minute of computing and a gigabyte of memory
(scrypt does, by a number in the header), or names thousands of recipients, is refused by reading alone.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from rtstore.errors import KeyFileError, TamperError

MAGIC: Final = b"age-encryption.org/v1\n"
#: Bytes of a header: a hundred recipients with RSA keys of 16,384 bits have 290 kB.
MAX_HEADER: Final = 512 << 10
#: Recipients in a header.
MAX_STANZAS: Final = 256
#: scrypt computes 2 to the power of this many rounds, 1 KiB of memory each; age itself chooses 18 to 20.
MAX_LOG_ROUNDS: Final = 22

_SCRYPT: Final = re.compile(rb"-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)\n")
_BEGIN: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END: Final = b"-----END AGE ENCRYPTED FILE-----"
_COLUMNS: Final = 64


def check(data: bytes, name: str) -> None:
    """Refuse an age file that no reader should begin with. ``name`` is for the message.

    Raises:
        TamperError: it is no age file, or has too large a header.
        KeyFileError: it is locked with a passphrase and asks for more computing than it may.
    """
    end = data.find(b"\n---", 0, MAX_HEADER)
    if not data.startswith(MAGIC) or (end < 0 and len(data) < MAX_HEADER):
        raise TamperError(f"{name} is not an age file, or only the beginning of one")
    stanzas = data.count(b"\n-> ", 0, end)
    if end < 0 or stanzas > MAX_STANZAS:
        raise TamperError(f"{name} has a larger header than any age file needs")
    if data.find(b"\n-> scrypt", 0, end) >= 0:
        _check_scrypt(data[len(MAGIC) : end + 1], stanzas, name)


def _check_scrypt(stanza: bytes, stanzas: int, name: str) -> None:
    found = _SCRYPT.match(stanza)
    if found is None or stanzas != 1:
        raise TamperError(f"{name} is not locked with a passphrase in the way age does it")
    if int(found[1]) > MAX_LOG_ROUNDS:
        raise KeyFileError(
            f"{name} is locked so that a passphrase would take minutes to try (2^{int(found[1])} rounds of scrypt)",
            hint="age never makes such a file by itself: ask who wrote it.",
        )


def asks_for_passphrase(data: bytes) -> bool:
    """Return whether a binary age file is locked with a passphrase."""
    return data.startswith(MAGIC + b"-> scrypt ")


def armored(data: bytes) -> bytes:
    """Return an age file as lines of text, which can be mailed or printed."""
    text = binascii.b2a_base64(data, newline=False)
    lines = (text[start : start + _COLUMNS] for start in range(0, len(text), _COLUMNS))
    return b"".join(line + b"\n" for line in (_BEGIN, *lines, _END))


def is_armored(data: bytes) -> bool:
    """Return whether a file is an age file as lines of text."""
    return data.lstrip().startswith(_BEGIN)


def without_armor(data: bytes, name: str) -> bytes:
    """Return the binary form of an age file that is lines of text.

    Raises:
        TamperError: it is not what ``armored`` makes.
    """
    lines = data.strip().splitlines()
    if len(lines) < 3 or lines[0].rstrip() != _BEGIN or lines[-1].rstrip() != _END:
        raise TamperError(f"{name} is not a whole age file")
    try:
        return binascii.a2b_base64(b"".join(line.rstrip() for line in lines[1:-1]), strict_mode=True)
    except ValueError:
        raise TamperError(f"{name} is not a whole age file") from None
