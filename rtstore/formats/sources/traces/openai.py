"""Requests to OpenAI's APIs, and what they answered: the Responses API, chat completions, and lists of messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.base import Found
from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.members import object_in, objects_in, rest_of
from rtstore.formats.sources.records import Record
from rtstore.formats.sources.traces.base import Reader, Single, Told, Whole, tools_of
from rtstore.formats.sources.traces.items import Items
from rtstore.model.conversation import text_of

_REQUEST: Final = "request"
_RESPONSE: Final = "response"


def _both(value: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a request and its response, which may be one object."""
    return object_in(value, _REQUEST) or value, object_in(value, _RESPONSE) or value


class Responses:
    """The Responses API: ``instructions``, ``input`` and ``output``, which are lists of items."""

    def recognises(self, outline: Outline) -> bool:
        members = outline.members
        answer = members.get("output", b"")
        if answer.startswith(b"[") and (b'"output_text"' in answer or b'"function_call"' in answer):
            return True
        return members.get(_RESPONSE, b"").startswith(b"{") and b'"output"' in members[_RESPONSE]

    def matches(self, value: dict[str, Any]) -> bool:
        request, response = _both(value)
        return isinstance(response.get("output"), list) and not isinstance(request.get("messages"), list)

    def reader(self, all_branches: bool) -> Reader:
        return Single(_responses)


class ChatCompletion:
    """Chat completions: ``messages``, and ``choices`` beside them or in a ``response``."""

    def recognises(self, outline: Outline) -> bool:
        answers = outline.members.get("choices", b""), outline.members.get(_RESPONSE, b"")
        return (answers[0].startswith(b"[") and b'"message"' in answers[0]) or b'"choices"' in answers[1]

    def matches(self, value: dict[str, Any]) -> bool:
        request, response = _both(value)
        return isinstance(request.get("messages"), list) and isinstance(response.get("choices"), list)

    def reader(self, all_branches: bool) -> Reader:
        return _Choices(all_branches)


class ChatMessages:
    """A list of messages, which is the file."""

    def recognises(self, outline: Outline) -> bool:
        return outline.is_array and outline.has("role", "content") and "messages" not in outline.members

    def matches(self, value: dict[str, Any]) -> bool:
        return isinstance(value.get("role"), str)

    def reader(self, all_branches: bool) -> Reader:
        return Whole(lambda values: Told(list(values)))


class _Choices:
    """Reads chat completions: the first choice, and with ``all_branches`` the others too."""

    def __init__(self, all_branches: bool) -> None:
        self._all_branches = all_branches

    def take(self, record: Record) -> Iterator[Found]:
        value = record.value
        request, response = _both(value)
        answers = [
            message for one in objects_in(response["choices"]) if (message := object_in(one, "message"))
        ]
        rest = rest_of(value, "messages", "tools", "choices", _REQUEST, _RESPONSE)
        members = {**tools_of(request.get("tools")), **rest}
        if "model" not in members and (model := request.get("model") or response.get("model")):
            members["model"] = model
        for number, answer in enumerate(answers[: None if self._all_branches else 1] or [{}], 1):
            messages = [*objects_in(request["messages"]), *([answer] if answer else [])]
            place = record.place if number == 1 else f"{record.place}, choice {number}"
            yield from Told(messages, members).found(place)

    def end(self) -> Iterator[Found]:
        return iter(())


def _responses(value: dict[str, Any]) -> Told:
    request, response = _both(value)
    items = Items()
    if request.get("instructions"):
        items.messages.append({"role": "system", "content": text_of(request["instructions"])})
    asked = request.get("input")
    if isinstance(asked, str):
        items.messages.append({"role": "user", "content": asked})
    for one in [*objects_in(asked), *objects_in(response["output"])]:
        items.take(one)
    items.finish()
    rest = rest_of(value, "instructions", "input", "output", "tools", _REQUEST, _RESPONSE)
    if "model" not in rest and (model := request.get("model") or response.get("model")):
        rest["model"] = model
    return Told(items.messages, {**tools_of(request.get("tools")), **rest}, items.left)
