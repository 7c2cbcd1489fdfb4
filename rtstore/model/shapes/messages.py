"""ChatML: ``messages: [{role, content}, ...]``, as RoleThread, OpenAI, and most trainers have it.

Content is a string or a list of typed parts; tool calls and reasoning are in the turn's ``raw``.
"""

from __future__ import annotations

from rtstore.model.conversation import Conversation, ConversionError, joined
from rtstore.model.shapes.base import Record, Turn, is_turns, read_turns
from rtstore.model.shapes.reading import conversation_of, listed


class Messages:
    """A list of messages."""

    name = "messages"

    def matches(self, record: Record) -> bool:
        return is_turns(record.get("messages"))

    def turns(self, record: Record) -> list[Turn]:
        return read_turns(record, "system", "system") + read_turns(record, "messages")

    def read(self, record: Record) -> Conversation:
        raws = listed(record, "system", "system") + listed(record, "messages", "")
        return conversation_of(record, raws, ("system", "messages"))

    def write(self, conversation: Conversation) -> Record:
        if conversation.chosen is not None:
            raise ConversionError("a preference pair has two answers, and messages only one")
        return joined({"messages": conversation.messages}, conversation.belongings(), conversation.rest)
