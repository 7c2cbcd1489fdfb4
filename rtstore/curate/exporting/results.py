"""What an export did."""

from __future__ import annotations

import msgspec


class Unusable(msgspec.Struct, frozen=True):
    """An entry that has no row, by its position from 0, and why."""

    position: int
    entry: bytes
    reason: str


class ExportedFile(msgspec.Struct, frozen=True):
    """A file that was written: where, its rows, bytes and BLAKE3, and the side of the partition it holds, if one."""

    path: str
    rows: int
    size: int
    blake3: str
    side: str | None = None


class ExportResult(msgspec.Struct, frozen=True):
    """What an export wrote, and what it left out.

    ``entries``: how many the dataset has. ``deselected``: how many ``where`` left out, ``unassigned`` those on no
    side of the partition, ``too_long`` those with too many tokens. ``unusable``: entries that have no row, which were
    skipped. ``recipe``: where that of a trainer was written.
    """

    dataset: str
    commit: str
    entries: int
    files: tuple[ExportedFile, ...]
    deselected: int = 0
    unassigned: int = 0
    too_long: int = 0
    unusable: tuple[Unusable, ...] = ()
    recipe: str | None = None
    warnings: tuple[str, ...] = ()


class Verified(msgspec.Struct, frozen=True):
    """What a file is according to the manifest beside it, and whether it still is that.

    ``names``: what leads to the commit here, none if the store does not know it; ``known``: whether it does.
    """

    path: str
    matches: bool
    commit: str
    known: bool
    names: tuple[str, ...]
    dataset: str
    side: str | None
    rows: int
    options: dict[str, object]
    problem: str | None = None
