"""One object in git's pack format: its head, its compressed content, and the steps that make it from another one."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final, NamedTuple

from rtstore.errors import TamperError

#: Bytes in which every head fits, but for one whose numbers are absurd.
HEAD_SIZE: Final = 40
KINDS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_BY_OFFSET: Final = 6
_BY_ID: Final = 7
_ID_SIZE: Final = 20


class Head(NamedTuple):
    """What stands before the content of an object.

    ``kind``: None for one that is stored as the steps that make it from ``base``, the place of another in the same
    pack or its id. ``size``: of the content, or of the steps. ``length``: of the head itself.
    """

    kind: str | None
    size: int
    base: int | bytes | None
    length: int


def damaged(what: str) -> TamperError:
    """Return what to raise when a pack is not one."""
    return TamperError(
        f"the remote's git objects are damaged: {what}",
        hint="Try again; if it stays so, run `git fsck` in the remote's repository.",
    )


def read_head(data: bytes | memoryview, at: int, place: int) -> Head | None:
    """Return the head at ``data[at]``, which lies at ``place`` in its pack; None: it goes on behind ``data``.

    Raises:
        TamperError: that is no head.
    """
    start = at
    number = _number(data, at, at + 10)
    if number is None:
        return None
    at, type, size = number
    if type in KINDS:
        return Head(KINDS[type], size, None, at - start)
    if type == _BY_ID:
        if at + _ID_SIZE > len(data):
            return None
        return Head(None, size, bytes(data[at : at + _ID_SIZE]), at + _ID_SIZE - start)
    if type != _BY_OFFSET:
        raise damaged(f"an object of the unknown type {type}")
    distance = -1
    for _ in range(10):
        if at == len(data):
            return None
        byte = data[at]
        at += 1
        distance = (distance + 1) << 7 | byte & 0x7F
        if not byte & 0x80:
            if not 0 < distance <= place:
                break
            return Head(None, size, place - distance, at - start)
    raise damaged("an object that is made from one outside of the pack")


def _number(data: bytes | memoryview, at: int, end: int) -> tuple[int, int, int] | None:
    """Return where the type and size at ``at`` end, and both."""
    size = shift = type = 0
    while at < end:
        if at == len(data):
            return None
        byte = data[at]
        at += 1
        if not shift:
            type, size, shift = byte >> 4 & 7, byte & 15, 4
        else:
            size |= (byte & 0x7F) << shift
            shift += 7
        if not byte & 0x80:
            return at, type, size
    raise damaged("an object of absurd size")


def inflate(read: Callable[[int, int], bytes], at: int, size: int) -> bytes:
    """Return content that takes ``size`` bytes and is compressed at ``at``; ``read`` gets a place and a size.

    Raises:
        TamperError: it takes more or fewer bytes, or is damaged.
    """
    unpacker = zlib.decompressobj()
    parts = []
    left, allowed = size, most_compressed(size)
    data = b""
    try:
        while not unpacker.eof:
            if not data:
                data = read(at, min(allowed, max(left + left // 1000, 0) + 64))
                at += len(data)
                allowed -= len(data)
            if not data:
                raise damaged("an object has no end")
            part = unpacker.decompress(data, left + 1)
            data = unpacker.unconsumed_tail
            left -= len(part)
            if left < 0:
                raise damaged("an object is larger than it says")
            parts.append(part)
    except zlib.error as error:
        raise damaged("an object cannot be decompressed") from error
    if left:
        raise damaged("an object is smaller than it says")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def most_compressed(size: int) -> int:
    """Return how many bytes the compressed form of ``size`` bytes takes at most, however badly it was done."""
    return 2 * size + 4096


def rebuilt_size(steps: bytes) -> int:
    """Return the size that the result of steps is said to have.

    Raises:
        TamperError: it is not said.
    """
    return _size(steps, _size(steps, 0)[1])[0]


def rebuild(base: bytes, steps: bytes) -> bytes:
    """Return what steps make of another object: copies of its parts, and new bytes in between.

    Raises:
        TamperError: they ask for what is not there, or come to another size than they say.
    """
    base_size, at = _size(steps, 0)
    size, at = _size(steps, at)
    if base_size != len(base):
        raise damaged("an object is made from one that it does not fit")
    result = bytearray()
    end = len(steps)
    while at < end:
        command = steps[at]
        at += 1
        if command & 0x80:
            numbers = [0] * 7
            for bit in range(7):
                if command >> bit & 1:
                    if at == end:
                        raise damaged("the steps that make an object are cut off")
                    numbers[bit] = steps[at]
                    at += 1
            start = int.from_bytes(bytes(numbers[:4]), "little")
            count = int.from_bytes(bytes(numbers[4:]), "little") or 0x10000
            piece = base[start : start + count]
        else:
            count = command
            piece = steps[at : at + count]
            at += count
        if not count or len(piece) != count or len(result) + count > size:
            raise damaged("the steps that make an object lead nowhere")
        result += piece
    if len(result) != size:
        raise damaged("an object is smaller than it says")
    return bytes(result)


def _size(steps: bytes, at: int) -> tuple[int, int]:
    """Return the number at ``at`` and where it ends."""
    number = shift = 0
    for byte in steps[at : at + 10]:
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return number, at
    raise damaged("the steps that make an object are cut off")
