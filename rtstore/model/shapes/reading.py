"""Messages out of the turns of any shape, which most shapes' ``read`` shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rtstore.model.conversation import (
    MEDIA,
    Conversation,
    ConversionError,
    Message,
    decoded,
    is_empty,
    joined,
    tool_call,
)
from rtstore.model.roles import cast, training_role
from rtstore.model.shapes.base import Record

_SPEAKER = ("role", "from")
_CONTENT = ("content", "value")


def messages_of(raws: Iterable[tuple[str, Any]]) -> tuple[list[Message], list[tuple[int, str]]]:
    """Return turns as messages, and by index those whose speaker has a name of its own.

    Each turn comes with the role it has if it does not tell its own.

    Raises:
        ConversionError: a turn is neither text nor an object.
    """
    told = [_told(raw, role, index) for index, (role, raw) in enumerate(raws)]
    roles = cast([speaker for speaker, _ in told])
    messages, named = [], []
    for index, (speaker, raw) in enumerate(told):
        messages.append(_message(speaker, roles[speaker], raw, index))
        if training_role(speaker) is None and speaker not in _CALLS:
            named.append((index, speaker))
    return messages, named


def conversation_of(record: Record, raws: Iterable[tuple[str, Any]], members: Iterable[str]) -> Conversation:
    """Return what a record says whose turns are ``raws``; ``members`` are those of it that hold the turns."""
    messages, named = messages_of(raws)
    label = record.get("label")
    labelled = isinstance(label, bool)
    used = {*members, *MEDIA, "tools"} | ({"label"} if labelled else set())
    return Conversation(
        messages,
        tools=decoded(record.get("tools")),
        label=label if labelled else None,
        media={key: record[key] for key in MEDIA if key in record},
        rest={key: value for key, value in record.items() if key not in used},
        speakers=named,
    )


def listed(record: Record, key: str, role: str) -> list[tuple[str, Any]]:
    """Return the turns that a member of a record holds: a list of them, or one; empty values are none."""
    value = record.get(key)
    if isinstance(value, list):
        return [(role, item) for item in value]
    return [] if is_empty(value) else [(role, value)]


#: Turns that are what a tool was asked.
_CALLS = ("function_call", "tool_call")


def _told(raw: Any, role: str, index: int) -> tuple[str, Any]:
    """Return who speaks in a turn."""
    if isinstance(raw, str):
        return role, raw
    if not isinstance(raw, dict):
        raise ConversionError("is neither text nor an object", index)
    names = [raw[key] for key in _SPEAKER if raw.get(key) is not None]
    if not all(isinstance(name, str) for name in names):
        raise ConversionError("says who speaks with a value that is no text", index)
    if len({training_role(name) or name for name in names}) > 1:
        raise ConversionError(f"is of {names[0]!r} and of {names[1]!r}", index)
    return names[0] if names else role, raw


def _message(speaker: str, role: str, raw: Any, index: int) -> Message:
    if isinstance(raw, str):
        return {"role": role, "content": raw}
    spoken = next((key for key in _CONTENT if key in raw), None)
    rest = {key: value for key, value in raw.items() if key != spoken and key not in _SPEAKER}
    content = raw.get(spoken, "") if spoken else ""
    made = (
        _call(content) if speaker in _CALLS else {"role": role, "content": "" if content is None else content}
    )
    return joined(made, rest, turn=index)


def _call(content: Any) -> Message:
    """Return what a tool is asked as the assistant's message that asks it, as far as it says which tool."""
    value = decoded(content)
    calls = value if isinstance(value, list) else [value]
    try:
        made = [tool_call(call) for call in calls]
    except ConversionError:
        made = []
    if not made:
        return {"role": "assistant", "content": "" if content is None else content}
    return {"role": "assistant", "content": "", "tool_calls": made}
