"""The history of curation as preference data: replies that were rewritten between two versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from rtstore.compare.datasets import DatasetDifference
from rtstore.compare.difference import Beside, EntryChange, TurnChange
from rtstore.model.conversation import Conversation, ConversionError
from rtstore.model.jsontext import loads
from rtstore.model.objects import Settings
from rtstore.model.roles import training_role
from rtstore.model.shapes import shape_of, turns
from rtstore.model.volatile import Volatile

#: What a turn is called that asks a tool: a message of the assistant, and no reply.
_CALL = "tool_call"


class Rewritten(NamedTuple):
    """A reply that was rewritten: its entry, at a position from 0, and the text it has now."""

    position: int
    entry: bytes
    text: str


class Pair(NamedTuple):
    """A rewritten reply as a preference pair, or why it can be none."""

    reply: Rewritten
    conversation: Conversation | ConversionError


def rewritten_replies(difference: DatasetDifference) -> Iterator[tuple[Rewritten, EntryChange, TurnChange]]:
    """Yield every turn that has other words in the newer version, and is the assistant's or somebody's with a name.

    Whether somebody with a name answers or asks is told by the whole conversation.
    """
    for change in difference.entries:
        if change.new_position is None or change.old_text is None or change.new_text is None:
            continue
        for turn in change.turns:
            if turn.change == "edited" and _may_answer(turn.role) and turn.old != turn.new and turn.new:
                yield Rewritten(change.new_position, change.id, turn.new), change, turn


def pairs(difference: DatasetDifference, only: Collection[tuple[bytes, str]] | None = None) -> Iterator[Pair]:
    """Yield a pair for every reply that was rewritten: the conversation before it, what it is now, what it was.

    ``only``: entry ids and texts of replies that are wanted, see ``rewritten_by``. Entries that are pairs already
    are left alone.
    """
    for reply, change, turn in rewritten_replies(difference):
        if only is not None and (reply.entry, reply.text) not in only:
            continue
        try:
            pair: Conversation | ConversionError | None = _pair(*_texts(difference, change), turn)
        except ConversionError as error:
            pair = error
        if pair is not None:
            yield Pair(reply, pair)


def _pair(old: bytes, new: bytes, turn: TurnChange) -> Conversation | None:
    """Return the pair that a turn is; None if it is no reply in both versions."""
    assert turn.old_index is not None and turn.new_index is not None
    before, after = _read(old), _read(new)
    if before is None or after is None:
        return None
    was, now = _message_at(old, before, turn.old_index), _message_at(new, after, turn.new_index)
    if was is None or now is None:
        return None
    after.chosen, after.rejected = [after.messages[now]], [before.messages[was]]
    after.messages = after.messages[:now]
    after.label = None
    return after


def _may_answer(role: str) -> bool:
    return role != _CALL and training_role(role) in ("assistant", None)


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


def _message_at(text: bytes, conversation: Conversation, index: int) -> int | None:
    """Return which message of the assistant a turn is; None if it is of somebody else.

    Most shapes have a message for each turn. Alpaca's question may be two turns; there it is the one with as many of
    the assistant's before it.
    """
    messages, said = conversation.messages, turns(loads(text))
    if len(messages) == len(said):
        return index if messages[index].get("role") == "assistant" else None
    before = sum(_is_answer(turn.role) for turn in said[:index])
    answers = [at for at, message in enumerate(messages) if message.get("role") == "assistant"]
    return answers[before] if _is_answer(said[index].role) and before < len(answers) else None


def _is_answer(role: str) -> bool:
    return role == _CALL or training_role(role) == "assistant"
