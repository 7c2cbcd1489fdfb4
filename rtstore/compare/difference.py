"""What differs between two versions, as values: datasets, entries, turns, fields. Writers show them."""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, Struct

from rtstore.model.objects import Annotation

#: Stands for a value that one version does not have (JSON's null is a value).
MISSING: Final = UNSET


class FieldChange(Struct, frozen=True):
    """A value that differs, by its path as people write it: ``tags``, ``messages[2].tool_calls``,
    ``tags/approved`` in a registry. ``MISSING`` stands for not being there."""

    path: str
    old: Any = MISSING
    new: Any = MISSING


class TurnChange(Struct, frozen=True):
    """A turn that differs. ``change``: ``added``, ``removed``, ``edited`` or ``moved``; one both moved and
    edited is ``edited``. Indexes count from 0 among the turns of each version. ``old`` and ``new`` are its texts."""

    change: str
    old_index: int | None
    new_index: int | None
    role: str
    old: str | None
    new: str | None


class Beside(Struct, frozen=True):
    """What a version has of an entry beside its record: what is known about it, and what follows it in the file where
    that is not the usual separator. ``stamps``: its volatile values, as JSON texts."""

    annotation: Annotation = Annotation()
    separator: bytes | None = None
    stamps: tuple[bytes, ...] = ()


class EntryChange(Struct, frozen=True):
    """An entry that differs. ``change``: ``added``, ``removed``, ``edited``, ``moved`` or ``reformatted``.

    Positions count from 0. An entry both moved and edited is ``edited``; one both moved and reformatted is
    ``reformatted``. ``old_text`` and ``new_text`` are its records as they stand in the files, volatile values
    cut out. ``fields`` are those that are not turns, and its annotation (``mapping``...). ``after``: the id of
    the entry before it in the new version, None where it is the first; only for what is added or moved.
    ``old_beside`` and ``new_beside``: None where there is nothing beside the record.
    """

    change: str
    id: bytes
    old_position: int | None
    new_position: int | None
    old_text: bytes | None = None
    new_text: bytes | None = None
    turns: tuple[TurnChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    moved: bool = False
    after: bytes | None = None
    old_beside: Beside | None = None
    new_beside: Beside | None = None
