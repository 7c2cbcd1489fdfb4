"""A dataset being edited: a list of entries over the committed one, which is read only where it is touched."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rtstore.errors import InputError, UsageError
from rtstore.formats.heads import NO_CLAIM, HeadDecoder
from rtstore.formats.problems import explain
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.stamps import Run
from rtstore.history.tree import Entry as Row
from rtstore.model import jsonedit
from rtstore.model.ids import (
    Kind,
    entry_id_of_duplicate,
    entry_id_of_record,
    object_id,
)
from rtstore.model.jsontext import Path, loads
from rtstore.model.objects import Annotation, encode
from rtstore.model.shapes import Turn, turns
from rtstore.model.volatile import Volatile
from rtstore.storage.transaction import Transaction
from rtstore.workspace.annotations import check_annotation, check_side
from rtstore.workspace.rebuild import Piece
from rtstore.workspace.views import Dataset

Record = Mapping[str, Any] | str | bytes


class DraftTurn:
    """A turn that can be changed: ``turn.content = "..."``. Everything else of it can be read."""

    def __init__(self, entry: DraftEntry, turn: Turn) -> None:
        self._entry = entry
        self._turn = turn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._turn, name)

    @property
    def content(self) -> str:
        """The text of the turn."""
        return self._turn.content

    @content.setter
    def content(self, text: str) -> None:
        if self._turn.content_path is None:
            raise UsageError("this turn's content is not one text", hint="Use entry.set(path, value).")
        self._entry.set(self._turn.content_path, text)


class DraftEntry:
    """An entry that can be changed. What is not changed of its record keeps its bytes.

    Beside its record it has an annotation: ``entry.rating = 4``. ``annotation`` is all of it.
    """

    def __init__(
        self,
        volatile: Volatile,
        text: bytes,
        row: Row | None,
        annotation: Annotation = Annotation(),  # noqa: B008 (frozen)
    ) -> None:
        self._volatile = volatile
        self.text = text
        self.row = row
        self.original = text if row is not None else None
        self._known = annotation
        self.annotation = annotation

    @property
    def id(self) -> bytes | None:
        """The entry's id; a new entry gets one when the edit is committed."""
        return self.row.entry if self.row is not None else None

    @property
    def changed(self) -> bool:
        """Whether it differs from what is committed; a new entry always does."""
        return self.text != self.original or self.annotated

    @property
    def annotated(self) -> bool:
        """Whether its annotation differs from what is committed."""
        return self.annotation != self._known

    @property
    def changes_side(self) -> bool:
        """Whether its annotation names another side of the partition than what is committed."""
        return self.annotation.partition != self._known.partition

    @property
    def data(self) -> Any:
        """The record, decoded. Changes to it have no effect: use ``set``, ``delete`` or ``replace``."""
        return loads(self.text)

    @property
    def turns(self) -> Sequence[DraftTurn]:
        """The turns of the conversation."""
        return [DraftTurn(self, turn) for turn in turns(self.data)]

    @property
    def note(self) -> str:
        """What people noted about it; empty for nothing."""
        return self.annotation.note

    @note.setter
    def note(self, note: str) -> None:
        self.annotation = check_annotation(replace(self.annotation, note=note))

    @property
    def rating(self) -> int:
        """Its rating, 1 to 5; 0 for none."""
        return self.annotation.rating

    @rating.setter
    def rating(self, rating: int) -> None:
        self.annotation = check_annotation(replace(self.annotation, rating=rating))

    @property
    def review(self) -> str:
        """The slug of its review state, such as ``approved``; empty for none."""
        return self.annotation.review

    @review.setter
    def review(self, review: str) -> None:
        self.annotation = check_annotation(replace(self.annotation, review=review))

    @property
    def partition(self) -> str:
        """The side that it was put on; empty where that follows from its id."""
        return self.annotation.partition

    @partition.setter
    def partition(self, side: str) -> None:
        self.annotation = check_annotation(replace(self.annotation, partition=side))

    def set(self, path: Path | str, value: Any) -> None:
        """Set the value at a path, such as ``"tags"`` or ``("messages", 0, "content")``."""
        self._edit(jsonedit.set_value(self.text.decode(), _path(path), value))

    def insert(self, path: Path | str, value: Any) -> None:
        """Insert a value into a list (the last step is its index), or a member into an object."""
        self._edit(jsonedit.insert_value(self.text.decode(), _path(path), value))

    def delete(self, path: Path | str) -> None:
        """Delete the value at a path."""
        self._edit(jsonedit.delete_value(self.text.decode(), _path(path)))

    def replace(self, record: Record) -> None:
        """Put another record in the place of this one; it stays the same entry."""
        self.text = as_text(record, self.text)

    def _edit(self, text: str) -> None:
        self.text = _checked(text.encode())


class Draft:
    """A dataset being edited. Works like a list of entries; entries are found by position or id prefix."""

    def __init__(self, base: Dataset) -> None:
        self.base = base
        self._volatile = Volatile(base.settings.volatile)
        self._touched: dict[int, DraftEntry] = {}
        # Stretches of committed entries, as ranges of their positions, and new entries between them.
        self._parts: list[range | list[DraftEntry]] = [range(len(base))] if len(base) else []

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, key: int | str) -> DraftEntry:
        """Return an entry to change: by position, or by the beginning of its id.

        Raises:
            IndexError: there is no such position.
            RevisionError: no entry has such an id, or several have.
        """
        part, at = self._find(key)
        return part[at] if isinstance(part, list) else self._touch(part[at])

    def __setitem__(self, key: int | str, record: Record) -> None:
        self[key].replace(record)

    def __delitem__(self, key: int | str) -> None:
        part, at = self._find(key)
        if isinstance(part, list):
            del part[at]
            return
        self._touched.pop(part[at], None)
        index = self._index_of(part)
        self._parts[index : index + 1] = [piece for piece in (part[:at], part[at + 1 :]) if len(piece)]

    def __iter__(self) -> Iterator[DraftEntry]:
        for position in range(len(self)):
            yield self[position]

    def append(self, record: Record) -> None:
        """Add a new entry at the end."""
        if not self._parts or not isinstance(self._parts[-1], list):
            self._parts.append([])
        last = self._parts[-1]
        assert isinstance(last, list)
        last.append(self._new(record))

    def extend(self, records: Sequence[Record]) -> None:
        """Add new entries at the end."""
        for record in records:
            self.append(record)

    def insert(self, position: int, record: Record) -> None:
        """Add a new entry before the one at ``position``."""
        if position >= len(self):
            self.append(record)
            return
        part, at = self._find(position)
        if isinstance(part, list):
            part.insert(at, self._new(record))
            return
        index = self._index_of(part)
        pieces: list[range | list[DraftEntry]] = [part[:at], [self._new(record)], part[at:]]
        self._parts[index : index + 1] = [piece for piece in pieces if len(piece)]

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        whole = [range(len(self.base))] if len(self.base) else []
        return self._parts != whole or any(entry.changed for entry in self._touched.values())

    def only_edited(self) -> list[DraftEntry] | None:
        """Return the entries that were changed, in order, if none was added, removed or moved."""
        if self._parts != [range(len(self.base))]:
            return None
        return [entry for _, entry in sorted(self._touched.items()) if entry.changed]

    def pieces(self, transaction: Transaction) -> list[Piece]:
        """Return the edits in terms of the committed entries, their records stored in ``transaction``."""
        names = _Names(self.base, self._survives)
        found: list[tuple[int, int, list[DraftEntry]]] = []
        changed = sorted(p for p, entry in self._touched.items() if entry.changed)
        done = 0
        new: list[DraftEntry] = []
        for part in [*self._parts, range(len(self.base), len(self.base))]:
            if isinstance(part, list):
                new += part
                continue
            if new or part.start > done:
                found.append((done, part.start, new))
            inside = changed[bisect_left(changed, part.start) : bisect_left(changed, part.stop)]
            found += [(p, p + 1, [self._touched[p]]) for p in inside]
            done, new = part.stop, []
        return [self._piece(transaction, names, *one) for one in found]

    def _piece(
        self, transaction: Transaction, names: _Names, start: int, stop: int, entries: list[DraftEntry]
    ) -> Piece:
        columns = Columns()
        stamps: list[Run] = []
        for entry in entries:
            record, values = self._volatile.cut(entry.text)
            id = transaction.add(Kind.RECORD, record)
            if entry.changes_side:
                check_side(self.base.path, self.base.settings.partition, entry.partition)
            annotation = _stored_annotation(transaction, entry)
            if entry.row is not None:
                columns.append(entry.row.entry, id, annotation, entry.row.separator)
            else:
                columns.append(names.name(entry, id), id, annotation)
            stamps.append((1, values))
        return Piece(Splice(start, stop, columns), stamps)

    def _find(self, key: int | str) -> tuple[range | list[DraftEntry], int]:
        if isinstance(key, str):
            committed = self.base.position_of(key)
            for part in self._parts:
                if isinstance(part, range) and committed in part:
                    return part, part.index(committed)
            raise IndexError(f"entry {key} has been deleted in this edit")
        position = key + len(self) if key < 0 else key
        for part in self._parts if position >= 0 else ():
            if position < len(part):
                return part, position
            position -= len(part)
        raise IndexError(f"{self.base.path} has {len(self)} entries")

    def _survives(self, committed: int) -> bool:
        """Tell whether the committed entry at a position has not been deleted."""
        return any(isinstance(part, range) and committed in part for part in self._parts)

    def _index_of(self, part: range | list[DraftEntry]) -> int:
        return next(index for index, other in enumerate(self._parts) if other is part)

    def _touch(self, committed: int) -> DraftEntry:
        if committed not in self._touched:
            row = self.base.row(committed)
            text, annotation = self.base.text_of(row, committed), self.base.annotation_of(row)
            self._touched[committed] = DraftEntry(self._volatile, text, row, annotation)
        return self._touched[committed]

    def _new(self, record: Record) -> DraftEntry:
        like = self.base[-1].text if len(self.base) else b""
        return DraftEntry(self._volatile, as_text(record, like), None)


def _stored_annotation(transaction: Transaction, entry: DraftEntry) -> bytes | None:
    """Return the id of an entry's annotation, None if nothing is known about it."""
    if entry.row is not None and not entry.annotated:
        return entry.row.annotation
    if entry.annotation == Annotation():
        return None
    return transaction.add(Kind.ANNOTATION, encode(entry.annotation))


class _Names:
    """Gives new entries their ids: what their record claims, or what it stands for."""

    def __init__(self, base: Dataset, survives: Callable[[int], bool]) -> None:
        self._base = base
        self._survives = survives
        self._decoder = HeadDecoder(base.settings)
        self._used: set[bytes] = set()

    def name(self, entry: DraftEntry, record: bytes) -> bytes:
        """Return the id of a new entry."""
        ordinal = 0
        id = self._wish(entry, ordinal)
        claim = self._claim(entry)
        while id in self._used or self._is_taken(id):
            if claim == NO_CLAIM:
                ordinal += 1
                id = entry_id_of_record(record, ordinal)
            else:
                id = entry_id_of_duplicate(claim, record, ordinal)
                ordinal += 1
        self._used.add(id)
        return id

    def _is_taken(self, id: bytes) -> bool:
        """Tell whether a committed entry that stays has this id."""
        position = self._base.position_of_id(id)
        return position is not None and self._survives(position)

    def _wish(self, entry: DraftEntry, ordinal: int) -> bytes:
        claim = self._claim(entry)
        if claim != NO_CLAIM:
            return claim
        record, _ = Volatile(self._base.settings.volatile).cut(entry.text)
        return entry_id_of_record(object_id(Kind.RECORD, record), ordinal)

    def _claim(self, entry: DraftEntry) -> bytes:
        return self._decoder.claim_in(loads(entry.text))


def as_text(record: Record, like: bytes) -> bytes:
    """Return a record as it would be written next to ``like``.

    Raises:
        InputError: it is no JSON object.
        UsageError: it cannot be one.
    """
    if isinstance(record, Mapping):
        style = jsonedit.style(like.decode() if like else '{"a": 1, "b": 2}')
        return _checked(jsonedit.dump(dict(record), style).encode())
    if not isinstance(record, str | bytes):
        raise UsageError(f"a record is a mapping or JSON text, and this is a {type(record).__name__}")
    text = jsonedit.escape_surrogates(record).encode() if isinstance(record, str) else record
    text = _checked(text.strip(b" \t\r\n"))
    if b"\n" in text and b"\n" not in like:
        return as_text(loads(text), like)
    return text


def _checked(text: bytes) -> bytes:
    """Return the text of a record, if it is one."""
    problem = explain(text, "the new record", 1)
    if problem is not None:
        raise InputError(problem.message, hint="Nothing was changed. Give the record as one JSON object.")
    return text


def _path(path: Path | str) -> Path:
    return (path,) if isinstance(path, str) else tuple(path)
