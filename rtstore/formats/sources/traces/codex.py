"""Sessions of Codex: what happened, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.base import Found, Reject
from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.members import object_in
from rtstore.formats.sources.records import Record, shown
from rtstore.formats.sources.traces.base import Reader, Told
from rtstore.formats.sources.traces.items import Items
from rtstore.model.conversation import text_of

#: What happens, of which the second kind only repeats for the screen what is in the first.
_ITEM, _EVENT, _META, _CONTEXT = "response_item", "event_msg", "session_meta", "turn_context"
_TYPES: Final = (_ITEM, _EVENT, _META, _CONTEXT, "compacted")


class Codex:
    """``{"type": "response_item", "payload": {...}}``: one conversation a file. Events for the screen, which repeat
    what is in the items, are left out.
    """

    def recognises(self, outline: Outline) -> bool:
        kind = outline.members.get("type", b"").strip(b'"').decode("latin-1")
        return kind in _TYPES and "payload" in outline.members

    def matches(self, value: dict[str, Any]) -> bool:
        return value.get("type") in _TYPES and isinstance(value.get("payload"), dict)

    def reader(self, all_branches: bool) -> Reader:
        return _Session()


class _Session:
    def __init__(self) -> None:
        self._items = Items()
        self._members: dict[str, Any] = {}
        self._place = ""

    def take(self, record: Record) -> Iterator[Found]:
        kind, payload = record.value["type"], object_in(record.value, "payload")
        self._place = self._place or record.place
        if kind == _ITEM:
            self._items.take(payload)
            yield from (Reject(record.place, reason, text) for reason, text in self._items.left)
            self._items.left.clear()
        elif kind == _META:
            yield from self.end()
            self._begin(payload)
        elif kind == _CONTEXT and isinstance(payload.get("model"), str):
            self._members["model"] = payload["model"]
        elif kind == "compacted":
            yield Reject(record.place, "where the program shortened the conversation", shown(record.text))

    def end(self) -> Iterator[Found]:
        self._items.finish()
        if self._items.messages:
            yield from Told(self._items.messages, self._members, self._items.left).found(self._place)
        self.__init__()  # type: ignore[misc]

    def _begin(self, meta: dict[str, Any]) -> None:
        names = {"id": "conversation_id", "timestamp": "create_time", "cwd": "cwd"}
        self._members = {new: meta[key] for key, new in names.items() if isinstance(meta.get(key), str)}
        instructions = meta.get("instructions")
        if instructions:
            self._items.messages.append({"role": "system", "content": text_of(instructions)})
