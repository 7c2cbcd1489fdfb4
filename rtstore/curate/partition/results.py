"""What commands about partitions answer."""

from __future__ import annotations

from msgspec import Struct

from rtstore.curate.partition.torn import Torn
from rtstore.model.partitions import Partition


class PartitionReport(Struct, frozen=True):
    """How a dataset is divided.

    ``counts``: the entries on each side. ``fresh``: entries that came since the sides were settled; they follow those
    that they are alike, else their ids. ``torn``: entries that are alike one on another side.
    """

    path: str
    partition: Partition
    counts: dict[str, int]
    fresh: int = 0
    torn: tuple[Torn, ...] = ()


class PartitionResult(Struct, frozen=True):
    """What ``partition`` did.

    ``settled``: entries that got their side for good. ``pinned``: those of them whose side does not follow from their
    id. ``moved``: entries that are on another side than before. ``changed``: whether anything is to be committed.
    """

    report: PartitionReport
    settled: int
    pinned: int
    moved: int
    changed: bool
