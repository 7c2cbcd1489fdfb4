"""The head: what a backup holds now, signed by a member.

As text it is one line with an HMAC-SHA256, and JSON from there to the end. The key of the HMAC is one that only
members have, so nobody else can make a head; and each head names the ones before it, so an old one cannot pass for the
newest with whoever knows a newer one.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError, frame_content_size

from rtstore.errors import TamperError
from rtstore.model.ids import OBJECT_ID_SIZE
from rtstore.model.names import ref_problem
from rtstore.remote.format.padding import pad

FORMAT: Final = 1
#: Bytes of a part's name.
NAME_SIZE: Final = 20
#: How many heads before it a head names.
RECENT: Final = 32
#: The largest head that is looked at, decompressed: room for a million parts.
MAX_HEAD: Final = 64 << 20
_LEVEL: Final = 9


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a backup after a push.

    ``number`` counts pushes from 1; ``recent`` are the hashes of the heads before it, newest first, ``RECENT`` at
    most; ``generation``: that of the keys it is signed with; ``default``: the branch a clone goes to. ``parts``:
    generation and names of the parts, in the order they were written, the names joined, 40 hex digits each.
    """

    format: int = FORMAT
    backup: str
    number: int
    recent: tuple[str, ...] = ()
    generation: int
    default: str | None = None
    branches: dict[str, str] = {}
    tags: dict[str, str] = {}
    parts: tuple[tuple[int, str], ...] = ()

    def hash(self) -> str:
        """Return the hash by which later heads name this one."""
        return sha256(_encode(self)).hexdigest()

    def names(self) -> list[tuple[int, str]]:
        """Return generation and name of each part."""
        size = 2 * NAME_SIZE
        return [
            (generation, joined[at : at + size])
            for generation, joined in self.parts
            for at in range(0, len(joined), size)
        ]

    def is_after(self, number: int, hash: str) -> bool | None:
        """Tell whether a head with this number and hash is this one or came before it; None: too long ago to tell."""
        ago = self.number - number
        if ago <= 0:
            return ago == 0 and self.hash() == hash
        return self.recent[ago - 1] == hash if ago <= len(self.recent) else None


def seal_head(head: Head, key: bytes) -> bytes:
    """Return a head with its HMAC under ``key``, compressed and padded, to be encrypted."""
    text = _encode(head)
    line = hmac.new(key, text, sha256).hexdigest().encode() + b"\n"
    return pad(ZstdCompressor(level=_LEVEL).compress(line + text))


def unseal_head(data: bytes, key: bytes) -> Head:
    """Return the head that ``seal_head`` sealed.

    Raises:
        TamperError: it is not what a member wrote, or nothing this rtstore knows.
    """
    try:
        if not 0 < frame_content_size(data) <= MAX_HEAD:
            raise _forged("it has an impossible size")
        text = ZstdDecompressor().decompress(data, allow_extra_data=True)
    except ZstdError as error:
        raise _forged("it cannot be decompressed") from error
    line, _, body = text.partition(b"\n")
    if not hmac.compare_digest(line, hmac.new(key, body, sha256).hexdigest().encode()):
        raise _forged("no member of the backup signed it")
    try:
        head = msgspec.json.decode(body, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _forged(f"it cannot be read: {error}") from error
    if head.format != FORMAT:
        raise TamperError(
            f"the backup's head has format {head.format}, and this rtstore knows {FORMAT}",
            hint="Update rtstore: pip install --upgrade rtstore",
        )
    problem = _problem(head)
    if problem is not None:
        raise _forged(problem)
    return head


def _encode(head: Head) -> bytes:
    return msgspec.json.encode(head, order="deterministic")


def _problem(head: Head) -> str | None:
    if head.number < 1 or head.generation < 1 or len(head.recent) != min(head.number - 1, RECENT):
        return "its numbers contradict each other"
    for name, id in (*head.branches.items(), *head.tags.items()):
        if ref_problem(name) is not None or not _is_hex(id, OBJECT_ID_SIZE):
            return "it has a branch or tag that no rtstore writes"
    if head.default is not None and head.default not in head.branches:
        return "its default branch is not there"
    if not all(_is_hex(hash, sha256().digest_size) for hash in head.recent):
        return "it names no heads before it"
    for generation, joined in head.parts:
        if not 1 <= generation <= head.generation or not _is_hex(joined, len(joined) // 2):
            return "its list of parts cannot be read"
        if not joined or len(joined) % (2 * NAME_SIZE):
            return "its list of parts cannot be read"
    names = head.names()
    if len({name for _, name in names}) != len(names):
        return "it names a part twice"
    return None


def _is_hex(text: str, size: int) -> bool:
    return (
        len(text) == 2 * size and text == text.lower() and all(digit in "0123456789abcdef" for digit in text)
    )


def _forged(what: str) -> TamperError:
    return TamperError(
        f"the head of the backup is damaged or forged: {what}",
        hint="Do not trust this remote. `rtstore remote verify` tells more; your own store is unchanged.",
    )
