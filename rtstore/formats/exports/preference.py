"""``preference``: pairs of a chosen and a rejected answer, as TRL's trainers read them."""

from __future__ import annotations

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation
from rtstore.model.shapes.base import Record
from rtstore.model.shapes.preference import Preference as Shape


class Preference:
    """``{"prompt": [...], "chosen": [...], "rejected": [...]}``, each a list of messages, a line."""

    name = "preference"
    layout: Layout = "jsonl"
    shape: str | None = None
    templated = True

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        return Shape().write(conversation)
