"""What a shape is, and the reading of one turn, which most shapes share."""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec

from rtstore.model.conversation import Conversation
from rtstore.model.jsontext import Path

#: A decoded record.
Record = dict[str, Any]

#: What other programs call the roles of ShareGPT.
SHAREGPT_ROLES: Final = {
    "human": "user",
    "gpt": "assistant",
    "function_call": "tool_call",
    "observation": "tool",
}
#: What ShareGPT calls the roles of messages.
SHAREGPT_SPEAKERS: Final = {"user": "human", "assistant": "gpt", "tool": "observation"}
_TEXT_TYPES = ("text", "input_text", "output_text")
_TEXT_FIELDS = ("text", "value", "content")


class Turn(msgspec.Struct, frozen=True):
    """One turn of a conversation, as a view of a record.

    ``role`` is ``system``, ``user``, ``assistant``, ``tool``, ``tool_call``, or whatever else the record
    says. ``content`` is its text; text parts are joined by line breaks, and parts of other types are only
    in ``raw``. ``path`` leads to the turn in the record, ``content_path`` to where its content is, or
    would be put, as one string: None where no single string holds it. ``raw`` is the decoded turn with
    everything it has. ``side`` tells the answers of a preference pair apart: ``chosen`` or ``rejected``,
    else empty.
    """

    role: str
    content: str
    name: str | None
    path: Path
    content_path: Path | None
    raw: Any
    side: str = ""


class Shape(Protocol):
    """A way to lay out a conversation in a record. It only looks: half a conversation is no error."""

    @property
    def name(self) -> str:
        """What users call it."""

    def matches(self, record: Record) -> bool:
        """Whether a record has this shape."""

    def turns(self, record: Record) -> list[Turn]:
        """Return the turns of a record of this shape, in order."""

    def read(self, record: Record) -> Conversation:
        """Return what a record of this shape says.

        Raises:
            ConversionError: a turn of it is no message.
        """

    def write(self, conversation: Conversation) -> Record:
        """Return a conversation as a record of this shape, what belongs to no turn after the turns.

        Raises:
            ConversionError: it holds something for which this shape has no place.
        """


def read_turn(raw: Any, path: Path, role: str = "", side: str = "") -> Turn:
    """Read a turn that is a string, or an object in the way of ChatML or ShareGPT.

    ``role`` is that of a turn which does not tell its own.
    """
    if isinstance(raw, str):
        return Turn(role, raw, None, path, path, raw, side)
    if not isinstance(raw, dict):
        return Turn(role, "", None, path, None, raw, side)
    field = "value" if "content" not in raw and ("value" in raw or "from" in raw) else "content"
    content, below = _text(raw.get(field))
    name = raw.get("name")
    return Turn(
        role=_role(raw, role),
        content=content,
        name=name if isinstance(name, str) else None,
        path=path,
        content_path=None if below is None else (*path, field, *below),
        raw=raw,
        side=side,
    )


def read_turns(record: Record, key: str, role: str = "", side: str = "") -> list[Turn]:
    """Read what a member of a record holds: a list of turns, or one; empty values are none."""
    value = record.get(key)
    if isinstance(value, list):
        return [read_turn(item, (key, index), role, side) for index, item in enumerate(value)]
    return [read_turn(value, (key,), role, side)] if value else []


def is_turns(value: Any) -> bool:
    """Whether a value is a list of turns: at least one of its items is an object, if it has any."""
    return isinstance(value, list) and (not value or any(isinstance(item, dict) for item in value))


def _role(raw: Record, default: str) -> str:
    role = raw.get("role")
    if isinstance(role, str):
        return role
    speaker = raw.get("from")
    return SHAREGPT_ROLES.get(speaker, speaker) if isinstance(speaker, str) else default


def _text(content: Any) -> tuple[str, Path | None]:
    """Return the text of a content, and the path below it to the one string that holds it."""
    if isinstance(content, str) or content is None:
        return content or "", ()
    if not isinstance(content, list):
        return "", None
    found = [part for index, item in enumerate(content) if (part := _part(item, index))]
    return "\n".join(text for text, _ in found), found[0][1] if len(found) == 1 else None


def _part(item: Any, index: int) -> tuple[str, Path] | None:
    """Return the text of a typed part and the path to it, if it is text."""
    if isinstance(item, str):
        return item, (index,)
    if isinstance(item, dict) and item.get("type", "text") in _TEXT_TYPES:
        for field in _TEXT_FIELDS:
            if isinstance(item.get(field), str):
                return item[field], (index, field)
    return None
