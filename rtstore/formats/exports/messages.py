"""``messages``: what most trainers read, and the shape that most datasets have."""

from __future__ import annotations

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation
from rtstore.model.shapes.base import Record
from rtstore.model.shapes.messages import Messages as Shape


class Messages:
    """``{"messages": [{"role", "content"}, ...]}``, a line."""

    name = "messages"
    layout: Layout = "jsonl"
    shape: str | None = "messages"
    templated = True

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        return Shape().write(conversation)
