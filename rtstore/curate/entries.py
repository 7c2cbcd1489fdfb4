"""The entries of one version of a dataset, committed or a working file as it is now, read in large steps.

Only what is asked for is read: the ids and annotations of a leaf, then those of its records that somebody wants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from struct import iter_unpack
from typing import TYPE_CHECKING, NamedTuple

from rtstore.curate.filelines import FileLines, lies_as_stored
from rtstore.errors import RevisionError
from rtstore.history.revisions import split_path
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import Entry as Row
from rtstore.history.tree import PageRef, Root, Tree, leaf_entries
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Annotation, Dataset, Registry, decode
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader
from rtstore.storage.sequential import RecordSource
from rtstore.storage.signature import signature
from rtstore.workspace.files.reading import open_to_read
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.operate import writing
from rtstore.workspace.retrack import recorded
from rtstore.workspace.views import Dataset as View
from rtstore.workspace.views import Entry, unknown_dataset
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.files.texts import LineTexts


class Leaf(NamedTuple):
    """Consecutive entries: the position of the first from 0, then by column; ``annotations`` by index, where any.

    ``oddly_separated``: some have something else behind them in the file than the others.
    """

    start: int
    ids: list[bytes]
    records: bytes
    annotations: dict[int, bytes]
    oddly_separated: bool

    def record_id(self, index: int) -> bytes:
        """Return the id of a record."""
        return self.records[index * OBJECT_ID_SIZE : (index + 1) * OBJECT_ID_SIZE]


class Entries:
    """The entries of one version of a dataset. ``commit`` is None for the working file. Close it, or use ``with``."""

    def __init__(
        self,
        workspace: Workspace,
        path: str,
        dataset: Dataset,
        commit: bytes | None = None,
        reader: ObjectReader | None = None,
        texts: LineTexts | None = None,
        lines: FileLines | None = None,
    ) -> None:
        self.workspace = workspace
        self.path = path
        self.dataset = dataset
        self.commit = commit
        self.reader = reader or workspace.objects
        self.tree = Tree(self.reader, Root(dataset.root, dataset.height, dataset.count))
        self.warnings: tuple[str, ...] = ()
        self._texts = texts
        self._lines = lines
        self._last: Leaf | None = None
        self._expected = 0
        self._volatile = Volatile(dataset.settings.volatile)
        self._resources = ExitStack()

    def __enter__(self) -> Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self.dataset.count

    def expect_all(self) -> None:
        """Prepare for all records being read."""
        self._expected = len(self)

    def keep_open(self, resources: ExitStack) -> None:
        """Take over what has to stay open as long as entries are read."""
        self._resources.push(resources.pop_all())

    def close(self) -> None:
        """Close the working file, and stop reading ahead."""
        self._resources.close()
        self.__dict__.pop("_source", None)

    def leaves(self) -> Iterator[Leaf]:
        """Yield the entries in order, by leaf, without reading a record."""
        return map(self._leaf, self.tree.leaves())

    def leaf_at(self, position: int) -> Leaf:
        """Return the leaf with the entry at a position."""
        if self._last is None or not 0 <= position - self._last.start < len(self._last.ids):
            self._last = self._leaf(self.tree.page_at(0, position))
        return self._last

    def _leaf(self, ref: PageRef) -> Leaf:
        leaf = self.tree.leaf(ref)
        ids = [id for (id,) in iter_unpack(f"{ENTRY_ID_SIZE}s", leaf.entries)]
        return Leaf(ref.start, ids, leaf.records, dict(leaf.annotations), bool(leaf.separators))

    def records(self, leaf: Leaf, indexes: Sequence[int]) -> list[bytes]:
        """Return the records at ascending indexes of a leaf, volatile values cut out.

        Raises:
            DamagedError: one is missing or damaged.
        """
        if self._texts is not None:
            return self._observed(leaf, self._texts, indexes)
        if len(indexes) == len(leaf.ids):
            lines = self._lines
            if lines is not None and lines.position == leaf.start and not leaf.oddly_separated:
                return lines.take(len(indexes))
            return self._source.records(leaf.records)
        return self._source.records(b"".join(leaf.record_id(index) for index in indexes))

    def readable(self, records: list[bytes]) -> list[bytes]:
        """Return records as JSON, with null in place of volatile values."""
        if self.dataset.stamps is None:
            return records
        return list(map(self._volatile.readable, records))

    def filled(self, records: list[bytes], positions: Sequence[int]) -> list[bytes]:
        """Return records as they stand in the file."""
        if self.dataset.stamps is None:
            return records
        fill, values = self._volatile.fill, self._stamps.values
        return [fill(record, values(position)) for record, position in zip(records, positions, strict=True)]

    def annotation(self, id: bytes | None) -> Annotation:
        """Return what is known about an entry beside its record; nothing for None."""
        return Annotation() if id is None else decode(self.reader.read(Kind.ANNOTATION, id), Annotation)

    def entry(self, leaf: Leaf, index: int, record: bytes) -> Entry:
        """Return an entry of a leaf as Python programs see it."""
        row = Row(leaf.ids[index], leaf.record_id(index), leaf.annotations.get(index), None)
        position = leaf.start + index
        return Entry(self.reader, row, position, self.filled([record], [position])[0])

    def old_record(self, id: bytes) -> bytes:
        """Return a stored record of another version as JSON, with null in place of volatile values."""
        return self._volatile.readable(self.reader.read(Kind.RECORD, id))

    def record_at(self, position: int) -> bytes:
        """Return the record at a position, volatile values cut out."""
        parsed = self._texts.record(position) if self._texts is not None else None
        if parsed is not None:
            return parsed
        leaf, index = self.tree.locate(position)
        return self.reader.read(Kind.RECORD, next(leaf_entries(leaf, index, index + 1)).record)

    def as_stored(self) -> View:
        """Return the dataset with all its records stored: what of a working file is not yet, is now.

        Raises:
            InputError: the working file is no valid dataset any more.
            LockedError: another command is changing the store.
        """
        if self.commit is not None:
            return View(self.workspace, self.path, self.workspace.snapshot(self.commit)[self.path])
        with writing(self.workspace):
            return recorded(self.workspace, self.path, None)[1]

    @cached_property
    def registry(self) -> Registry | None:
        """The registry of the dataset, None if it has none."""
        id = self.dataset.registry
        return None if id is None else decode(self.reader.read(Kind.REGISTRY, id), Registry)

    @cached_property
    def _stamps(self) -> StampsAt:
        return StampsAt(read_stamps(self.reader, self.dataset).runs)

    @cached_property
    def _source(self) -> RecordSource:
        return self._resources.enter_context(RecordSource(self.workspace.objects, expected=self._expected))

    def _observed(self, leaf: Leaf, texts: LineTexts, indexes: Sequence[int]) -> list[bytes]:
        """Return records of a working file: of lines that are not as they were, from the file itself."""
        found: list[bytes] = []
        for index in indexes:
            parsed = texts.record(leaf.start + index)
            found.append(self._source.records(leaf.record_id(index))[0] if parsed is None else parsed)
        return found


def committed_entries(workspace: Workspace, commit: bytes, path: str) -> Entries:
    """Return the entries of a dataset in a commit.

    Raises:
        RevisionError: it has no such dataset.
    """
    datasets = workspace.snapshot(commit)
    if path not in datasets:
        raise unknown_dataset(path, datasets, commit.hex()[:12])
    return Entries(workspace, path, workspace.dataset(datasets[path]), commit)


def working_entries(workspace: Workspace, path: str) -> Entries:
    """Return the entries of a tracked working file as it is now.

    Raises:
        RevisionError: no tracked dataset has that name, or its file is missing.
        InputError: the file is no valid dataset.
    """
    tracked = workspace.state().tracked
    if path not in tracked:
        raise unknown_dataset(path, tracked, "the workspace")
    with ExitStack() as resources:
        transaction = resources.enter_context(workspace.transaction())
        working = look(workspace, path, tracked[path], transaction)
        resources.callback(working.close)
        if working.problem is not None:
            raise working.problem
        if working.dataset is None:
            raise RevisionError(
                f"the file {path} is missing", hint=f"`rtstore restore {path}` brings it back."
            )
        lines = _lines(workspace, working, resources)
        if working.texts is not None:
            working.texts.open()
        found = Entries(workspace, path, working.dataset, None, transaction, working.texts, lines)
        found.warnings = tuple(working.warnings)
        found.keep_open(resources)
        return found


def _lines(workspace: Workspace, working: Working, resources: ExitStack) -> FileLines | None:
    """Return the lines of a working file, if they are records as they are stored."""
    dataset, path = working.dataset, workspace.path(working.name)
    if dataset is None or working.texts is not None or not lies_as_stored(dataset):
        return None

    def unchanged() -> bool:
        return signature(path) == working.signature

    file = resources.enter_context(open_to_read(path))
    return FileLines(file, dataset, unchanged) if unchanged() else None


def entries_of(workspace: Workspace, what: str) -> Entries:
    """Return the entries that ``REV:DATASET`` names, or ``DATASET``: the working file.

    Raises:
        RevisionError: there is no such revision or dataset.
        InputError: the working file is no valid dataset.
    """
    if what in workspace.state().tracked:
        return working_entries(workspace, what)
    spec = split_path(what)
    if spec.dataset is None:
        return working_entries(workspace, what)
    return committed_entries(workspace, workspace.resolve(spec.revision, workspace.state()), spec.dataset)
