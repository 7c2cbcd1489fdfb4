"""Packs made by hand, sound ones and others."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable

TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def head(type: int, size: int) -> bytes:
    """Return what stands before an object."""
    first, size = type << 4 | size & 15, size >> 4
    made = bytearray()
    while size:
        made.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    made.append(first)
    return bytes(made)


def whole(kind: str, data: bytes, level: int = 6) -> bytes:
    """Return an object that stands for itself."""
    return head(TYPES[kind], len(data)) + zlib.compress(data, level)


def by_distance(distance: int, steps: bytes) -> bytes:
    """Return an object made from one that lies before it."""
    made = [distance & 0x7F]
    while distance := distance >> 7:
        distance -= 1
        made.insert(0, 0x80 | distance & 0x7F)
    return head(6, len(steps)) + bytes(made) + zlib.compress(steps)


def by_id(id: str, steps: bytes) -> bytes:
    """Return an object made from one that has an id."""
    return head(7, len(steps)) + bytes.fromhex(id) + zlib.compress(steps)


def steps(base_size: int, size: int, *commands: bytes) -> bytes:
    """Return the steps that make an object from another one."""
    return number(base_size) + number(size) + b"".join(commands)


def copy(start: int, size: int) -> bytes:
    """Return the step that copies a part of the base."""
    return b"\xff" + start.to_bytes(4, "little") + size.to_bytes(3, "little")


def insert(data: bytes) -> bytes:
    """Return the step that adds new bytes, at most 127."""
    return bytes([len(data)]) + data


def number(value: int) -> bytes:
    """Return a number as steps begin with it."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def pack(objects: Iterable[bytes], count: int | None = None) -> bytes:
    """Return a pack; ``count``: what it says how many there are."""
    all = list(objects)
    body = b"PACK\0\0\0\2" + (len(all) if count is None else count).to_bytes(4, "big") + b"".join(all)
    return body + hashlib.sha1(body).digest()
