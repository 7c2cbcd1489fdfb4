"""Alpaca: ``instruction``, ``input``, ``output``, with ``system`` and ``history: [[user, assistant]]``."""

from __future__ import annotations

from typing import Any, Final

from rtstore.model.conversation import (
    WEIGHTS,
    Conversation,
    ConversionError,
    Message,
    is_empty,
    joined,
    plain,
)
from rtstore.model.shapes.base import Record, Turn, read_turn, read_turns
from rtstore.model.shapes.reading import conversation_of, listed

_MEMBERS: Final = ("system", "history", "instruction", "input", "output")


class Alpaca:
    """An instruction with its answer."""

    name = "alpaca"

    def matches(self, record: Record) -> bool:
        return isinstance(record.get("instruction"), str) and isinstance(record.get("output"), str)

    def turns(self, record: Record) -> list[Turn]:
        return question(record) + read_turns(record, "output", "assistant")

    def read(self, record: Record) -> Conversation:
        """Instruction and input are one message, joined by a line break, as trainers do."""
        raws = [*asked(record), ("assistant", record["output"])]
        return conversation_of(record, raws, _MEMBERS)

    def write(self, conversation: Conversation) -> Record:
        """The last exchange is instruction and output, those before it are the history."""
        if conversation.chosen is not None:
            raise ConversionError("a preference pair has two answers, and Alpaca only one")
        if conversation.tools is not None:
            raise ConversionError("the conversation has tools, for which Alpaca has no place")
        messages = [_text(message, index) for index, message in enumerate(conversation.messages)]
        system = messages.pop(0)[1] if messages and messages[0][0] == "system" else ""
        first = len(conversation.messages) - len(messages)
        for index, (role, _) in enumerate(messages):
            if role != ("user", "assistant")[index % 2]:
                raise ConversionError(
                    f"is of {role!r}: Alpaca has user and assistant by turns", first + index
                )
        if not messages or len(messages) % 2:
            raise ConversionError("the conversation does not end with an answer, which Alpaca needs")
        said = [text for _, text in messages]
        history = [said[index : index + 2] for index in range(0, len(said) - 2, 2)]
        record: Record = {"instruction": said[-2], "input": "", "output": said[-1]}
        record |= {"system": system} if system else {}
        record |= {"history": history} if history else {}
        return joined(record, conversation.belongings(), conversation.rest)


def question(record: Record) -> list[Turn]:
    """Return the turns before the output; an input that is empty is no turn."""
    asked = read_turns(record, "instruction", "user") + read_turns(record, "input", "user")
    return read_turns(record, "system", "system") + _history(record) + asked


def asked(record: Record) -> list[tuple[str, Any]]:
    """Return the same as they are given to a model: instruction and input together.

    Raises:
        ConversionError: the history is no list of pairs, or one of the others no text.
    """
    history = record.get("history")
    if not is_empty(history) and not _is_history(history):
        raise ConversionError("the history is no list of pairs of a question and its answer")
    pairs = history or ()
    before = [(role, said) for pair in pairs for role, said in zip(("user", "assistant"), pair, strict=False)]
    for name in ("instruction", "input"):
        if not isinstance(record.get(name), str) and not is_empty(record.get(name)):
            raise ConversionError(f"the {name} is no text")
    text = "\n".join(filter(None, (record.get("instruction"), record.get("input"))))
    return [*listed(record, "system", "system"), *before, *([("user", text)] if text else [])]


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(pair, list) and len(pair) <= 2 for pair in value)


def _history(record: Record) -> list[Turn]:
    history = record.get("history")
    if not isinstance(history, list):
        return []
    return [
        read_turn(said, ("history", index, side), ("user", "assistant")[side])
        for index, pair in enumerate(history)
        if isinstance(pair, list)
        for side, said in enumerate(pair[:2])
    ]


def _text(message: Message, index: int) -> tuple[str, str]:
    """Return role and text of a message that is nothing more."""
    told = plain(message, index)
    own = ("role", "content", *(key for key in WEIGHTS if _is_usual(told, key)))
    more = [key for key, value in told.items() if key not in own and not is_empty(value)]
    if more:
        raise ConversionError(f"has {', '.join(more)}, for which Alpaca has no place", index)
    return str(told.get("role", "")), told["content"]


def _is_usual(message: Message, weight: str) -> bool:
    """Whether a weight says what is so without it: that an answer counts, once, and nothing else does."""
    return bool(message.get(weight) == (message.get("role") == "assistant"))
