"""Prompt and completion: each a string, or a list of messages. KTO's ``label`` is an ordinary field."""

from __future__ import annotations

from rtstore.model.shapes.base import Record, Turn, read_turns

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
