"""``alpaca``: an instruction with its answer, what was said before as history."""

from __future__ import annotations

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation
from rtstore.model.shapes.alpaca import Alpaca as Shape
from rtstore.model.shapes.base import Record


class Alpaca:
    """``{"instruction", "input", "output"}`` and if need be ``system`` and ``history``, a line."""

    name = "alpaca"
    layout: Layout = "jsonl"
    shape: str | None = "alpaca"
    templated = False

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        return Shape().write(conversation)
