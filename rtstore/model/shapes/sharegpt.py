"""ShareGPT: ``conversations: [{from, value}, ...]``, with ``system`` and ``tools`` beside it.

Turns from ``function_call`` and ``observation`` are what a tool was asked and what it said.
"""

from __future__ import annotations

from rtstore.model.shapes.base import Record, Turn, is_turns, read_turns


class ShareGPT:
    """A list of turns that say whom they are from."""

    name = "sharegpt"

    def matches(self, record: Record) -> bool:
        return is_turns(record.get("conversations"))

    def turns(self, record: Record) -> list[Turn]:
        return read_turns(record, "system", "system") + read_turns(record, "conversations")
