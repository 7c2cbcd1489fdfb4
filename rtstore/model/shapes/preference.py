"""Preference pairs: a conversation, and two ways it may go on, one chosen and one rejected.

``chosen`` and ``rejected`` (or ``chosen_messages`` and ``rejected_messages``) are each a string, a turn or
a list of turns. What comes before both is in ``messages``, ``conversations``, ``prompt``, ``question`` or
``instruction`` and ``input``, or is repeated in both.
"""

from __future__ import annotations

from rtstore.model.shapes.alpaca import question
from rtstore.model.shapes.base import Record, Turn, read_turns

_PAIRS = (("chosen", "rejected"), ("chosen_messages", "rejected_messages"))


class Preference:
    """A conversation with a chosen and a rejected answer."""

    name = "preference"

    def matches(self, record: Record) -> bool:
        return _pair(record) is not None

    def turns(self, record: Record) -> list[Turn]:
        chosen, rejected = _pair(record) or _PAIRS[0]
        return (
            question(record)
            + read_turns(record, "prompt", "user")
            + read_turns(record, "question", "user")
            + read_turns(record, "messages")
            + read_turns(record, "conversations")
            + read_turns(record, chosen, "assistant", "chosen")
            + read_turns(record, rejected, "assistant", "rejected")
        )


def _pair(record: Record) -> tuple[str, str] | None:
    """Return the names of the two members that hold the pair."""
    for pair in _PAIRS:
        if all(isinstance(record.get(key), (str, dict, list)) for key in pair):
            return pair
    return None
