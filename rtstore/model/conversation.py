"""A conversation apart from the shape of its record: what one shape is read into and another is written from."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from rtstore.errors import InputError

#: A message as chat templates take it: ``role``, ``content``, and as there are any ``name``, ``tool_calls``,
#: ``tool_call_id``, ``reasoning_content``, and whatever else the turn had.
Message = dict[str, Any]

#: Members of a record that hold what its turns refer to: paths or addresses of files.
MEDIA: Final = ("images", "videos", "audios")

#: Members of a turn that say how much it counts in training.
WEIGHTS: Final = ("loss_weight", "weight", "train", "training", "loss")


class ConversionError(InputError):
    """A conversation has no place in another shape; ``turn`` is the index of the turn that stands in the way."""

    def __init__(self, message: str, turn: int | None = None) -> None:
        super().__init__(message if turn is None else f"turn {turn + 1} {message}")
        self.turn = turn


class Conversation(msgspec.Struct):
    """What a record says, shape apart.

    ``messages`` is the conversation; of a preference pair, what comes before its two answers ``chosen`` and
    ``rejected``. ``tools`` are the tools that may be called, decoded where they were JSON text; ``label`` says of a
    single answer whether it is wanted (KTO); ``media`` has the members of ``MEDIA``; ``rest`` every other member of
    the record. ``speakers`` has those turns whose speaker has a name of its own, by index.
    """

    messages: list[Message]
    chosen: list[Message] | None = None
    rejected: list[Message] | None = None
    tools: Any = None
    label: bool | None = None
    media: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    speakers: list[tuple[int, str]] = []

    def belongings(self) -> dict[str, Any]:
        """Return what goes beside the turns in a record, but for ``rest``."""
        found = dict(self.media)
        if self.tools is not None:
            found["tools"] = self.tools
        if self.label is not None:
            found["label"] = self.label
        return found


def plain(message: Message, turn: int | None = None) -> Message:
    """Return a message whose content is text, its reasoning and tool calls where chat templates look for them.

    Text parts are joined by line breaks.

    Raises:
        ConversionError: a part of it is of another type.
    """
    content = message.get("content")
    if not isinstance(content, list):
        return message if isinstance(content, str) else {**message, "content": text_of(content)}
    made = dict(message)
    texts: list[str] = []
    for part in content:
        kind, value = _part(part)
        if kind == "text":
            texts.append(value)
        elif kind == "reasoning":
            made["reasoning_content"] = "\n".join(filter(None, (made.get("reasoning_content"), value)))
        elif kind == "tool_call":
            made["tool_calls"] = [*made.get("tool_calls", ()), tool_call(value)]
        else:
            raise ConversionError(f"holds a part of type {kind!r}, which is no text", turn)
    made["content"] = "\n".join(texts)
    return made


def tool_call(value: Any) -> dict[str, Any]:
    """Return a tool call in the spelling of chat templates, from ``{"name", "arguments"}`` or from that spelling."""
    call = decoded(value)
    if isinstance(call, dict) and "function" in call:
        return call
    if isinstance(call, dict) and "name" in call:
        function = {
            "name": call["name"],
            "arguments": decoded(call.get("arguments", call.get("parameters", {}))),
        }
        extra = {key: call[key] for key in call.keys() - {"name", "arguments", "parameters"}}
        return {"type": "function", "function": function, **extra}
    raise ConversionError("holds a tool call without a name")


def called(call: dict[str, Any]) -> dict[str, Any]:
    """Return name and arguments of a tool call that ``tool_call`` gave."""
    function = call.get("function")
    if not isinstance(function, dict):
        raise ConversionError("holds a tool call without a function")
    return {"name": function.get("name"), "arguments": decoded(function.get("arguments"))}


def decoded(value: Any) -> Any:
    """Return what a JSON text says, if the value is the text of an object or a list; else the value itself."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def json_text(value: Any) -> str:
    """Return a value as JSON text, text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def text_of(value: Any) -> str:
    """Return what a content is as text: nothing for null, JSON text for what is neither text nor parts."""
    return "" if value is None else json_text(value)


def _part(part: Any) -> tuple[str, Any]:
    """Return the type of a content part and what it holds."""
    if isinstance(part, str):
        return "text", part
    if not isinstance(part, dict):
        return type(part).__name__, part
    kind = part.get("type", "text")
    if kind in ("text", "input_text", "output_text"):
        return "text", next(
            (part[key] for key in ("text", "value", "content") if isinstance(part.get(key), str)), ""
        )
    if kind in ("reasoning", "thinking"):
        keys = ("reasoning", "thinking", "value", "text", "content")
        return "reasoning", next((part[key] for key in keys if isinstance(part.get(key), str)), "")
    if kind == "tool_call":
        return "tool_call", part.get("value", part.get("tool_call", part))
    return str(kind), part
