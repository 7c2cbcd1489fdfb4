"""Objects as a git pack. Their content is encrypted, so it is stored and not compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from dulwich.object_format import SHA1
from dulwich.pack import PackChunkGenerator, UnpackedObject, pack_object_header

from rtstore.remote.git.repository import GitObject, Progress

TYPES: Final = {"commit": 1, "tree": 2, "blob": 3}


def records(objects: Sequence[GitObject], progress: Progress) -> Iterator[UnpackedObject]:
    """Yield objects as dulwich sends and stores them, telling how many bytes of them were taken so far."""
    total = sum(len(one.data) for one in objects)
    done = 0
    for one in objects:
        kind = TYPES[one.kind]
        record = UnpackedObject(kind, sha=bytes.fromhex(one.id), decomp_len=len(one.data))
        head = bytes(pack_object_header(kind, None, len(one.data), SHA1))
        record.comp_chunks = [head, zlib.compress(one.data, 0)]
        yield record
        done += len(one.data)
        progress(done, total)


def pack(objects: Sequence[GitObject], progress: Progress) -> PackChunkGenerator:
    """Return a pack: its bytes in pieces, and when they have been taken its ``entries`` and ``sha1digest``."""
    return PackChunkGenerator(SHA1, num_records=len(objects), records=records(objects, progress))


def unique(objects: Sequence[GitObject]) -> list[GitObject]:
    """Return objects without repetitions, which a pack must not hold."""
    return list({one.id: one for one in objects}.values())
