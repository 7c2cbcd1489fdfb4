"""Prompt and completion: each a string, or a list of messages."""

from __future__ import annotations

from typing import Any

from rtstore.model.conversation import Conversation, ConversionError, joined
from rtstore.model.shapes.base import Record, Turn, read_turns
from rtstore.model.shapes.reading import conversation_of, listed

_ANSWERS = ("completion", "response")


class Prompt:
    """A prompt with its completion."""

    name = "prompt"

    def matches(self, record: Record) -> bool:
        return isinstance(record.get("prompt"), (str, list)) and any(
            isinstance(record.get(key), (str, list)) for key in _ANSWERS
        )

    def turns(self, record: Record) -> list[Turn]:
        asked = read_turns(record, "system", "system") + read_turns(record, "prompt", "user")
        return asked + [turn for key in _ANSWERS for turn in read_turns(record, key, "assistant")]

    def read(self, record: Record) -> Conversation:
        raws: list[tuple[str, Any]] = listed(record, "system", "system") + listed(record, "prompt", "user")
        answer = next(key for key in _ANSWERS if isinstance(record.get(key), (str, list)))
        raws += listed(record, answer, "assistant")
        return conversation_of(record, raws, ("system", "prompt", answer))

    def write(self, conversation: Conversation) -> Record:
        """Prompt and completion are lists of messages: the last answer, and all before it."""
        if conversation.chosen is not None:
            raise ConversionError("a preference pair has two completions, and this shape only one")
        messages = conversation.messages
        if not messages or messages[-1].get("role") != "assistant":
            raise ConversionError("the conversation does not end with an answer, which is the completion")
        record: Record = {"prompt": messages[:-1], "completion": messages[-1:]}
        return joined(record, conversation.belongings(), conversation.rest)
