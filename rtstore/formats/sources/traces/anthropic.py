"""Requests to Anthropic's API, and what it answered."""

from __future__ import annotations

import re
from typing import Any, Final

from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.members import object_in, objects_in, rest_of
from rtstore.formats.sources.parts import Parts, result_text
from rtstore.formats.sources.traces.base import Reader, Single, Told, tools_of
from rtstore.model.conversation import text_of

_TOOL_PART: Final = re.compile(rb'"type"\s*:\s*"tool_(?:use|result)"')
_ANSWERS: Final = ("response", "output", "completion")


class Anthropic:
    """``{"system", "messages", "tools"}`` with typed parts; alone, or as ``request`` beside its ``response``."""

    def recognises(self, outline: Outline) -> bool:
        request = outline.members.get("messages") or outline.members.get("request", b"")
        return _TOOL_PART.search(request) is not None

    def matches(self, value: dict[str, Any]) -> bool:
        return isinstance(_request(value).get("messages"), list)

    def reader(self, all_branches: bool) -> Reader:
        return Single(_told)


def _request(value: dict[str, Any]) -> dict[str, Any]:
    return object_in(value, "request") or value


def _told(value: dict[str, Any]) -> Told:
    request, answer = _request(value), object_in(value, *_ANSWERS)
    told = Told([], left=[])
    system, _ = result_text(request.get("system"))
    if system:
        told.messages.append({"role": "system", "content": system})
    for message in [*objects_in(request.get("messages")), *([answer] if "content" in answer else [])]:
        parts = Parts(text_of(message.get("role")) or "assistant", message.get("content"))
        told.messages += parts.messages
        told.left += parts.left
    used = ("system", "messages", "tools", "request", *(_ANSWERS if answer else ()))
    told.members = {**tools_of(request.get("tools")), **rest_of(value, *used)}
    if request is not value:
        told.members |= {"request": rest} if (rest := rest_of(request, *used)) else {}
    return told
