"""``rolethread``: a dataset file of RoleThread Lite."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation, ConversionError, is_empty, joined, plain
from rtstore.model.shapes.base import Record


class RoleThread:
    """``messages`` that begin with the system prompt, ``tags``, and ``_rolethread`` with the entry's uuid."""

    name = "rolethread"
    layout: Layout = "jsonl"
    shape: str | None = None
    templated = False

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        if conversation.chosen is not None:
            raise ConversionError("a preference pair has two answers, and RoleThread Lite knows one")
        rest = dict(conversation.rest)
        tags, own = rest.pop("tags", None), rest.pop("_rolethread", None)
        for name, value, kind in (("tags", tags, list), ("_rolethread", own, dict)):
            if not isinstance(value, kind) and not is_empty(value):
                raise ConversionError(f"{name} is not what RoleThread Lite has there")
        messages = [_message(plain(one, index), index) for index, one in enumerate(conversation.messages)]
        if not messages or messages[0]["role"] != "system":
            raise ConversionError(
                "the conversation has no system prompt, which RoleThread Lite needs: --system set"
            )
        record: Record = {"messages": messages, "tags": tags if isinstance(tags, list) else []}
        stamp = own if isinstance(own, dict) else {}
        record["_rolethread"] = {"native": True, **_named(facts), **stamp}
        return joined(record, conversation.belongings(), rest)


def _named(facts: Facts) -> dict[str, Any]:
    """Return what tells the entry and its dataset apart from others."""
    uuid = {"entry_uuid": str(UUID(bytes=facts.entry))} if facts.entry else {}
    return uuid | ({"dataset_uuid": facts.dataset_uuid} if facts.dataset_uuid else {})


def _message(message: Record, index: int) -> Record:
    if message.get("role") not in ("system", "user", "assistant"):
        raise ConversionError(
            f"is of {message.get('role')!r}, a role that RoleThread Lite does not know", index
        )
    if message.get("tool_calls"):
        raise ConversionError("calls a tool, for which RoleThread Lite has no place", index)
    return message
