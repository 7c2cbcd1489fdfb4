"""ChatML: ``messages: [{role, content}, ...]``, as RoleThread, OpenAI, and most trainers have it.

Content is a string or a list of typed parts; tool calls and reasoning are in the turn's ``raw``. A
``label`` beside it (KTO) is an ordinary field.
"""

from __future__ import annotations

from rtstore.model.shapes.base import Record, Turn, is_turns, read_turns


class Messages:
    """A list of messages."""

    name = "messages"

    def matches(self, record: Record) -> bool:
        return is_turns(record.get("messages"))

    def turns(self, record: Record) -> list[Turn]:
        return read_turns(record, "system", "system") + read_turns(record, "messages")
