"""Traces of OpenTelemetry with its names for generative AI: spans, and the events of their log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from rtstore.formats.sources.base import Found, Reject
from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.members import object_in, objects_in
from rtstore.formats.sources.parts import Parts
from rtstore.formats.sources.records import Record
from rtstore.formats.sources.traces.base import Left, Reader, Told, tools_of
from rtstore.formats.sources.traces.sessions import Sessions
from rtstore.model.conversation import Message, decoded, text_of
from rtstore.model.roles import training_role

_PREFIX: Final = "gen_ai."
_INPUT, _OUTPUT, _SYSTEM = "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"
_EVENT: Final = re.compile(r"^gen_ai\.(system|user|assistant|tool)\.message$|^gen_ai\.choice$")
_NUMBERED: Final = re.compile(r"^gen_ai\.(prompt|completion)\.(\d{1,6})\.(role|content)$")
_NESTED: Final = (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"))
_MEMBERS: Final = {
    "gen_ai.response.model": "model",
    "gen_ai.request.model": "model",
    "gen_ai.agent.name": "agent",
}
#: Conversations of one trace that are told apart.
_MOST: Final = 1000


class Telemetry:
    """Spans with ``gen_ai.input.messages`` and ``gen_ai.output.messages``, with numbered prompts, or events with a
    message each; one a line, or as OTLP nests them.

    A call of a model repeats the conversation up to it: of the calls in one trace those that others continue are left
    out. Spans in which nothing is said are rejects.
    """

    def recognises(self, outline: Outline) -> bool:
        return any(
            key.startswith(_PREFIX) or (key in _PLACES and b"gen_ai." in raw)
            for key, raw in outline.members.items()
        )

    def matches(self, value: dict[str, Any]) -> bool:
        return any(
            any(key.startswith(_PREFIX) for key in _attributes(one)) or _event(one) for one in _spans(value)
        )

    def reader(self, all_branches: bool) -> Reader:
        return Sessions(_trace_of, lambda key, records: _Trace(key, records).found())


_PLACES: Final = ("attributes", "resourceSpans", "resourceLogs", "event.name", "event_name", "name", "events")


class _Call(msgspec.Struct):
    """A call of a model: the conversation up to its answer."""

    messages: list[Message]
    members: dict[str, Any]
    place: str
    left: list[Left] = []


class _Trace:
    """The spans and events of one trace."""

    def __init__(self, key: str, records: list[Record]) -> None:
        self._key, self._records = key, records
        self._calls: list[_Call] = []
        self._events = _Call([], {}, records[0].place)

    def found(self) -> Iterator[Found]:
        """Yield its conversations."""
        for record in self._records:
            for span in _spans(record.value):
                yield from self._take(span, record.place)
        if self._events.messages:
            self._add(self._events)
        for call in self._calls:
            id = {"conversation_id": self._key} if self._key else {}
            yield from Told(call.messages, {**call.members, **id}, call.left).found(call.place)

    def _take(self, span: dict[str, Any], place: str) -> Iterator[Reject]:
        attributes = _attributes(span)
        events = [span, *objects_in(span.get("events"))]
        call = _called(attributes, place)
        for event in events:
            call.messages += _of_event(event)
        is_event = bool(_of_event(span))
        if is_event:
            self._events.messages += call.messages
            self._events.members |= call.members
        elif call.messages:
            if len(self._calls) < _MOST:
                self._add(call)
            else:
                yield Reject(place, f"more than {_MOST:,} conversations in one trace")
        else:
            yield Reject(place, "a span in which nothing is said", text_of(span.get("name")))

    def _add(self, call: _Call) -> None:
        """Add a call, unless another goes on from it, instead of those that it goes on from."""
        if any(_continues(other, call) for other in self._calls):
            return
        self._calls = [other for other in self._calls if not _continues(call, other)] + [call]


def _continues(longer: _Call, shorter: _Call) -> bool:
    return longer.messages[: len(shorter.messages)] == shorter.messages


def _called(attributes: dict[str, Any], place: str) -> _Call:
    """Return the conversation in the attributes of a span."""
    call = _Call([], {}, place, [])
    system = _parts("system", decoded(attributes.get(_SYSTEM)), call.left)
    call.messages += system
    for key in (_INPUT, _OUTPUT):
        for message in objects_in(decoded(attributes.get(key))):
            role = text_of(message.get("role")) or "assistant"
            content = message.get("parts", message.get("content"))
            call.messages += _parts(training_role(role) or role, content, call.left)
    call.messages = (
        call.messages if len(call.messages) > len(system) else call.messages + _numbered(attributes)
    )
    call.members = {
        new: attributes[key] for key, new in _MEMBERS.items() if isinstance(attributes.get(key), str)
    }
    call.members |= tools_of(decoded(attributes.get("gen_ai.tool.definitions")))
    return call


def _parts(role: str, content: Any, left: list[Left]) -> list[Message]:
    """Return a message whose parts are called as OpenTelemetry does."""
    parts = [_renamed(part) for part in content] if isinstance(content, list) else content
    made = Parts(role, parts)
    left += made.left
    return made.messages


def _renamed(part: Any) -> Any:
    """Return a part under the names that ``Parts`` knows."""
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    if kind == "text":
        return {"type": "text", "text": text_of(part.get("content", part.get("text")))}
    if kind == "reasoning":
        return {"type": "thinking", "thinking": text_of(part.get("content"))}
    if kind == "tool_call":
        return {**part, "type": "tool_use", "input": decoded(part.get("arguments", {}))}
    if kind == "tool_call_response":
        answer = part.get("response", part.get("result"))
        return {"type": "tool_result", "tool_use_id": part.get("id"), "content": text_of(answer)}
    return part


def _numbered(attributes: dict[str, Any]) -> list[Message]:
    """Return messages whose roles and contents are attributes with a number each."""
    found: dict[tuple[int, int], dict[str, str]] = {}
    for key, value in attributes.items():
        match = _NUMBERED.match(key)
        if match:
            at = (match[1] == "completion", int(match[2]))
            found.setdefault(at, {})[match[3]] = text_of(value)
    return [
        {
            "role": training_role(one.get("role", "")) or ("assistant" if at[0] else "user"),
            "content": one["content"],
        }
        for at, one in sorted(found.items())
        if one.get("content")
    ]


def _event(value: dict[str, Any]) -> re.Match[str] | None:
    names = (value.get("event.name"), value.get("event_name"), value.get("eventName"), value.get("name"))
    attributes = _attributes(value)
    named = (text_of(name) for name in (*names, attributes.get("event.name")) if isinstance(name, str))
    return next((match for name in named if (match := _EVENT.match(name))), None)


def _of_event(value: dict[str, Any]) -> list[Message]:
    """Return the message of an event, if it has one."""
    match = _event(value)
    if match is None:
        return []
    body = _plain(value.get("body"))
    body = body if isinstance(body, dict) else _attributes(value)
    message = object_in(body, "message") or body
    content = message.get("content", message.get("gen_ai.event.content"))
    made: Message = {"role": match[1] or "assistant", "content": text_of(content)}
    calls = objects_in(decoded(message.get("tool_calls")))
    if calls:
        made["tool_calls"] = calls
    if isinstance(message.get("id"), str) and match[1] == "tool":
        made["tool_call_id"] = message["id"]
    return [made] if made["content"] or calls else []


def _trace_of(record: Record) -> str:
    for span in _spans(record.value):
        attributes = _attributes(span)
        context = object_in(span, "context", "spanContext")
        keys = (
            attributes.get("gen_ai.conversation.id"),
            *(place.get(name) for place in (span, context) for name in ("traceId", "trace_id")),
        )
        return next((key for key in keys if isinstance(key, str) and key), "")
    return ""


def _spans(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the spans or events in a record."""
    for outer, scope, inner in _NESTED:
        if outer in value:
            for one in objects_in(value[outer]):
                for each in objects_in(one.get(scope)):
                    yield from objects_in(each.get(inner))
            return
    yield value


def _attributes(span: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a span by name, or its members, where it has none."""
    attributes = span.get("attributes")
    if isinstance(attributes, list):
        return {text_of(one.get("key")): _plain(one.get("value")) for one in objects_in(attributes)}
    return attributes if isinstance(attributes, dict) else span


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value of OTLP, which says the type of each, as the value alone; nested ones up to a depth."""
    if not isinstance(value, dict) or len(value) != 1 or depth > 100:
        return value
    kind, inner = next(iter(value.items()))
    if kind == "arrayValue" and isinstance(inner, dict):
        return [_plain(one, depth + 1) for one in inner.get("values", ())]
    if kind == "kvlistValue" and isinstance(inner, dict):
        return {
            text_of(one.get("key")): _plain(one.get("value"), depth + 1)
            for one in objects_in(inner.get("values"))
        }
    return inner if kind in ("stringValue", "intValue", "doubleValue", "boolValue") else value
