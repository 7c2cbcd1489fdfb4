"""One version of a dataset, as a comparison reads it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from rtstore.errors import DamagedError
from rtstore.formats.mappings import MAPPINGS, in_order, join
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Annotation, Dataset, Registry, Section, decode
from rtstore.model.records import record_problem
from rtstore.storage.interface import ObjectReader

#: Gives the text of a record by its position and its id.
RecordAt = Callable[[int, bytes], bytes]


class Version:
    """A version of a dataset, and where what it consists of is read.

    ``record_at`` reads records where not all of them are stored: those of a working file.
    """

    def __init__(self, dataset: Dataset, reader: ObjectReader, record_at: RecordAt | None = None) -> None:
        self.dataset = dataset
        self.tree = Tree(reader, Root(dataset.root, dataset.height, dataset.count))
        self.record = record_at or self._stored_record
        self._reader = reader

    def _stored_record(self, _: int, id: bytes) -> bytes:
        text = self._reader.read(Kind.RECORD, id)
        problem = record_problem(text)
        if problem is not None:
            raise DamagedError(f"the record {id.hex()} {problem}", hint="Run: rtstore fsck")
        return text

    @property
    def registry(self) -> Registry | None:
        """The registry, None if there is none."""
        id = self.dataset.registry
        return decode(self._reader.read(Kind.REGISTRY, id), Registry) if id is not None else None

    @property
    def settled(self) -> bytes | None:
        """What tells which entries have a side of the partition for good, see ``docs/format.md``; None: nothing."""
        id = self.dataset.settled
        return None if id is None else self._reader.read(Kind.BLOB, id)

    def stamps(self, position: int) -> tuple[bytes, ...]:
        """Return the volatile values of the entry at a position."""
        return self._stamps[0].values(position)

    @property
    def sidecar_stamps(self) -> tuple[tuple[str, bytes], ...]:
        """The stamps of the sidecar, by path."""
        return self._stamps[1]

    @cached_property
    def _stamps(self) -> tuple[StampsAt, tuple[tuple[str, bytes], ...]]:
        found = read_stamps(self._reader, self.dataset)
        return StampsAt(found.runs), found.sidecar

    def mappings(self) -> list[bytes]:
        """Return the mappings in the sidecar, of entries and others, as JSON texts in the file's order."""
        registry = self.registry
        if registry is None:
            return []
        of_entries = []
        for ref in self.tree.leaves():
            leaf = self.tree.leaf(ref)
            for index, id in leaf.annotations:
                if mapping := self.annotation(id).mapping:
                    entry = leaf.entries[index * ENTRY_ID_SIZE : (index + 1) * ENTRY_ID_SIZE]
                    of_entries.append((entry, mapping))
        own = (one for one in registry.sections if one.name == MAPPINGS and one.layout == "list")
        section = next(own, Section(MAPPINGS, "list", ()))
        return join(in_order(of_entries, registry.mapping_order), section)

    def annotation(self, id: bytes | None) -> Annotation:
        """Return what is known about an entry; nothing for None."""
        return decode(self._reader.read(Kind.ANNOTATION, id), Annotation) if id is not None else Annotation()

    def entry_before(self, position: int) -> bytes | None:
        """Return the id of the entry before a position, None at the beginning."""
        return self.entry_id(position - 1) if position else None

    def entry_id(self, position: int) -> bytes:
        """Return the id of the entry at a position."""
        leaf, index = self.tree.locate(position)
        return leaf.entries[index * ENTRY_ID_SIZE : (index + 1) * ENTRY_ID_SIZE]

    def record_id(self, position: int) -> bytes:
        """Return the id of the record at a position."""
        leaf, index = self.tree.locate(position)
        return leaf.records[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE]
