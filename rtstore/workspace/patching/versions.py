"""The versions of a dataset that a patch speaks of, made out of one that is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from rtstore.compare.merge.contents import Storage
from rtstore.errors import DamagedError, InputError
from rtstore.formats.patch import PatchBeside, PatchDataset, PatchEntry, PatchFrame, entry_id
from rtstore.formats.patch_check import check_separator, is_all_head
from rtstore.formats.problems import explain
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import Entry, Root, Tree, entry_at, positions_of
from rtstore.model.ids import Kind
from rtstore.model.objects import PERMISSIONS, Annotation, Dataset, encode
from rtstore.model.volatile import Volatile
from rtstore.workspace.files.observe import layout_of
from rtstore.workspace.merging.datasets import NO_VALUE
from rtstore.workspace.merging.frames import read_registry
from rtstore.workspace.rebuild import Piece, rebuilt


class _Item(NamedTuple):
    """An entry as a patch has it, and its volatile values."""

    entry: Entry
    stamps: tuple[bytes, ...]


class Patching:
    """A dataset, and a patch that is about it. ``name`` is what messages call the patch."""

    def __init__(self, storage: Storage, dataset: Dataset, patch: PatchDataset, name: str) -> None:
        self._storage = storage
        self._dataset = dataset
        self._patch = patch
        self._name = name
        self._layout = layout_of(patch.path)
        self._tree = Tree(storage, Root(dataset.root, dataset.height, dataset.count))
        self._stamps = StampsAt(read_stamps(storage, dataset).runs)
        self._entries = [(entry_id(each.id), each) for each in patch.entries]
        wanted = {id for id, _ in self._entries}
        wanted |= {entry_id(each.after) for each in patch.entries if isinstance(each.after, str)}
        self._at = positions_of(self._tree, wanted)
        #: What becomes of entries of the dataset, by position; None: it leaves.
        self._changed: dict[int, _Item | None] = {}
        #: What comes before an entry of the dataset, by position.
        self._placed: dict[int, list[_Item]] = {}

    def before(self) -> Dataset:
        """Return the dataset with the content that the patch says its entries had."""
        frame = self._framed(self._patch.old_frame)
        for id, entry in self._entries:
            at = self._at.get(id)
            if entry.old_position is None:
                if at is not None:
                    self._changed[at] = None
            elif at is not None:
                self._change(at, self._item(id, entry.old_text, entry.old_beside, frame, at))
            elif entry.new_position is not None:
                item = self._item(id, entry.old_text, entry.old_beside, frame)
                place = min(max(entry.old_position - 1, 0), self._dataset.count)
                self._placed.setdefault(place, []).append(item)
        return self._rebuilt(frame, self._patch.old_frame)

    def after(self) -> Dataset:
        """Return the dataset, which is as the patch says it was, as it is to be."""
        frame = self._framed(self._patch.new_frame)
        arriving: list[tuple[int, bytes, PatchEntry]] = []
        for id, entry in self._entries:
            at = self._at.get(id)
            if entry.new_position is None or entry.moved or entry.old_position is None:
                if at is not None:
                    self._changed[at] = None
                if entry.new_position is not None:
                    arriving.append((entry.new_position - 1, id, entry))
            elif at is not None:
                self._change(at, self._item(id, entry.new_text, entry.new_beside, frame, at))
        self._place(sorted(arriving, key=lambda one: one[0]), frame)
        return self._rebuilt(frame, self._patch.new_frame)

    def _place(self, arriving: Sequence[tuple[int, bytes, PatchEntry]], frame: Dataset) -> None:
        """Put entries behind those that the patch says are before them, else at the position it says."""
        leaving = sorted(position for position, item in self._changed.items() if item is None)
        places: dict[bytes, int] = {}
        for index, (position, id, entry) in enumerate(arriving):
            place = self._place_behind(entry.after, places)
            if place is None:
                place = _nth_staying(position - index, leaving)
            places[id] = place = min(place, self._dataset.count)
            item = self._item(id, entry.new_text, entry.new_beside, frame, self._at.get(id))
            self._placed.setdefault(place, []).append(item)

    def _place_behind(self, after: object, places: dict[bytes, int]) -> int | None:
        if after is None:
            return 0
        if not isinstance(after, str):
            return None
        id = entry_id(after)
        if id in places:
            return places[id]
        at = self._at.get(id)
        return None if at is None or (at in self._changed and self._changed[at] is None) else at + 1

    def _change(self, at: int, item: _Item) -> None:
        if entry_at(self._tree, at) != item.entry:
            self._changed[at] = item

    def _item(
        self,
        id: bytes,
        text: str | None,
        beside: PatchBeside | None,
        frame: Dataset,
        at: int | None = None,
    ) -> _Item:
        beside = beside or PatchBeside()
        record, stamps = self._read(text, beside, frame)
        # Without a sidecar there is nothing that could map its turns.
        annotation = replace(beside, mapping=beside.mapping if frame.registry else "").annotation()
        entry = Entry(
            id,
            self._storage.add(Kind.RECORD, record),
            None if annotation == Annotation() else self._storage.add(Kind.ANNOTATION, encode(annotation)),
            self._separator(beside, frame),
        )
        known = self._stamps.values(at) if at is not None else ()
        return _Item(entry, known if len(known) == len(stamps) else stamps)

    def _separator(self, beside: PatchBeside, frame: Dataset) -> bytes | None:
        if beside.separator is None:
            return None
        check_separator(beside.separator, frame.framing.layout, f"{self._name}: {self._patch.path}")
        separator = beside.separator.encode()
        return None if separator == frame.framing.separator else separator

    def _read(self, text: str | None, beside: PatchBeside, frame: Dataset) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the record a patch has, and its volatile values, just as they would be read in a file."""
        volatile = Volatile(frame.settings.volatile)
        record, stamps = (text or "").encode(), tuple(value.encode() for value in beside.stamps)
        try:
            line = volatile.fill(record, stamps) if stamps else volatile.readable(record)
        except DamagedError as error:
            raise self._bad_record(error.message) from error
        problem = explain(line, "the patch's record", 1)
        if problem is not None:
            raise self._bad_record(problem.message)
        if frame.framing.layout == "array":
            if line.strip(b" \t\r\n") != line:
                raise self._bad_record("a record begins or ends with white space")
        elif b"\n" in line:
            raise self._bad_record("a record has several lines")
        elif line.endswith(b"\r") and not frame.framing.separator.startswith(b"\r"):
            raise self._bad_record("a record ends with a carriage return")
        return volatile.cut(line)

    def _bad_record(self, message: str) -> InputError:
        return InputError(
            f"{self._name}: {self._patch.path}: {message}",
            hint="Write a patch with: rtstore diff --json A..B > FILE",
        )

    def _framed(self, frame: PatchFrame | None) -> Dataset:
        """Return the dataset with what the patch says is around the entries."""
        if frame is None:
            return self._dataset
        if frame.layout != self._layout:
            raise InputError(
                f"{self._name}: {self._patch.path} cannot have the layout {frame.layout!r}",
                hint="A .json file is an array, all others have a record a line.",
            )
        registry = frame.registry_object()
        return replace(
            self._dataset,
            # Whether the framing is that of a file with entries: to it those of the dataset may come.
            count=0 if is_all_head(frame) else max(self._dataset.count, 1),
            framing=replace(frame.framing(), mode=frame.mode & PERMISSIONS),
            settings=frame.settings(
                None if frame.settled is None else self._storage.add(Kind.BLOB, frame.settled)
            ),
            registry=None if registry is None else self._storage.add(Kind.REGISTRY, encode(registry)),
        )

    def _rebuilt(self, frame: Dataset, known: PatchFrame | None) -> Dataset:
        plans = [(at, at, items) for at, items in self._placed.items()]
        plans += [(at, at + 1, [] if item is None else [item]) for at, item in self._changed.items()]
        plans.sort(key=lambda plan: plan[:2])
        pieces = [
            Piece(Splice(start, stop, _columns(items)), [(1, item.stamps) for item in items])
            for start, stop, items in plans
        ]
        return rebuilt(self._storage, self._dataset, pieces, frame, self._sidecar_stamps(frame, known))

    def _sidecar_stamps(self, frame: Dataset, known: PatchFrame | None) -> tuple[tuple[str, bytes], ...]:
        """Return a value for each stamp that the registry has room for."""
        values = dict(known.sidecar_stamps()) if known is not None else {}
        values |= read_stamps(self._storage, self._dataset).sidecar
        registry = read_registry(self._storage, frame)
        places = (
            f"{section.name}.{key}"
            for section in (registry.sections if registry is not None else ())
            for key, text in section.items
            if section.layout == "object" and not text
        )
        return tuple((place, values.get(place, NO_VALUE)) for place in places)


def _nth_staying(number: int, leaving: Sequence[int]) -> int:
    """Return the position before which so many entries stay."""
    place = max(number, 0)
    for position in leaving:
        if position > place:
            break
        place += 1
    return place


def _columns(items: Sequence[_Item]) -> Columns:
    columns = Columns()
    for item in items:
        columns.append(*item.entry)
    return columns
