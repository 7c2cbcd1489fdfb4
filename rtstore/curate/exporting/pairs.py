"""The history of curation as preference data: replies that were rewritten between two versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from rtstore.compare.datasets import DatasetDifference
from rtstore.compare.difference import Beside, EntryChange, TurnChange
from rtstore.model.conversation import Conversation, ConversionError
from rtstore.model.jsontext import loads
from rtstore.model.objects import Settings
from rtstore.model.shapes import shape_of, turns
from rtstore.model.volatile import Volatile

#: Roles of turns that are messages of the assistant.
_ANSWERS = ("assistant", "tool_call")


class Rewritten(NamedTuple):
    """A reply that was rewritten: its entry, at a position from 0, and the text it has now."""

    position: int
    entry: bytes
    text: str


class Pair(NamedTuple):
    """A rewritten reply as a preference pair."""

    reply: Rewritten
    conversation: Conversation


def rewritten_replies(difference: DatasetDifference) -> Iterator[tuple[Rewritten, EntryChange, TurnChange]]:
    """Yield every reply of the assistant that has other words in the newer version."""
    for change in difference.entries:
        if change.new_position is None or change.old_text is None or change.new_text is None:
            continue
        for turn in change.turns:
            if turn.change == "edited" and turn.role == "assistant" and turn.old != turn.new and turn.new:
                yield Rewritten(change.new_position, change.id, turn.new), change, turn


def pairs(difference: DatasetDifference, only: Collection[tuple[bytes, str]] | None = None) -> Iterator[Pair]:
    """Yield a pair for every reply that was rewritten: the conversation before it, what it is now, what it was.

    ``only``: entry ids and texts of replies that are wanted, see ``rewritten_by``. Entries that are pairs already
    are left alone.
    """
    for reply, change, turn in rewritten_replies(difference):
        if only is not None and (reply.entry, reply.text) not in only:
            continue
        pair = _pair(*_texts(difference, change), turn)
        if pair is not None:
            yield Pair(reply, pair)


def _pair(old: bytes, new: bytes, turn: TurnChange) -> Conversation | None:
    assert turn.old_index is not None and turn.new_index is not None
    before, after = _read(old), _read(new)
    if before is None or after is None:
        return None
    was, now = _message_at(old, before, turn.old_index), _message_at(new, after, turn.new_index)
    after.chosen, after.rejected = [after.messages[now]], [before.messages[was]]
    after.messages = after.messages[:now]
    after.label = None
    return after


def _texts(difference: DatasetDifference, change: EntryChange) -> tuple[bytes, bytes]:
    """Return the records of an entry as they stand in both files, stamps and all."""
    old, new = difference.old, difference.new
    assert old is not None and new is not None and change.old_text is not None and change.new_text is not None
    return (
        _filled(change.old_text, old.dataset.settings, change.old_beside),
        _filled(change.new_text, new.dataset.settings, change.new_beside),
    )


def _filled(text: bytes, settings: Settings, beside: Beside | None) -> bytes:
    return Volatile(settings.volatile).fill(text, beside.stamps if beside is not None else ())


def _read(text: bytes) -> Conversation | None:
    record = loads(text)
    shape = shape_of(record)
    if shape is None or shape.name == "preference":
        return None
    return shape.read(record)


def _message_at(text: bytes, conversation: Conversation, index: int) -> int:
    """Return which message a turn of the assistant is: the one with as many of the assistant's before it."""
    before = sum(turn.role in _ANSWERS for turn in turns(loads(text))[:index])
    said = [at for at, message in enumerate(conversation.messages) if message.get("role") == "assistant"]
    if before >= len(said):
        raise ConversionError("the rewritten reply is no message of the assistant")
    return said[before]
