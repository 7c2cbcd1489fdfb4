"""An object store in memory, which counts what is asked of it and, unlike a real one, does not verify."""

from __future__ import annotations

from rtstore.errors import MissingObjectError
from rtstore.model.ids import Kind, object_id


class MemoryStore:
    """An ObjectReader and ObjectWriter. ``reads`` and ``adds`` list the ids asked for, in order."""

    def __init__(self) -> None:
        self.objects: dict[tuple[Kind, bytes], bytes] = {}
        self.bases: dict[bytes, bytes | None] = {}
        self.reads: list[bytes] = []
        self.adds: list[bytes] = []

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return the content of an object, unverified: tests put damage there."""
        self.reads.append(id)
        try:
            return self.objects[kind, id]
        except KeyError:
            raise MissingObjectError(f"no {kind.name.lower()} {id.hex()}") from None

    def add(self, kind: Kind, data: bytes, base: bytes | None = None) -> bytes:
        """Store an object and return its id."""
        id = object_id(kind, data)
        self.adds.append(id)
        if (kind, id) not in self.objects:
            self.objects[kind, id] = data
            self.bases[id] = base
        return id

    def forget_counts(self) -> None:
        """Start counting anew."""
        self.reads.clear()
        self.adds.clear()
