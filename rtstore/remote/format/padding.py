"""Sizes that say little: what is encrypted is padded, by a frame that every zstd decoder skips.

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019) lets a size
of ``n`` bits keep its highest ``log2 n`` bits: at most 12 % more, and O(log log n) bits of the size are seen.
"""

from __future__ import annotations

import struct
from typing import Final

#: Begins a frame that decoders skip: magic, size of what follows (RFC 8878, 3.1.2).
SKIPPABLE: Final = struct.Struct("<II")
_MAGIC_INDEX: Final = 0x184D2A50
_MAGIC_PADDING: Final = 0x184D2A51


def padded_size(size: int) -> int:
    """Return the size up to which ``size`` bytes are padded.

    >>> padded_size(1000), padded_size(100_000)
    (1024, 100352)
    """
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    dropped = (1 << (exponent - exponent.bit_length())) - 1
    return (size + dropped) & ~dropped


def pad(data: bytes) -> bytes:
    """Return zstd frames with one behind them that is skipped, so that the size is one of few."""
    wanted = padded_size(len(data) + SKIPPABLE.size)
    zeros = wanted - len(data) - SKIPPABLE.size
    return b"".join((data, SKIPPABLE.pack(_MAGIC_PADDING, zeros), bytes(zeros)))


def skippable(data: bytes) -> bytes:
    """Return a frame with ``data`` in it that zstd decoders skip."""
    return SKIPPABLE.pack(_MAGIC_INDEX, len(data)) + data


def skippable_content(frames: bytes) -> bytes | None:
    """Return what is in the frame at the beginning of ``frames`` that decoders skip; None if there is none."""
    if len(frames) < SKIPPABLE.size:
        return None
    magic, size = SKIPPABLE.unpack_from(frames)
    content = frames[SKIPPABLE.size : SKIPPABLE.size + size]
    return content if magic == _MAGIC_INDEX and len(content) == size else None
