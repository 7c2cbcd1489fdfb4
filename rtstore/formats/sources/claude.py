"""``claude``: the conversations of a Claude account, as its export has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.archive import conversations
from rtstore.formats.sources.base import Found, Options, Reject, Sample
from rtstore.formats.sources.branches import path_to, with_shown
from rtstore.formats.sources.looking import outline
from rtstore.formats.sources.parts import Parts
from rtstore.formats.sources.records import Record, item, shown
from rtstore.model.conversation import Message, text_of
from rtstore.model.roles import training_role

#: What the first message of a conversation has for the one before it.
_ROOT: Final = "00000000-0000-4000-8000-000000000000"
_KEPT: Final = {
    "name": "title",
    "summary": "summary",
    "created_at": "create_time",
    "updated_at": "update_time",
    "model": "model",
    "uuid": "conversation_id",
}


class Claude:
    """``conversations.json`` of a Claude export, or the archive it came in.

    An entry is what was shown last of a conversation: the branch that ends in the message the file names, or else in
    the newest; with ``branches`` every branch. Thinking is the ``reasoning_content`` of its turn; calls of tools are
    ``tool_calls``, what they answer turns of the role tool. A turn keeps the texts pasted into it as ``attachments``,
    and the names of its files as ``files``. The record has title, times and id of its conversation; those of single
    messages are not kept.
    """

    name = "claude"
    title = "Claude account export"

    def recognises(self, sample: Sample) -> bool:
        return outline(sample).members.get("chat_messages", b"").startswith(b"[")

    def read(self, path: str, options: Options) -> Iterator[Found]:
        for record in conversations(path):
            if isinstance(record, Reject):
                yield record
            elif isinstance(record.value.get("chat_messages"), list):
                yield from _Chat(record).found(options.branches)
            else:
                yield Reject(record.place, "no conversation: it has no chat_messages", shown(record.text))


class _Chat:
    """The messages of one conversation."""

    def __init__(self, record: Record) -> None:
        self._record, self._place = record.value, record.place
        every = record.value["chat_messages"]
        self._messages = {_id(one, index): one for index, one in enumerate(every) if isinstance(one, dict)}
        self._broken = len(every) - len(self._messages)
        self._parents = self._before()

    def found(self, all_branches: bool) -> Iterator[Found]:
        """Yield the branches that are wanted, and what of them has no place."""
        if self._broken:
            yield Reject(self._place, "messages that are no objects, or have the id of another")
        if not self._messages:
            yield Reject(self._place, "a conversation without messages", text_of(self._record.get("name")))
            return
        wanted, more = with_shown(self._last(), self._parents, all_branches)
        told: set[str] = set()
        for number, leaf in enumerate(wanted, 1):
            place = self._place if number == 1 else f"{self._place}, branch {number}"
            yield from self._branch(leaf, place, told)
        if more:
            yield Reject(self._place, f"{more:,} branches more than are read")

    def _branch(self, leaf: str, place: str, told: set[str]) -> Iterator[Found]:
        path, problem = path_to(leaf, self._parents)
        if problem is not None:
            yield Reject(place, f"the conversation begins in its middle: {problem}")
        messages: list[Message] = []
        for id in path:
            made, left = _turn(self._messages[id])
            messages += made
            if id not in told:
                yield from (Reject(place, reason, text) for reason, text in left)
            told.add(id)
        if messages:
            yield item({"messages": messages, **self._members()}, place)
        else:
            yield Reject(place, "a conversation in which nothing is said", text_of(self._record.get("name")))

    def _before(self) -> dict[str, str | None]:
        """Return the message before each: as the file says, or the one above it where it says nothing."""
        if not any("parent_message_uuid" in one for one in self._messages.values()):
            ids = list(self._messages)
            return dict(zip(ids, [None, *ids], strict=False))
        return {id: _parent(one) for id, one in self._messages.items()}

    def _last(self) -> str:
        """Return the last message of what was shown."""
        named = self._record.get("current_leaf_message_uuid")
        if isinstance(named, str) and named in self._messages:
            return named
        numbered = {id: number for number, id in enumerate(self._messages)}
        inner = set(self._parents.values())
        last = [id for id in self._messages if id not in inner] or list(self._messages)
        return max(last, key=lambda id: (text_of(self._messages[id].get("created_at")), numbered[id]))

    def _members(self) -> dict[str, Any]:
        return {
            new: self._record[key] for key, new in _KEPT.items() if self._record.get(key) not in (None, "")
        }


def _turn(message: dict[str, Any]) -> tuple[list[Message], list[tuple[str, str]]]:
    """Return a message of the export as messages, and what of it has no place."""
    sender = message.get("sender")
    role = (training_role(sender) or sender) if isinstance(sender, str) else "assistant"
    content = message.get("content")
    # The text beside the parts says of tools only that it cannot show them.
    parts = Parts(role, content if isinstance(content, list) and content else message.get("text"))
    more = {key: found for key in ("attachments", "files") if (found := _attached(message.get(key)))}
    if more and not parts.messages:
        parts.messages.append({"role": role, "content": ""})
    if more:
        parts.messages[0].update(more)
    return parts.messages, parts.left


def _attached(value: Any) -> list[dict[str, Any]]:
    """Return what was attached: names, and the text if there is one."""
    kept = ("file_name", "file_type", "extracted_content")
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return [made for one in found if (made := {key: one[key] for key in kept if one.get(key)})]


def _id(message: dict[str, Any], index: int) -> str:
    return message["uuid"] if isinstance(message.get("uuid"), str) else f"message {index}"


def _parent(message: dict[str, Any]) -> str | None:
    parent = message.get("parent_message_uuid")
    return parent if isinstance(parent, str) and parent != _ROOT else None
