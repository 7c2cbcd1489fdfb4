"""A conversation apart from the shape of its record: what one shape is read into and another is written from."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
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

    def clean(self) -> None:
        """Drop all but the conversation and what is needed to train on it: turns, tools, label, media."""
        self.rest = {}
        self.messages = [bare(message) for message in self.messages]
        for side in ("chosen", "rejected"):
            if (answer := getattr(self, side)) is not None:
                setattr(self, side, [bare(message) for message in answer])

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
        ConversionError: a part of it is of another type, or has more than its text.
    """
    content = message.get("content")
    if any(not isinstance(call, dict) or "function" not in call for call in listed_calls(message, turn)):
        message = {**message, "tool_calls": [_placed(tool_call, one, turn) for one in message["tool_calls"]]}
    if not isinstance(content, list):
        return message if isinstance(content, str) else {**message, "content": text_of(content)}
    made = dict(message)
    texts: list[str] = []
    for part in content:
        kind, value = _part(part, turn)
        if kind == "text":
            texts.append(value)
        elif kind == "reasoning":
            made["reasoning_content"] = _thought(made.get("reasoning_content"), value, turn)
        elif kind == "tool_call":
            made["tool_calls"] = [*listed_calls(made, turn), _placed(tool_call, value, turn)]
        else:
            raise ConversionError(f"holds a part of type {kind!r}, which is no text", turn)
    made["content"] = "\n".join(texts)
    return made


def bare(message: Message) -> Message:
    """Return a message whose parts of text and reasoning have nothing but that: no marks for a cache, no signature."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    return {**message, "content": [_bare(part) for part in content]}


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: null, or an empty text, list or object. False and 0 say something."""
    return value is None or value in ("", [], {})


def joined(record: dict[str, Any], *others: dict[str, Any], turn: int | None = None) -> dict[str, Any]:
    """Return a record with the members of others behind its own.

    Raises:
        ConversionError: two of them have a member of one name, and not of one value: one would be lost.
    """
    made = dict(record)
    for other in others:
        for name, value in other.items():
            if name in made and made[name] != value:
                has = "the record has" if turn is None else "has"
                raise ConversionError(f"{has} a member {name!r}, whose place something else takes", turn)
            made[name] = value
    return made


def tool_call(value: Any) -> dict[str, Any]:
    """Return a tool call in the spelling of chat templates, from ``{"name", "arguments"}`` or from that spelling.

    Raises:
        ConversionError: it has no name.
    """
    call = decoded(value)
    if isinstance(call, dict) and "function" in call:
        return call
    if isinstance(call, dict) and "name" in call:
        said = next((key for key in _ARGUMENTS if key in call), None)
        arguments = {} if said is None else decoded(call[said])
        extra = {key: each for key, each in call.items() if key not in ("name", said)}
        return {"type": "function", "function": {"name": call["name"], "arguments": arguments}, **extra}
    raise ConversionError("holds a tool call without a name")


def called(call: dict[str, Any]) -> dict[str, Any]:
    """Return name and arguments of a tool call that ``tool_call`` gave, and what else it has, like an id.

    Raises:
        ConversionError: it has no function with a name, or more than has a place.
    """
    function = call.get("function")
    if not isinstance(function, dict):
        raise ConversionError("holds a tool call without a function")
    if not isinstance(function.get("name"), str):
        raise ConversionError("holds a tool call without a name")
    more = [key for key, value in function.items() if key not in _FUNCTION and not is_empty(value)]
    if more:
        raise ConversionError(f"holds a tool call with {', '.join(more)}, which would be lost")
    extra = {
        key: value
        for key, value in call.items()
        if key != "function" and (key, value) != ("type", "function")
    }
    made = {"name": function["name"], "arguments": decoded(function.get("arguments"))}
    return joined(made, extra)


def listed_calls(message: Message, turn: int | None = None) -> list[Any]:
    """Return the tool calls of a message as they are.

    Raises:
        ConversionError: they are no list.
    """
    calls = message.get("tool_calls")
    if is_empty(calls):
        return []
    if not isinstance(calls, list):
        raise ConversionError("has tool_calls that are no list", turn)
    return calls


def calls_of(message: Message, turn: int | None = None) -> list[dict[str, Any]]:
    """Return name and arguments of the tool calls of a message, and what else they have.

    Raises:
        ConversionError: one is none, or has more than has a place.
    """
    return [_placed(lambda one: called(tool_call(one)), call, turn) for call in listed_calls(message, turn)]


def decoded(value: Any) -> Any:
    """Return what a JSON text says, if the value is the text of an object or a list; else the value itself.

    A text that says more than can be kept (members of one name, numbers too long or too large) stays a text.
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return _exact(value)
    except (ValueError, RecursionError):
        return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("two members have one name")
    return made


def _number(text: str) -> float:
    number = float(text)
    # Most have few digits, and those are exact.
    if len(text) > 15 or not isfinite(number):
        from decimal import Decimal

        if Decimal(text) != Decimal(repr(number)):
            raise ValueError("a number has more digits than are kept")
    return number


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


_exact = json.JSONDecoder(object_pairs_hook=_members, parse_float=_number, parse_constant=_refused).decode
_ARGUMENTS: Final = ("arguments", "parameters")
_FUNCTION: Final = ("name", "arguments")


def _placed(read: Callable[[Any], dict[str, Any]], call: Any, turn: int | None) -> dict[str, Any]:
    """Read a tool call; the error names the turn."""
    try:
        return read(call)
    except ConversionError as error:
        raise ConversionError(error.message, turn) from error


def _thought(before: Any, more: str, turn: int | None) -> str:
    if not isinstance(before, str) and not is_empty(before):
        raise ConversionError("has reasoning that is no text", turn)
    return "\n".join(filter(None, (before, more)))


def json_text(value: Any) -> str:
    """Return a value as JSON text, text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def text_of(value: Any) -> str:
    """Return what a content is as text: nothing for null, JSON text for what is neither text nor parts."""
    return "" if value is None else json_text(value)


def _part(part: Any, turn: int | None) -> tuple[str, Any]:
    """Return the type of a content part and what it holds.

    Raises:
        ConversionError: it holds more than that.
    """
    if isinstance(part, str):
        return "text", part
    if not isinstance(part, dict):
        return type(part).__name__, part
    kind = _kind(part)
    key = _key(part, kind)
    if kind not in _KEYS:
        return kind, part
    if key is None and kind == "tool_call":
        return kind, {name: value for name, value in part.items() if name != "type"}
    held = "" if key is None else part[key]
    more = [
        name
        for name, value in part.items()
        if name not in ("type", key) and not is_empty(value) and value != held
    ]
    if more:
        raise ConversionError(f"holds a part with {', '.join(more)}, which would be lost", turn)
    return kind, held


def _kind(part: dict[str, Any]) -> str:
    kind = part.get("type", "text")
    return _KINDS.get(kind, kind) if isinstance(kind, str) else str(kind)


def _key(part: dict[str, Any], kind: str) -> str | None:
    """Return the name of the member that holds what a part says; None: it says nothing, or is a call itself."""
    keys = _KEYS.get(kind, ())
    return next(
        (key for key in keys if key in part and (kind == "tool_call" or isinstance(part[key], str))), None
    )


def _bare(part: Any) -> Any:
    kind = _kind(part) if isinstance(part, dict) else ""
    if kind not in ("text", "reasoning"):
        return part
    key = _key(part, kind)
    return {name: value for name, value in part.items() if key is None or name in ("type", key)}


#: The types of parts that have other names too.
_KINDS: Final = {"input_text": "text", "output_text": "text", "thinking": "reasoning"}
#: By type of a part, what the member that holds what it says may be called.
_KEYS: Final = {
    "text": ("text", "value", "content"),
    "reasoning": ("reasoning", "thinking", "value", "text", "content"),
    "tool_call": ("value", "tool_call"),
}
