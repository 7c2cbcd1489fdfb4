"""Which entries have a side of a partition for good: fingerprints of their marks, in one blob.

Four bytes an entry, sorted. One new entry in 4,000,000,000 for each settled one is taken for it: it is then where its
id puts it, instead of where its duplicates are.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import iter_unpack

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind
from rtstore.model.partitions import FINGERPRINT, Partition
from rtstore.storage.interface import ObjectReader, ObjectWriter


def read_settled(reader: ObjectReader, partition: Partition) -> set[bytes]:
    """Return the fingerprints of the entries that are settled.

    Raises:
        DamagedError: the blob is missing or is no list of fingerprints.
    """
    if partition.settled is None:
        return set()
    data = reader.read(Kind.BLOB, partition.settled)
    if len(data) % FINGERPRINT:
        raise DamagedError("what is settled of a partition is cut off")
    return {fingerprint for (fingerprint,) in iter_unpack(f"{FINGERPRINT}s", data)}


def store_settled(writer: ObjectWriter, fingerprints: Iterable[bytes]) -> bytes:
    """Store which entries are settled; return the id of the blob."""
    return writer.add(Kind.BLOB, b"".join(sorted(set(fingerprints))))
