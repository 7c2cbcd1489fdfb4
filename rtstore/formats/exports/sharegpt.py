"""``sharegpt``: for LLaMA-Factory, Axolotl and older trainers."""

from __future__ import annotations

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation
from rtstore.model.shapes.base import Record
from rtstore.model.shapes.sharegpt import ShareGPT as Shape


class ShareGPT:
    """``{"conversations": [{"from", "value"}, ...]}``, a line."""

    name = "sharegpt"
    layout: Layout = "jsonl"
    shape: str | None = "sharegpt"
    templated = False

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        return Shape().write(conversation)
