"""Three-way merge of how a dataset is divided."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from rtstore.history.settled import read_settled, store_settled
from rtstore.model.partitions import Partition
from rtstore.storage.interface import ObjectReader, ObjectWriter


class MergedPartition(NamedTuple):
    """A merged partition, None where there is to be none. ``differs``: both sides changed it; it is as ours."""

    partition: Partition | None
    differs: bool = False


def merge_partitions(
    reader: ObjectReader,
    writer: ObjectWriter,
    base: Partition | None,
    ours: Partition | None,
    theirs: Partition | None,
) -> MergedPartition:
    """Merge two versions of a partition. Where both divide in the same way, what either settled is settled."""
    if theirs in (base, ours):
        return MergedPartition(ours)
    if ours == base:
        return MergedPartition(theirs)
    if ours is None or theirs is None or not ours.defines_the_same(theirs):
        return MergedPartition(ours, differs=True)
    settled = read_settled(reader, ours) | read_settled(reader, theirs)
    return MergedPartition(replace(ours, settled=store_settled(writer, settled)))
