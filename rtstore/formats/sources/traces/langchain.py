"""Messages of LangChain, as it writes them: plain, with their data apart, or with the name of their class."""

from __future__ import annotations

import re
from typing import Any, Final

from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.members import object_in, objects_in, rest_of
from rtstore.formats.sources.parts import Parts
from rtstore.formats.sources.traces.base import Reader, Single, Told, Whole
from rtstore.model.conversation import decoded, text_of

_ROLES: Final = {
    "human": "user",
    "humanmessage": "user",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "system": "system",
    "systemmessage": "system",
    "tool": "tool",
    "toolmessage": "tool",
    "function": "tool",
    "functionmessage": "tool",
}
_FIRST: Final = re.compile(
    rb'\[\s*\{(?:[^{}\[\]]*"type"\s*:\s*"(?:human|ai|HumanMessage|AIMessage)"|[^{}\[\]]*"lc"\s*:\s*1)'
)
_LISTS: Final = ("messages", "input", "inputs", "output", "outputs", "chat_history")


class LangChainMessages:
    """A list of messages, or a message a line: one conversation, which is the file."""

    def recognises(self, outline: Outline) -> bool:
        members = outline.members
        role = members.get("type", b"").strip(b'"').decode("latin-1").lower()
        is_plain = role in _ROLES and ("content" in members or "data" in members)
        return is_plain or ("lc" in members and "Message" in members.get("id", b"").decode("latin-1"))

    def matches(self, value: dict[str, Any]) -> bool:
        return _is_message(value)

    def reader(self, all_branches: bool) -> Reader:
        return Whole(lambda values: _told(values, {}))


class LangChain:
    """A record with a list of messages: ``messages`` of a state or a run."""

    def recognises(self, outline: Outline) -> bool:
        return any(_FIRST.match(outline.members.get(key, b"")) is not None for key in _LISTS)

    def matches(self, value: dict[str, Any]) -> bool:
        return bool(_list_in(value)[1])

    def reader(self, all_branches: bool) -> Reader:
        return Single(_run)


def _run(value: dict[str, Any]) -> Told:
    key, messages = _list_in(value)
    return _told(messages, rest_of(value, key))


def _list_in(value: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return the list of messages in a record, and where it is."""
    for key in _LISTS:
        inner = value.get(key)
        found = objects_in(inner.get("messages") if isinstance(inner, dict) else inner)
        if found and all(map(_is_message, found)):
            return key, found
    return "", []


def _is_message(value: dict[str, Any]) -> bool:
    return _role(value) is not None and isinstance(_data(value).get("content"), str | list)


def _role(value: dict[str, Any]) -> str | None:
    name = value.get("type")
    if value.get("lc") is not None and isinstance(value.get("id"), list) and value["id"]:
        name = value["id"][-1]
    return _ROLES.get(name.lower()) if isinstance(name, str) else None


def _data(value: dict[str, Any]) -> dict[str, Any]:
    """Return where the content of a message is."""
    return object_in(value, "data", "kwargs") or value


def _told(values: list[dict[str, Any]], members: dict[str, Any]) -> Told:
    told = Told([], members, [])
    for value in values:
        data, role = _data(value), _role(value) or "user"
        parts = Parts(role, data.get("content"))
        calls = [_call(one) for one in objects_in(data.get("tool_calls"))]
        made = parts.messages or [{"role": role, "content": ""}]
        if calls:
            made[-1]["tool_calls"] = calls
        if role == "tool":
            made[0] |= {key: data[key] for key in ("tool_call_id", "name") if isinstance(data.get(key), str)}
        if calls or made[0]["content"] or role == "tool" or "tool_calls" in made[-1]:
            told.messages += made
        told.left += parts.left
    return told


def _call(one: dict[str, Any]) -> dict[str, Any]:
    id = {"id": one["id"]} if isinstance(one.get("id"), str) else {}
    function = {"name": text_of(one.get("name")), "arguments": decoded(one.get("args", {}))}
    return {**id, "type": "function", "function": object_in(one, "function") or function}
