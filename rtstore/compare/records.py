"""What differs between two versions of a record: turns, and fields that are no turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rtstore.compare.difference import MISSING, FieldChange, TurnChange
from rtstore.compare.fields import Difference, differences
from rtstore.compare.turns import Aligned, align_turns
from rtstore.errors import InputError
from rtstore.model.jsonedit import dotted
from rtstore.model.jsontext import Path, Span, depth_exceeds, elements, equal, loads, members
from rtstore.model.shapes import Turn, turns
from rtstore.model.shapes.base import read_turn

#: Records nested deeper than this are compared as they are spelled: no program that makes conversations writes any.
DEEPEST: Final = 100
#: So far down, what differs between two texts is looked for.
LONGEST_PATH: Final = 16


class RecordDifference(NamedTuple):
    """The turns that differ, in the new version's order, and the fields. Nothing of both: formatting alone differs."""

    turns: tuple[TurnChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()

    def __bool__(self) -> bool:
        return any(self)


def record_difference(old: bytes, new: bytes) -> RecordDifference:
    """Return what differs between two records, which are JSON: ``Volatile.readable`` makes them so.

    Of a turn of both versions its text is compared as a turn, everything else by path, with the index it has in the
    new version: ``messages[2].role``. Of one that is held in another way than before (another shape), what held it
    and what holds it are fields. What is the same to whoever decodes it and is not the same JSON (digits that a float
    has no room for, members of the same name) is a field by its text.
    """
    if not (depth_exceeds(old, DEEPEST) or depth_exceeds(new, DEEPEST)):
        found = _of_values(loads(old), loads(new))
        if found or _equal(old, new):
            return found
    spelled = _of_texts(old.decode("utf-8"), new.decode("utf-8"), ())
    return RecordDifference(fields=_named(spelled))


def _of_values(old: Any, new: Any) -> RecordDifference:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return RecordDifference(fields=_named(differences(old, new)))
    before, after = turns(old), turns(new)
    aligned = align_turns(before, after)
    fields: list[Difference] = []
    for pair in aligned:
        if pair.old is not None and pair.new is not None:
            fields += _beside_text(before[pair.old], after[pair.new])
    fields += _beside_turns(_Rest(old, before), _Rest(new, after))
    return RecordDifference(tuple(_changes(aligned, before, after)), _named(fields))


def _named(found: Iterable[Difference]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(dotted(each.path), each.old, each.new) for each in found)


def _changes(aligned: Sequence[Aligned], old: Sequence[Turn], new: Sequence[Turn]) -> Iterator[TurnChange]:
    for pair in aligned:
        before = old[pair.old] if pair.old is not None else None
        after = new[pair.new] if pair.new is not None else None
        change = _kind(before, after, pair.moved)
        turn = after or before
        if change is not None and turn is not None:
            texts = (each.content if each is not None else None for each in (before, after))
            yield TurnChange(change, pair.old, pair.new, turn.role, *texts)


def _kind(before: Turn | None, after: Turn | None, moved: bool) -> str | None:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before.content != after.content:
        return "edited"
    return "moved" if moved else None


class _Rest:
    """What a record has besides its turns."""

    def __init__(self, record: Mapping[str, Any], found: Sequence[Turn]) -> None:
        holders = {turn.path[0] for turn in found}
        self.holders = holders
        self.fields = {key: value for key, value in record.items() if key not in holders}

    def field(self, key: str, other: _Rest) -> Any:
        """Return a member. One that is empty where the other version has turns is no more than their absence."""
        value = self.fields.get(key, MISSING)
        return MISSING if key in other.holders and value in ("", [], None) else value


def _beside_turns(old: _Rest, new: _Rest) -> Iterator[Difference]:
    for key in dict.fromkeys((*old.fields, *new.fields)):
        yield from differences(old.field(key, new), new.field(key, old), (key,))


def _beside_text(old: Turn, new: Turn) -> Iterator[Difference]:
    """Yield what differs in a turn of both versions besides its text."""
    if _layout(old) != _layout(new):
        yield Difference(old.path, old.raw, MISSING)
        yield Difference(new.path, MISSING, new.raw)
    elif not (isinstance(old.raw, dict) and isinstance(new.raw, dict)):
        if not (isinstance(old.raw, str) and isinstance(new.raw, str)):
            yield from differences(old.raw, new.raw, new.path)
    else:
        for key in dict.fromkeys((*old.raw, *new.raw)):
            before, after = old.raw.get(key, MISSING), new.raw.get(key, MISSING)
            compare = _beside_said if key == _text_member(old) == _text_member(new) else differences
            yield from compare(before, after, (*new.path, key))


def _layout(turn: Turn) -> tuple[object, ...]:
    """Return how a record holds a turn: the names on the way to it, and whether it is more than a string."""
    return (*(step if isinstance(step, str) else None for step in turn.path), isinstance(turn.raw, str))


def _text_member(turn: Turn) -> str:
    if turn.content_path is not None:
        return str(turn.content_path[len(turn.path)])
    return "content" if "content" in turn.raw else "value"


def _beside_said(old: Any, new: Any, path: Path) -> Iterator[Difference]:
    """Yield what differs in the content of a turn besides the texts in it."""
    texts = [value for value in (old, new) if isinstance(value, str)]
    if len(texts) == 2 or (any(texts) and (old in (None, MISSING) or new in (None, MISSING))):
        return
    if not (isinstance(old, list) and isinstance(new, list) and len(old) == len(new)):
        yield from differences(old, new, path)
        return
    for index, (before, after) in enumerate(zip(old, new, strict=True)):
        place = _place_of_text(before)
        if place is None or place != _place_of_text(after):
            yield from differences(before, after, (*path, index))
        elif place:
            yield from differences(_without(before, place), _without(after, place), (*path, index))


def _without(part: dict[str, Any], place: Path) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != place[0]}


def _place_of_text(part: Any) -> Path | None:
    """Return where in a part of a content its text is; None if it has none."""
    path = read_turn({"content": [part]}, ()).content_path
    return path[2:] if path else None


def _equal(old: bytes | str, new: bytes | str) -> bool:
    """Tell whether two texts are the same JSON; what is too deep to tell is not."""
    texts = (text.encode("utf-8") if isinstance(text, str) else text for text in (old, new))
    try:
        return equal(*texts)
    except InputError:
        return False


def _of_texts(old: str, new: str, path: Path) -> Iterator[Difference]:
    """Yield what differs between two JSON texts, as text."""
    if _equal(old, new):
        return
    parts = _parts(old), _parts(new)
    if parts[0] and parts[0].keys() == parts[1].keys() and len(path) < LONGEST_PATH:
        for step, span in parts[0].items():
            other = parts[1][step]
            yield from _of_texts(old[span.start : span.end], new[other.start : other.end], (*path, step))
    else:
        yield Difference(path, old, new)


def _parts(text: str) -> dict[str | int, Span]:
    """Return where the members or items of a value are; none where it has two of the same name."""
    try:
        if text[:1] == "[":
            return dict(enumerate(elements(text)))
        found = members(text) if text[:1] == "{" else []
    except InputError:  # nested too deep
        return {}
    named: dict[str | int, Span] = {member.key: Span(member.start, member.end) for member in found}
    return named if len(named) == len(found) else {}
