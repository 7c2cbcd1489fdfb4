"""Committed versions as Python sees them: snapshots, datasets and entries, all lazy and read-only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, overload

from rtstore.errors import RevisionError
from rtstore.history.revisions import find_position
from rtstore.history.tree import Entry as Row
from rtstore.history.tree import Tree, leaf_entries
from rtstore.model.ids import ENTRY_ID_SIZE, Kind
from rtstore.model.jsontext import loads
from rtstore.model.objects import Annotation, Commit, Framing, LeafPage, Settings, Stamps, decode
from rtstore.model.objects import Dataset as Stored
from rtstore.model.shapes import Turn, shape_of, turns
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.files.materialize import FileSource
from rtstore.workspace.files.sidecars import sidecar_bytes
from rtstore.workspace.workspace import Workspace


class Entry:
    """One conversation of a dataset. ``id`` is its id for life, ``position`` its place from 0."""

    __slots__ = ("_annotation", "_reader", "id", "position", "text")

    def __init__(self, reader: ObjectReader, row: Row, position: int, text: bytes) -> None:
        self._reader = reader
        self._annotation = row.annotation
        self.id = row.entry
        self.position = position
        #: The record as it stands in the file, without what separates it from the next.
        self.text = text

    def __repr__(self) -> str:
        return f"<Entry {self.id.hex()[:8]} at {self.position}>"

    @property
    def data(self) -> Any:
        """The record, decoded."""
        return loads(self.text)

    @property
    def shape(self) -> str | None:
        """The name of the record's shape, None if it has no known one."""
        shape = shape_of(self.data)
        return shape.name if shape else None

    @property
    def turns(self) -> Sequence[Turn]:
        """The turns of the conversation; none if the record has no known shape."""
        return turns(self.data)

    @property
    def mapping(self) -> Any:
        """The characters of its turns, as the sidecar has them; None if it says nothing about this entry."""
        text = self.mapping_text
        return loads(text) if text else None

    @property
    def mapping_text(self) -> bytes:
        """The same as the JSON text that is stored; empty if it says nothing."""
        return self.annotation.mapping

    @property
    def note(self) -> str:
        """What people noted about it; empty for nothing."""
        return self.annotation.note

    @property
    def rating(self) -> int:
        """Its rating, 1 to 5; 0 for none."""
        return self.annotation.rating

    @property
    def review(self) -> str:
        """The slug of its review state, such as ``approved``; empty for none."""
        return self.annotation.review

    @property
    def annotation(self) -> Annotation:
        """All that is known about it beside its record."""
        return read_annotation(self._reader, self._annotation)


class Stretch(NamedTuple):
    """Consecutive entries of a dataset: the position of the first, their page of the tree, their records' texts."""

    start: int
    page: bytes
    leaf: LeafPage
    texts: list[bytes]

    def id_of(self, index: int) -> bytes:
        """Return the entry id of one of them."""
        return self.leaf.entries[index * ENTRY_ID_SIZE : (index + 1) * ENTRY_ID_SIZE]


class Dataset(Sequence[Entry]):
    """One dataset in one version. Entries by position (``dataset[0]``) or by id prefix (``dataset["3fa8"]``)."""

    def __init__(self, workspace: Workspace, path: str, id: bytes) -> None:
        self._workspace = workspace
        self.path = path
        self.id = id
        self.stored: Stored = workspace.dataset(id)
        self.tree: Tree = workspace.tree(self.stored)
        self._volatile = Volatile(self.stored.settings.volatile)
        self._runs: Sequence[tuple[int, tuple[bytes, ...]]] | None = None
        self._run_ends: list[int] = []

    def __repr__(self) -> str:
        return f"<Dataset {self.path}: {len(self)} entries>"

    def __len__(self) -> int:
        return self.stored.count

    @property
    def settings(self) -> Settings:
        """How the dataset is read: its id field and its volatile fields."""
        return self.stored.settings

    @property
    def framing(self) -> Framing:
        """What is around the records in the file."""
        return self.stored.framing

    @overload
    def __getitem__(self, key: int | str) -> Entry: ...
    @overload
    def __getitem__(self, key: slice) -> list[Entry]: ...
    def __getitem__(self, key: int | str | slice) -> Entry | list[Entry]:
        """Return an entry by position (negative ones count from the end) or by at least 4 digits of its id.

        Raises:
            IndexError: there is no such position.
            RevisionError: no entry has such an id, or several have.
        """
        if isinstance(key, slice):
            return [self[position] for position in range(*key.indices(len(self)))]
        if isinstance(key, str):
            return self._at(self.position_of(key))
        position = key + len(self) if key < 0 else key
        if not 0 <= position < len(self):
            raise IndexError(f"{self.path} has {len(self)} entries")
        return self._at(position)

    def __iter__(self) -> Iterator[Entry]:
        """Stream the entries in order."""
        for stretch in self.stretches():
            rows = leaf_entries(stretch.leaf, 0, len(stretch.leaf))
            for index, (row, text) in enumerate(zip(rows, stretch.texts, strict=True)):
                yield Entry(self._workspace.objects, row, stretch.start + index, text)

    def stretches(self) -> Iterator[Stretch]:
        """Stream the entries in order, many at a time: what goes through all of a large dataset is quickest so."""
        with RecordSource(self._workspace.objects, expected=len(self)) as records:
            for ref in self.tree.leaves():
                leaf = self.tree.leaf(ref)
                texts = records.records(leaf.records)
                if self.stored.stamps is not None:
                    texts = [
                        self._volatile.fill(text, self._stamps(ref.start + index))
                        for index, text in enumerate(texts)
                    ]
                yield Stretch(ref.start, ref.id, leaf, texts)

    def entry_of(self, stretch: Stretch, index: int) -> Entry:
        """Return an entry of a stretch, by its index there."""
        (row,) = leaf_entries(stretch.leaf, index, index + 1)
        return Entry(self._workspace.objects, row, stretch.start + index, stretch.texts[index])

    def find(self, text: str) -> Entry:
        """Return the entry that ``#ENTRY`` means: a position from 1, or the beginning of an id.

        Raises:
            RevisionError: there is none.
        """
        found = find_position(text, len(self), self.path)
        return self[found]

    def chunks(self) -> Iterator[bytes]:
        """Yield the exact bytes of the file."""
        with RecordSource(self._workspace.objects, expected=len(self)) as records:
            for chunk in FileSource(self._workspace.objects, records, self.stored).whole():
                yield chunk.data

    def sidecar(self) -> bytes | None:
        """Return the sidecar file, None if the dataset has none."""
        return sidecar_bytes(self._workspace.objects, self.stored)

    def row(self, position: int) -> Row:
        """Return what the tree has of the entry at a position from 0.

        Raises:
            IndexError: there is no such position.
        """
        leaf, index = self.tree.locate(position)
        return next(leaf_entries(leaf, index, index + 1))

    def text_of(self, row: Row, position: int) -> bytes:
        """Return the text of an entry that ``row`` gave."""
        record = self._workspace.objects.read(Kind.RECORD, row.record)
        return self._volatile.fill(record, self._stamps(position))

    def annotation_of(self, row: Row) -> Annotation:
        """Return what is known, beside its record, about an entry that ``row`` gave."""
        return read_annotation(self._workspace.objects, row.annotation)

    def position_of(self, prefix: str) -> int:
        """Return the position of the entry whose id begins with at least 4 hex digits.

        Raises:
            RevisionError: no entry has such an id, or several have.
        """
        return self._workspace.index_of(self.stored).position(prefix, self.path)

    def position_of_id(self, id: bytes) -> int | None:
        """Return the position of the entry with an id, None if there is none."""
        return self._workspace.index_of(self.stored).find(id)

    def _at(self, position: int) -> Entry:
        row = self.row(position)
        return self._entry(row, position, self._workspace.objects.read(Kind.RECORD, row.record))

    def _entry(self, row: Row, position: int, record: bytes) -> Entry:
        return Entry(
            self._workspace.objects, row, position, self._volatile.fill(record, self._stamps(position))
        )

    def _stamps(self, position: int) -> tuple[bytes, ...]:
        if self.stored.stamps is None:
            return ()
        if self._runs is None:
            self._runs = decode(self._workspace.objects.read(Kind.STAMPS, self.stored.stamps), Stamps).runs
            self._run_ends = list(accumulate(count for count, _ in self._runs))
        run = bisect_right(self._run_ends, position)
        return self._runs[run][1] if run < len(self._runs) else ()


def read_annotation(reader: ObjectReader, id: bytes | None) -> Annotation:
    """Return what is known about an entry; nothing for None."""
    return Annotation() if id is None else decode(reader.read(Kind.ANNOTATION, id), Annotation)


class Snapshot(Mapping[str, Dataset]):
    """All datasets of one commit, by path."""

    def __init__(self, workspace: Workspace, commit_id: bytes) -> None:
        self._workspace = workspace
        self.commit_id = commit_id
        self.commit: Commit = workspace.read_commit(commit_id)
        self._datasets = workspace.snapshot(commit_id)

    def __repr__(self) -> str:
        return f"<Snapshot {self.commit_id.hex()[:8]}: {len(self)} datasets>"

    def __getitem__(self, path: str) -> Dataset:
        id = self._datasets.get(path)
        if id is None:
            raise unknown_dataset(path, self._datasets, self.commit_id.hex()[:12])
        return Dataset(self._workspace, path, id)

    def __contains__(self, path: object) -> bool:
        return path in self._datasets

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __len__(self) -> int:
        return len(self._datasets)


class UnknownDatasetError(RevisionError, KeyError):
    """A version has no dataset of that name; a ``KeyError`` too, as a mapping should raise."""

    __str__ = RevisionError.__str__


def unknown_dataset(path: str, known: Mapping[str, bytes], where: str | None) -> UnknownDatasetError:
    """Return the error for a dataset that a version does not have, with those that are near.

    ``where``: what does not have it; None: neither of two versions.
    """
    from rtstore.history.refs import near_matches

    dataset, mark, entry = path.rpartition("#")
    if mark and dataset in known:
        return UnknownDatasetError(
            f"{entry!r} is no entry of {dataset}: neither a position from 1 nor the start of an id",
            hint=f"Ids are shown by: rtstore show HEAD:{dataset}",
        )
    what = "neither version has a" if where is None else f"{where} has no"
    near = near_matches(path, known)
    all_ = f"{'They have' if where is None else 'It has'}: {', '.join(known) or 'no datasets'}"
    hint = f"Did you mean {near[0]}?" if near else all_
    return UnknownDatasetError(f"{what} dataset {path}", candidates=near, hint=hint)
