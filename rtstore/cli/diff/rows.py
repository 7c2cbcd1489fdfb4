"""A changed entry as every writer lays it out: its turns in order, the unchanged ones among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from rtstore.compare.difference import EntryChange, FieldChange, TurnChange
from rtstore.errors import InputError
from rtstore.model.jsontext import loads
from rtstore.model.shapes import Turn, turns

#: Strings, each with the place behind it where a volatile value was cut out, if it is the name of one.
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*:\s*(?=[,}]))?', re.DOTALL)


class Row(NamedTuple):
    """A turn in both versions. ``kind``: ``same``, ``added``, ``removed``, ``edited`` or ``moved``.

    ``name``: what else there is to say of who speaks. ``old`` and ``new`` are its texts, None where a version does
    not have it. ``places`` are its indexes from 0.
    """

    kind: str
    role: str
    name: str
    old: str | None
    new: str | None
    places: tuple[int | None, int | None]

    @property
    def text(self) -> str:
        """The text, of a turn that has but one."""
        return (self.old if self.new is None else self.new) or ""


class Conversation:
    """One version of an entry: its turns, and its fields that are none."""

    def __init__(self, record: bytes | None) -> None:
        self._data = _decoded(record)
        self.turns: Sequence[Turn] = turns(self._data) if isinstance(self._data, dict) else []

    @property
    def opening(self) -> str:
        """What is said first after the system prompt, in one line; of a record without turns, its text."""
        said = [turn.content for turn in self.turns if turn.content.strip()]
        first = next((turn.content for turn in self.turns if _begins(turn)), said[0] if said else "")
        if not first and self._data is not None:
            first = compact(self._data)
        return " ".join(first[:400].split())

    def fields(self) -> Iterator[tuple[str, Any]]:
        """Yield the fields that hold no turns. Those that begin with ``_`` are bookkeeping of programs."""
        if not isinstance(self._data, dict):
            if self._data is not None:
                yield "record", self._data
            return
        shown = {turn.path[0] for turn in self.turns if turn.path}
        for key, value in self._data.items():
            if key not in shown and not key.startswith("_"):
                yield key, value


def opening(entry: EntryChange) -> str:
    """Return the beginning of a conversation, to know it by."""
    return Conversation(entry.old_text if entry.new_text is None else entry.new_text).opening


def rows(entry: EntryChange) -> list[Row]:
    """Return all turns of an entry that was added, removed or edited, in the new version's order."""
    if entry.change == "added":
        new = Conversation(entry.new_text).turns
        return [Row("added", *_who(turn), None, text_of(turn), (None, at)) for at, turn in enumerate(new)]
    if entry.change == "removed":
        old = Conversation(entry.old_text).turns
        return [Row("removed", *_who(turn), text_of(turn), None, (at, None)) for at, turn in enumerate(old)]
    return list(_merged(entry)) if entry.turns else []


def fields(entry: EntryChange) -> tuple[FieldChange, ...]:
    """Return the fields of an entry to show: those that differ; all, of one that was added or removed."""
    if entry.fields:
        return entry.fields
    if entry.change == "added":
        return tuple(FieldChange(key, new=value) for key, value in Conversation(entry.new_text).fields())
    if entry.change == "removed":
        return tuple(FieldChange(key, old=value) for key, value in Conversation(entry.old_text).fields())
    return ()


def text_of(turn: Turn) -> str:
    """Return what a turn says; one that says nothing, such as a tool call, as JSON."""
    return turn.content or ("" if isinstance(turn.raw, str) else compact(turn.raw))


def compact(value: Any) -> str:
    """Return a value as JSON in one line."""
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def _merged(entry: EntryChange) -> Iterator[Row]:
    """Yield the changed turns with the unchanged ones, which stand in the same order in both versions."""
    old, new = Conversation(entry.old_text).turns, Conversation(entry.new_text).turns
    changed_old = {change.old_index for change in entry.turns}
    changed_new = {change.new_index for change in entry.turns}
    same = list(
        zip(
            (at for at in range(len(old)) if at not in changed_old),
            (at for at in range(len(new)) if at not in changed_new),
            strict=False,
        )
    )
    done = 0
    for change in entry.turns:
        while done < len(same) and _stands_before(same[done], change):
            yield _unchanged(new, *same[done])
            done += 1
        yield _changed(change, old, new)
    for pair in same[done:]:
        yield _unchanged(new, *pair)


def _stands_before(pair: tuple[int, int], change: TurnChange) -> bool:
    if change.new_index is not None:
        return pair[1] < change.new_index
    return change.old_index is not None and pair[0] < change.old_index


def _unchanged(new: Sequence[Turn], old_index: int, new_index: int) -> Row:
    turn = new[new_index]
    text = text_of(turn)
    return Row("same", *_who(turn), text, text, (old_index, new_index))


def _changed(change: TurnChange, old: Sequence[Turn], new: Sequence[Turn]) -> Row:
    before, after = _at(old, change.old_index), _at(new, change.new_index)
    turn = after or before
    places = (change.old_index, change.new_index)
    name = _who(turn)[1] if turn else ""
    if change.change == "edited":
        return Row("edited", change.role, name, change.old, change.new, places)
    said = text_of(turn) if turn else change.new or change.old or ""
    texts = tuple(None if at is None else said for at in places)
    return Row(change.change, change.role, name, texts[0], texts[1], places)


def _at(found: Sequence[Turn], index: int | None) -> Turn | None:
    return found[index] if index is not None and index < len(found) else None


def _who(turn: Turn) -> tuple[str, str]:
    """Return the role of a turn, and what else tells who speaks: a name, the side of a preference."""
    return turn.role, ", ".join(part for part in (turn.name, turn.side) if part)


def _begins(turn: Turn) -> bool:
    return turn.role != "system" and bool(turn.content.strip())


def _decoded(record: bytes | None) -> Any:
    """Return a record, decoded; null where volatile values were cut out of it, None if it cannot be read."""
    if record is None:
        return None
    whole = _STRINGS.sub(lambda found: found[0] + b"null" if found[1] else found[0], record)
    try:
        return loads(whole)
    except InputError:  # nested too deep to be laid out: what differs is shown all the same
        return None
