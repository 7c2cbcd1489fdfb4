"""The partition of a dataset into sides, such as train and val: its definition, as it is stored with the dataset."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Final

import msgspec
from blake3 import blake3

from rtstore.model.annotations import side_problem
from rtstore.model.fields import field_problem
from rtstore.model.ids import OBJECT_ID_SIZE

#: All shares together. Whole numbers add up the same on every machine.
WHOLE: Final = 1_000_000_000
#: What a partition can be stratified by: the entry tags.
TAGS: Final = "tags"
#: Bytes of a mark: 8 that tell the side, 4 by which an entry is known to be settled.
MARK: Final = 12
FINGERPRINT: Final = 4
#: Sides of a partition, and bytes of its seed, at most.
MAX_SIDES: Final = 64
MAX_SEED: Final = 1024


class Partition(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """How a dataset is divided.

    ``sides``: the name of each and its share in billionths, together 1,000,000,000. ``seed`` makes another division of
    the same entries. ``group_by``: the dotted path of a field; entries with the same value in it stay together.
    ``stratify``: ``tags`` if each tag was divided in proportion. ``settled``: the blob that tells which entries have a
    side already, see ``docs/format.md``; None: none has.
    """

    sides: tuple[tuple[str, int], ...]
    seed: str = ""
    group_by: str | None = None
    stratify: str | None = None
    settled: bytes | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sides, in their order."""
        return tuple(name for name, _ in self.sides)

    def defines_the_same(self, other: Partition) -> bool:
        """Tell whether both divide in the same way, whatever they have settled so far."""
        return msgspec.structs.replace(self, settled=None) == msgspec.structs.replace(other, settled=None)


def partition_problem(partition: Partition) -> str | None:
    """Return what makes a partition impossible, in words that go on after "it"; None if nothing does."""
    names, shares = partition.names, [share for _, share in partition.sides]
    if not 0 < len(names) <= MAX_SIDES:
        return f"has {len(names)} sides, and can have 1 to {MAX_SIDES}"
    if len(set(names)) < len(names):
        return "has a side twice"
    if any(map(side_problem, names)):
        return f"has a side with a name that {next(filter(None, map(side_problem, names)))}"
    if min(shares) <= 0 or list(accumulate(shares))[-1] != WHOLE:
        return "has shares that are not a whole together"
    if len(partition.seed.encode(errors="replace")) > MAX_SEED:
        return f"has a seed of more than {MAX_SEED:,} bytes"
    if partition.group_by is not None and (problem := field_problem(partition.group_by)) is not None:
        return f"groups by a field that cannot be: {problem}"
    if partition.stratify not in (None, TAGS):
        return f"is stratified by {partition.stratify[:40]!r}, and can be by {TAGS} only"
    if partition.settled is not None and len(partition.settled) != OBJECT_ID_SIZE:
        return "names a blob that cannot be"
    return None


def shown_partition(partition: Partition) -> dict[str, object]:
    """Return a partition in values that JSON has: its shares as fractions, the id of what is settled as hex."""
    return {
        "sides": {name: share / WHOLE for name, share in partition.sides},
        "seed": partition.seed,
        "group_by": partition.group_by,
        "stratify": partition.stratify,
        "settled": None if partition.settled is None else partition.settled.hex(),
    }


class Divider:
    """Tells sides from ids alone: the same on every machine, and for every entry independently of all others."""

    def __init__(self, partition: Partition) -> None:
        seed = partition.seed.encode()
        self._key = blake3(seed, derive_key_context="rtstore 2026-12 partition v1").digest()
        ends = list(accumulate(share for _, share in partition.sides))[:-1]
        self._ends = [((end << 64) // WHOLE).to_bytes(8, "big") for end in ends]

    def mark(self, value: bytes) -> bytes:
        """Return the mark of an entry id, or of what entries have in common."""
        return blake3(value, key=self._key).digest(MARK)

    def side(self, mark: bytes) -> int:
        """Return the number of the side that a mark falls on, from 0."""
        return bisect_right(self._ends, mark)
