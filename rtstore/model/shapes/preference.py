"""Preference pairs: a conversation, and two ways it may go on, one chosen and one rejected.

``chosen`` and ``rejected`` (or ``chosen_messages`` and ``rejected_messages``, or OpenAI's ``preferred_output`` and
``non_preferred_output``) are each a string, a turn or a list of turns. What comes before both is in ``messages``,
``conversations``, ``prompt``, ``question``, ``instruction`` and ``input``, or OpenAI's ``input: {messages}``, or is
repeated in both.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any, Final

from rtstore.model.conversation import Conversation, ConversionError, Message, joined
from rtstore.model.shapes.alpaca import asked, question
from rtstore.model.shapes.base import Record, Turn, is_turns, read_turn, read_turns
from rtstore.model.shapes.reading import conversation_of, listed, messages_of

_PAIRS: Final = (
    ("chosen", "rejected"),
    ("chosen_messages", "rejected_messages"),
    ("preferred_output", "non_preferred_output"),
)
_BEFORE: Final = (
    ("prompt", "user"),
    ("question", "user"),
    ("messages", ""),
    ("conversations", ""),
)
_MEMBERS: Final = (
    "system",
    "history",
    "instruction",
    "input",
    "prompt",
    "question",
    "messages",
    "conversations",
)


class Preference:
    """A conversation with a chosen and a rejected answer."""

    name = "preference"

    def matches(self, record: Record) -> bool:
        return _pair(record) is not None

    def turns(self, record: Record) -> list[Turn]:
        chosen, rejected = _pair(record) or _PAIRS[0]
        inside = _nested(record)
        return (
            question(record if inside is None else {**record, "input": None})
            + [read_turn(item, ("input", "messages", index)) for index, item in enumerate(_inner(inside))]
            + [turn for key, role in _BEFORE for turn in read_turns(record, key, role)]
            + read_turns(record, chosen, "assistant", "chosen")
            + read_turns(record, rejected, "assistant", "rejected")
        )

    def read(self, record: Record) -> Conversation:
        pair = _pair(record) or _PAIRS[0]
        inside = _nested(record)
        raws = [("", raw) for raw in _inner(inside)]
        before = [turn for key, role in _BEFORE for turn in listed(record, key, role)]
        raws = asked(record if inside is None else {**record, "input": None}) + raws + before
        read = conversation_of(record, raws, (*_MEMBERS, *pair))
        if inside is not None:
            own = {key: value for key, value in inside.items() if key != "messages"}
            tools = {} if read.tools is None else {"tools": read.tools}
            read.tools = joined(tools, {"tools": own.pop("tools", read.tools)})["tools"]
            read.rest = joined(read.rest, own)
        chosen, rejected = (messages_of(listed(record, key, "assistant"))[0] for key in pair)
        return _apart(read, chosen, rejected)

    def write(self, conversation: Conversation) -> Record:
        """As TRL has it: prompt, chosen and rejected are lists of messages."""
        if conversation.chosen is None or conversation.rejected is None:
            raise ConversionError("the conversation has one answer, and a preference pair needs two")
        record: Record = {"prompt": conversation.messages, "chosen": conversation.chosen}
        record["rejected"] = conversation.rejected
        return joined(record, conversation.belongings(), conversation.rest)


def _apart(read: Conversation, chosen: list[Message], rejected: list[Message]) -> Conversation:
    """Return a pair without what both answers repeat of the conversation before them, which it gets once."""
    if read.messages and chosen[: len(read.messages)] == read.messages == rejected[: len(read.messages)]:
        shared = len(read.messages)
        before = read.messages
    else:
        least = min(len(chosen), len(rejected)) - 1
        same = takewhile(lambda pair: pair[0] == pair[1], zip(chosen[:least], rejected[:least], strict=False))
        shared = sum(1 for _ in same) if least > 0 else 0
        before = read.messages + chosen[:shared]
    read.messages, read.chosen, read.rejected = before, chosen[shared:], rejected[shared:]
    return read


def _nested(record: Record) -> Any:
    """Return the ``input`` of OpenAI's layout, None where it is Alpaca's."""
    value = record.get("input")
    return value if isinstance(value, dict) and is_turns(value.get("messages")) else None


def _inner(inside: Any) -> list[Any]:
    return inside["messages"] if inside is not None else []


def _pair(record: Record) -> tuple[str, str] | None:
    """Return the names of the two members that hold the pair."""
    for pair in _PAIRS:
        if all(isinstance(record.get(key), (str, dict, list)) for key in pair):
            return pair
    return None
