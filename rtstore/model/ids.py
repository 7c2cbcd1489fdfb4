"""Names of things: object ids by content, entry ids for life, and the tree boundaries they decide.

An *object id* is 32 bytes of BLAKE3. A record is hashed plainly, so that ``b3sum`` of a line names it; every
other kind is hashed under a derive-key context of its own, so that no object can pass for one of another kind.
An *entry id* is 16 bytes and stays with a conversation for life.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Callable, Iterable
from enum import IntEnum
from struct import iter_unpack
from typing import Final
from zlib import crc32

from blake3 import blake3

OBJECT_ID_SIZE: Final = 32
ENTRY_ID_SIZE: Final = 16
#: log2 of the average number of items in a page of the tree.
BOUNDARY_BITS: Final = 7


class Kind(IntEnum):
    """What an object is; part of its id (except for records) and stored with every block of a pack."""

    RECORD = 0
    LEAF = 1
    INNER = 2
    DATASET = 3
    STAMPS = 4
    REGISTRY = 5
    ANNOTATION = 6
    SNAPSHOT = 7
    COMMIT = 8
    BLOB = 9
    OPERATION = 10


_HASHERS = {
    kind: blake3()
    if kind is Kind.RECORD
    else blake3(derive_key_context=f"rtstore 2026-11 {kind.name.lower()} v1")
    for kind in Kind
}


def object_id(kind: Kind, data: bytes) -> bytes:
    """Return the 32-byte id of an object of ``kind`` with the content ``data``."""
    if kind is Kind.RECORD:
        return blake3(data).digest()
    return _HASHERS[kind].copy().update(data).digest()


def record_hasher() -> Callable[[bytes], bytes]:
    """Return a function that gives the object id of a record, for one thread to call often."""
    # A hasher takes 2 kB: one that is used again stays in the processor's cache, which saves a tenth.
    hasher = blake3()
    reset, update = hasher.reset, hasher.update

    def id_of(record: bytes) -> bytes:
        reset()
        return update(record).digest()

    return id_of


def record_ids(records: Iterable[bytes]) -> list[bytes]:
    """Return the object ids of records; quicker than one at a time."""
    # What `record_hasher` does, without a call a record: every record of a dataset comes through here.
    hasher = blake3()
    reset, update = hasher.reset, hasher.update
    return [reset() or update(record).digest() for record in records]


def entry_id_of_value(value: object) -> bytes:
    """Return the entry id that the value of an id field stands for.

    A UUID in its usual spellings is the entry id as it is; any other JSON value is hashed with its type, so that
    ``1`` and ``"1"`` are two entries. The empty string names nothing.
    """
    if isinstance(value, str):
        return entry_ids_of_strings([value])[0]
    return blake3(b"id\0v" + repr(value).encode()).digest(ENTRY_ID_SIZE)


def entry_ids_of_strings(values: list[str]) -> list[bytes]:
    """Return the entry ids that string values of an id field stand for."""
    sizes = set(map(len, values))
    if 32 in sizes or 36 in sizes:
        return list(map(_uuid_or_hash, values))
    hasher = blake3()
    reset, update = hasher.reset, hasher.update
    try:
        return [reset() or update(b"id\0s" + value.encode()).digest(ENTRY_ID_SIZE) for value in values]
    except UnicodeEncodeError:  # a lone surrogate
        return list(map(_uuid_or_hash, values))


def _uuid_or_hash(value: str) -> bytes:
    try:
        raw = unhexlify(value.replace("-", ""))
    except ValueError:
        raw = b""
    if len(raw) == ENTRY_ID_SIZE and len(value) in (32, 36):
        return raw
    return blake3(b"id\0s" + value.encode("utf-8", "surrogatepass")).digest(ENTRY_ID_SIZE)


def entry_id_of_record(record: bytes, ordinal: int) -> bytes:
    """Return the id given to an entry without an id field when it is first seen.

    ``record`` is its record id, ``ordinal`` the smallest number from 0 that no other entry of the dataset uses
    with the same record, so that two stores that add one file agree.
    """
    return blake3(b"first seen\0" + record + ordinal.to_bytes(4, "big")).digest(ENTRY_ID_SIZE)


def entry_id_of_duplicate(claimed: bytes, record: bytes, ordinal: int) -> bytes:
    """Return the id of an entry whose line claims the id ``claimed``, which another entry keeps."""
    return blake3(b"duplicate\0" + claimed + record + ordinal.to_bytes(4, "big")).digest(ENTRY_ID_SIZE)


def boundary_level(entry: bytes, bits: int = BOUNDARY_BITS) -> int:
    """Return how many levels of the tree have a boundary after the entry with this id.

    0: none; 1: its leaf ends here; 2: so does the page above it; and so on. A cheap checksum sorts out 31
    of 32 ids before the strong hash is asked, whose trailing zero bits decide: ``bits`` in all a level.
    """
    if crc32(entry) & 31:
        return 0
    strong = int.from_bytes(blake3(entry).digest(8), "big") | 1 << 63
    zeros = 5 + (strong & -strong).bit_length() - 1
    return zeros // bits


def boundaries(entries: bytes | bytearray, bits: int = BOUNDARY_BITS) -> list[tuple[int, int]]:
    """Return (index, level) for every entry of a column whose ``boundary_level`` is not 0, ascending."""
    # The checksum is inlined here because this loop sees every entry of a dataset.
    hopefuls = [
        (index, entry) for index, (entry,) in enumerate(iter_unpack("16s", entries)) if not crc32(entry) & 31
    ]
    levels = ((index, boundary_level(entry, bits)) for index, entry in hopefuls)
    return [(index, level) for index, level in levels if level]


def split_rank(entry: bytes) -> bytes:
    """Return the second hash of an entry id: an over-long run of a page is split after the smallest."""
    return blake3(b"split\0" + entry).digest(16)
