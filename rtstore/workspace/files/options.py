"""What a user may say about how a dataset is to be read, when it is added."""

from __future__ import annotations

import msgspec


class ReadOptions(msgspec.Struct, frozen=True):
    """How a dataset is to be read, where the user says so; None: as it is known, or found out."""

    id_field: str | None = None
    volatile: tuple[str, ...] | None = None
