"""What two entries that are duplicates of each other have in common."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from blake3 import blake3
from msgspec import UNSET, Struct, UnsetType

from rtstore.model.conversation import MEDIA, WEIGHTS, decoded, is_empty
from rtstore.model.jsontext import Path, loads
from rtstore.model.shapes import Turn, turns
from rtstore.model.shapes.base import SHAREGPT_ROLES

#: Members of a record that it trains with beside its turns, and those of a turn beside its text.
_BESIDE: Final = (*MEDIA, "tools", "label")
_OF_TURNS: Final = ("tool_calls", "function_call", "reasoning_content", "reasoning", "thinking", *WEIGHTS)
_NAMED: Final = tuple(f'"{name}"'.encode() for name in (*_BESIDE, *_OF_TURNS))
#: Where entry tags are.
TAGS: Final[Path] = ("tags",)


def key_of(text: bytes) -> bytes:
    """Return 16 bytes that two records share when they are duplicates: they say the same, whatever the system prompt.

    A record without any turns is the duplicate of one with the same members.
    """
    said: Any = _plainly_said(text)
    if said is None:
        record = loads(text)
        said = [_said(turn) for turn in turns(record) if turn.role != "system"] or record
    return blake3(_canonical(said)).digest(16)


def duplicate_key(text: bytes) -> bytes:
    """Return 16 bytes that two records share of which one can be left out: those of ``key_of``, and what else trains.

    That are pictures, tools, a label, and what turns have beside their text: calls, reasoning, weights. Where they
    differ, "Is there a dog? Yes." is said of two pictures, and both are wanted.
    """
    key = key_of(text)
    if not any(name in text for name in _NAMED):
        return key
    record = loads(text)
    beside: dict[str, Any] = {}
    if isinstance(record, dict):
        beside = {name: record[name] for name in _BESIDE if not is_empty(record.get(name))}
        beside["tools"] = decoded(beside.get("tools"))
    more = [
        {name: turn.raw[name] for name in _OF_TURNS if not is_empty(turn.raw.get(name))}
        for turn in turns(record)
        if isinstance(turn.raw, dict) and turn.role != "system"
    ]
    if not any(more) and all(map(is_empty, beside.values())):
        return key
    return blake3(key + _canonical([beside, more])).digest(16)


def tags_of(text: bytes) -> list[str]:
    """Return the entry tags of a record; none where it has no list of them."""
    try:
        found = _read_tags(text).tags
    except msgspec.DecodeError:
        found = loads(text).get(TAGS[0])
    if not isinstance(found, list):
        return []
    return [tag for tag in found if isinstance(tag, str)]


class _Message(Struct, gc=False):
    role: str
    content: str


class _Post(Struct, gc=False, rename={"speaker": "from"}):
    speaker: str
    value: str
    role: Any = UNSET
    content: Any = UNSET


class _Plain(Struct, gc=False):
    """A record of the shapes that most have, whose turns are texts. The members of pairs tell that it is none."""

    messages: list[_Message] | UnsetType = UNSET
    conversations: list[_Post] | UnsetType = UNSET
    system: str | None = None
    chosen: Any = UNSET
    chosen_messages: Any = UNSET


class _Tagged(Struct, gc=False):
    tags: Any = None


_read_plain: Final = msgspec.json.Decoder(_Plain).decode
_read_tags: Final = msgspec.json.Decoder(_Tagged).decode


def _plainly_said(text: bytes) -> list[list[str]] | None:
    """Return who says what in a plain record, as ``_said`` does, without all of it being decoded; None for others."""
    try:
        record = _read_plain(text)
    except msgspec.DecodeError:
        return None
    if record.chosen is not UNSET or record.chosen_messages is not UNSET:
        return None
    if not isinstance(record.messages, UnsetType):
        said = [[one.role, "", one.content] for one in record.messages if one.role != "system"]
    elif isinstance(record.conversations, UnsetType) or not all(map(_is_post, record.conversations)):
        return None
    else:
        roles = [SHAREGPT_ROLES.get(one.speaker, one.speaker) for one in record.conversations]
        pairs = zip(roles, record.conversations, strict=True)
        said = [[role, "", one.value] for role, one in pairs if role != "system"]
    return said if said and all(content for _, _, content in said) else None


def _is_post(one: _Post) -> bool:
    """Tell whether a turn is not one of another shape as well, which would be read first."""
    return one.role is UNSET and one.content is UNSET


def _said(turn: Turn) -> list[Any]:
    """Return who says what; of a turn that is more than its text, all of it."""
    said = turn.content if isinstance(turn.raw, str) or _is_plain(turn) else turn.raw
    return [turn.role, turn.side, said]


def _is_plain(turn: Turn) -> bool:
    return turn.content_path is not None and bool(turn.content)


def _canonical(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value, order="sorted")
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError):
        # Lone surrogates, numbers of any length: what says the same always comes here.
        return json.dumps(value, sort_keys=True, default=str).encode()
