"""``chatml-text``: conversations as plain text with ChatML's marks, an empty line between them."""

from __future__ import annotations

from typing import Final

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation, ConversionError, Message, is_empty, plain
from rtstore.model.shapes.base import Record

_MARKS: Final = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")


class ChatMLText:
    """``<|im_start|>role``, the text, ``<|im_end|>``. Reasoning comes before it, in ``<think>`` and ``</think>``."""

    name = "chatml-text"
    layout: Layout = "text"
    shape: str | None = None
    templated = True

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        if conversation.chosen is not None:
            raise ConversionError("a preference pair has two answers, and plain text only one")
        if not is_empty(conversation.tools):
            raise ConversionError("the conversation has tools, for which plain text has no place")
        turns = [_turn(message, index) for index, message in enumerate(conversation.messages)]
        return {"text": "".join(turns)}


def _turn(message: Message, index: int) -> str:
    told = plain(message, index)
    if told.get("tool_calls"):
        raise ConversionError("calls a tool, for which plain text has no place", index)
    role, content = str(told.get("role", "")), told["content"]
    thought = told.get("reasoning_content")
    if isinstance(thought, str) and thought:
        content = f"<think>\n{thought}\n</think>\n\n{content}"
    for mark in _MARKS:
        if mark in content or mark in role or "\n" in role:
            raise ConversionError(
                f"holds {mark}, which would end it" if mark in content else "has no name for a role", index
            )
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"
