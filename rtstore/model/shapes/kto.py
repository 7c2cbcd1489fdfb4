"""KTO: one answer with a ``label`` that says whether it is wanted, in ``messages`` or in prompt and completion."""

from __future__ import annotations

from typing import Final

from rtstore.model.conversation import Conversation, ConversionError
from rtstore.model.shapes.base import Record, Turn
from rtstore.model.shapes.messages import Messages
from rtstore.model.shapes.prompt import Prompt

_LAID_OUT: Final = (Messages(), Prompt())


class KTO:
    """A conversation with a label."""

    name = "kto"

    def matches(self, record: Record) -> bool:
        return isinstance(record.get("label"), bool) and any(shape.matches(record) for shape in _LAID_OUT)

    def turns(self, record: Record) -> list[Turn]:
        return _shape_of(record).turns(record)

    def read(self, record: Record) -> Conversation:
        return _shape_of(record).read(record)

    def write(self, conversation: Conversation) -> Record:
        if conversation.label is None:
            raise ConversionError("the conversation has no label, true or false, which KTO needs")
        return Prompt().write(conversation)


def _shape_of(record: Record) -> Messages | Prompt:
    return next(shape for shape in _LAID_OUT if shape.matches(record))
