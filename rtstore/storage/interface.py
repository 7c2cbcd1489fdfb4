"""What the layers above ask of storage: to read objects and to add them."""

from __future__ import annotations

from typing import Protocol

from rtstore.model.ids import Kind


class ObjectReader(Protocol):
    """Gives the content of objects."""

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return the content of an object, checked against its id.

        Raises:
            MissingObjectError: there is no such object.
            DamagedError: what is stored is not what was written.
        """
        ...


class ObjectWriter(Protocol):
    """Takes objects."""

    def add(self, kind: Kind, data: bytes, base: bytes | None = None) -> bytes:
        """Store an object unless it is known, and return its id.

        ``base`` is the id of an older page of the same kind that this one resembles, if there is one: the
        object may be stored as a difference from it.
        """
        ...
