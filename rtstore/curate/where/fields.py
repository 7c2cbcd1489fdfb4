"""What conditions can ask about, by name. Every field gives the values that an entry has there: none, one, several."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any, Final, Literal

import msgspec

from rtstore.curate.annotations import annotated_rating, annotated_review, note_of, recorded_rating
from rtstore.curate.counts import COUNTS, exchanges
from rtstore.curate.plain import Spoken
from rtstore.curate.tags import MEMBERS as TAG_MEMBERS
from rtstore.curate.tags import tags_of
from rtstore.curate.validation.findings import LEVELS, RULES, Level
from rtstore.curate.where.subject import UNKNOWN, Subject
from rtstore.model.jsontext import loads

#: ``text``: words of people; ``label``: one of a number of names; ``number``; ``id``: hexadecimal digits.
Kind = Literal["text", "label", "number", "id", "member"]
Values = Callable[[Subject], Iterable[Any]]
#: What of a record is needed: some members, or (None) all of it.
Needs = frozenset[str] | None
NOTHING: Final[frozenset[str]] = frozenset()


class Field(msgspec.Struct, frozen=True):
    """Something to ask about. ``known``: the labels there can be, where they are few.

    ``recorded``: its values are strings that are in the record and nowhere else, so that one without the bytes of such
    a value does not have it.
    """

    kind: Kind
    values: Values
    needs: Needs = None
    known: Callable[[], Collection[str]] | None = None
    recorded: bool = False


#: The roles that texts and counts are asked for by name.
ROLES: Final = ("system", "user", "assistant", "tool", "tool_call")
SIDES: Final = ("chosen", "rejected")


def _of_role(role: str, subject: Subject) -> list[Spoken]:
    return [turn for turn in subject.turns if turn.role == role]


def _text_of_role(role: str, subject: Subject) -> list[str]:
    return [turn.content for turn in subject.turns if turn.role == role]


def _text_of_side(side: str, subject: Subject) -> list[str]:
    return [turn.content for turn in subject.turns if turn.side == side]


def _all_text(subject: Subject) -> list[str]:
    return [turn.content for turn in subject.turns]


def _tags(subject: Subject) -> list[str]:
    return tags_of(subject.record)


def _tags_in(category: str, subject: Subject) -> list[str]:
    return [tag for tag in tags_of(subject.record) if subject.scope.category(tag) == category]


def _categories(subject: Subject) -> list[str]:
    return [slug for tag in tags_of(subject.record) if (slug := subject.scope.category(tag)) is not None]


def _review(subject: Subject) -> list[str]:
    if state := annotated_review(subject.annotation):
        return [state]
    own = subject.record.get("review")
    return [own] if isinstance(own, str) and own else _tags_in("status", subject)


def _rating(subject: Subject) -> list[float]:
    rating = annotated_rating(subject.annotation) or recorded_rating(subject.record)
    return [] if rating is None else [rating]


def _note(subject: Subject) -> list[str]:
    note = note_of(subject.annotation)
    return [note] if note else []


def _partition(subject: Subject) -> list[str]:
    side = subject.partition
    return [side] if side else []


def _source(subject: Subject) -> list[str]:
    own = subject.record.get("source")
    named = [each for each in (own if isinstance(own, list) else [own]) if isinstance(each, str)]
    return named + _tags_in("source", subject)


def _characters(subject: Subject) -> list[str]:
    """Return who speaks: the characters that turns are mapped to, and the names that turns have."""
    found = [turn.name for turn in subject.turns if turn.name]
    mapping = loads(subject.annotation.mapping or b"{}")
    turns = mapping.get("turns") if isinstance(mapping, dict) else None
    for turn in turns if isinstance(turns, list) else ():
        slug = turn.get("character_slug") if isinstance(turn, dict) else None
        if isinstance(slug, str):
            found.append(slug)
    return found


def _position(subject: Subject) -> list[int]:
    return [subject.entry.position + 1]


def _id(subject: Subject) -> list[str]:
    return [subject.entry.id.hex()]


def _shape(subject: Subject) -> list[str]:
    return [subject.shape]


def _shapes() -> Collection[str]:
    from rtstore.model.shapes import SHAPES

    return (*(shape.name for shape in SHAPES), UNKNOWN)


def _codes(level: str) -> Collection[str]:
    return [code for code, rule in RULES.items() if rule.level == level]


def _count(count: Callable[[Sequence[Spoken]], int], role: str | None, subject: Subject) -> list[int]:
    return [count(subject.turns if role is None else _of_role(role, subject))]


def _tag_count(subject: Subject) -> list[int]:
    return [len(tags_of(subject.record))]


def _level(level: Level, subject: Subject) -> list[str]:
    return subject.findings(level)


def _fields() -> dict[str, Field]:
    found = {
        "text": Field("text", _all_text, recorded=True),
        "note": Field("text", _note, NOTHING),
        "tag": Field("label", _tags, TAG_MEMBERS, recorded=True),
        "category": Field("label", _categories, TAG_MEMBERS),
        "review": Field("label", _review, TAG_MEMBERS | {"review"}),
        "source": Field("label", _source, TAG_MEMBERS | {"source"}),
        "partition": Field("label", _partition, NOTHING),
        "character": Field("label", _characters),
        "shape": Field("label", _shape, known=_shapes),
        "rating": Field("number", _rating, frozenset(("rating",))),
        "position": Field("number", _position, NOTHING),
        "id": Field("id", _id, NOTHING),
        "tags": Field("number", _tag_count, TAG_MEMBERS),
        "exchanges": Field("number", partial(_count, exchanges, None)),
    }
    for level in LEVELS:
        found[level] = Field("label", partial(_level, level), known=partial(_codes, level))
    for side in SIDES:
        found[side] = Field("text", partial(_text_of_side, side), recorded=True)
    for name, count in COUNTS.items():
        found[name] = Field("number", partial(_count, count, None))
    for role in ROLES:
        found[role] = Field("text", partial(_text_of_role, role), recorded=True)
        for name, count in COUNTS.items():
            found[f"{role}.{name}"] = Field("number", partial(_count, count, role))
    return found


FIELDS: Final[dict[str, Field]] = _fields()
#: Words that are a condition by themselves: whether validation finds an error.
VERDICTS: Final[dict[str, bool]] = {"valid": False, "invalid": True}


def member(steps: tuple[str | int, ...]) -> Field:
    """Return the field that is a member of the record; the values are those in a list, where it holds one."""

    def values(subject: Subject) -> Iterable[Any]:
        value: Any = subject.record
        for step in steps:
            if isinstance(step, str):
                value = value.get(step, _ABSENT) if isinstance(value, dict) else _ABSENT
            else:
                value = value[step] if isinstance(value, list) and step < len(value) else _ABSENT
            if value is _ABSENT:
                return ()
        return value if isinstance(value, list) else (value,)

    first = steps[0]
    assert isinstance(first, str)
    return Field("member", values, frozenset((first,)), recorded=True)


_ABSENT: Final = object()
