"""Bytes sealed with a checksum of themselves and of what they are for: no flipped byte goes unnoticed."""

from __future__ import annotations

from typing import Final

from blake3 import blake3

_SIZE: Final = 16


def seal(data: bytes, purpose: bytes) -> bytes:
    """Return ``data`` behind a checksum. ``purpose`` is not stored: it must be known to open the seal."""
    return _checksum(data, purpose) + data


def unseal(sealed: bytes, purpose: bytes) -> bytes | None:
    """Return what was sealed for ``purpose``; None if the bytes are anything else."""
    data = sealed[_SIZE:]
    return data if sealed[:_SIZE] == _checksum(data, purpose) else None


def _checksum(data: bytes, purpose: bytes) -> bytes:
    return blake3(len(purpose).to_bytes(4, "big") + purpose).update(data).digest(_SIZE)
