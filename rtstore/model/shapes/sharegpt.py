"""ShareGPT: ``conversations: [{from, value}, ...]``, with ``system`` and ``tools`` beside it.

Turns from ``function_call`` and ``observation`` are what a tool was asked and what it said.
"""

from __future__ import annotations

from typing import Any

from rtstore.model.conversation import (
    Conversation,
    ConversionError,
    Message,
    calls_of,
    joined,
    json_text,
    plain,
)
from rtstore.model.shapes.base import SHAREGPT_SPEAKERS, Record, Turn, is_turns, read_turns
from rtstore.model.shapes.reading import conversation_of, listed


class ShareGPT:
    """A list of turns that say whom they are from."""

    name = "sharegpt"

    def matches(self, record: Record) -> bool:
        return is_turns(record.get("conversations"))

    def turns(self, record: Record) -> list[Turn]:
        return read_turns(record, "system", "system") + read_turns(record, "conversations")

    def read(self, record: Record) -> Conversation:
        raws = listed(record, "system", "system") + listed(record, "conversations", "")
        return conversation_of(record, raws, ("system", "conversations"))

    def write(self, conversation: Conversation) -> Record:
        """A preference pair is written as LLaMA-Factory reads it: its answers are one turn each."""
        record: Record = {"conversations": _posts(conversation.messages)}
        if conversation.chosen is not None:
            record["chosen"] = _answer(conversation.chosen, "chosen")
            record["rejected"] = _answer(conversation.rejected or [], "rejected")
        beside = conversation.belongings()
        if "tools" in beside:
            beside["tools"] = json_text(beside["tools"])
        return joined(record, beside, conversation.rest)


def _posts(messages: list[Message]) -> list[dict[str, Any]]:
    return [post for index, message in enumerate(messages) for post in _said(plain(message, index), index)]


def _said(message: Message, index: int) -> list[dict[str, Any]]:
    """Return the turns that a message is: what a tool is asked is a turn of its own."""
    calls = calls_of(message, index)
    rest = {key: value for key, value in message.items() if key not in ("role", "content", "tool_calls")}
    role = message.get("role", "")
    posts = []
    if message["content"] or not calls:
        post = {"from": SHAREGPT_SPEAKERS.get(role, role), "value": message["content"]}
        posts.append(joined(post, rest, turn=index))
        rest = {}
    if calls:
        value = json_text(calls if len(calls) > 1 else calls[0])
        posts.append(joined({"from": "function_call", "value": value}, rest, turn=index))
    return posts


def _answer(messages: list[Message], side: str) -> dict[str, Any]:
    posts = _posts(messages)
    if len(posts) != 1:
        raise ConversionError(f"the {side} answer has {len(posts)} turns, and ShareGPT has a place for one")
    return posts[0]
