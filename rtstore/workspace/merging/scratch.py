"""Objects that are needed only while a command runs: those of a base that no commit has."""

from __future__ import annotations

from rtstore.model.ids import Kind, object_id
from rtstore.storage.interface import ObjectReader, ObjectWriter


class Scratch:
    """Keeps what is added in memory, over a storage that is only read."""

    def __init__(self, below: ObjectReader) -> None:
        self._below = below
        self._objects: dict[tuple[Kind, bytes], bytes] = {}

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return the content of an object, added here or stored."""
        data = self._objects.get((kind, id))
        return self._below.read(kind, id) if data is None else data

    def has(self, kind: Kind, id: bytes) -> bool:
        """Tell whether an object was added here; it may be stored as well."""
        return (kind, id) in self._objects

    def add(self, kind: Kind, data: bytes, base: bytes | None = None) -> bytes:
        """Add an object; return its id."""
        id = object_id(kind, data)
        self._objects[kind, id] = data
        return id


class OverScratch:
    """Reads what a scratch has too, and adds to the storage below it."""

    def __init__(self, scratch: Scratch, below: ObjectWriter) -> None:
        self._scratch = scratch
        self._below = below

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return the content of an object."""
        return self._scratch.read(kind, id)

    def add(self, kind: Kind, data: bytes, base: bytes | None = None) -> bytes:
        """Add an object; return its id.

        A page of which the scratch alone has the older one is stored without it.
        """
        if base is not None and self._scratch.has(kind, base):
            base = None
        return self._below.add(kind, data, base)
