"""``prompt-completion``: the last answer apart from what comes before it, as TRL reads it."""

from __future__ import annotations

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation
from rtstore.model.shapes.base import Record
from rtstore.model.shapes.prompt import Prompt as Shape


class PromptCompletion:
    """``{"prompt": [message, ...], "completion": [message]}``, a line."""

    name = "prompt-completion"
    layout: Layout = "jsonl"
    shape: str | None = None
    templated = True

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        return Shape().write(conversation)
