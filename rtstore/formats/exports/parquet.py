"""``parquet``: a table of ``messages``, or of pairs, for ``datasets`` and whatever reads Parquet."""

from __future__ import annotations

from rtstore.formats.exports.base import Facts, Layout
from rtstore.model.conversation import Conversation, Message, plain
from rtstore.model.shapes.base import Record
from rtstore.model.shapes.messages import Messages
from rtstore.model.shapes.preference import Preference


class Parquet:
    """A row for each conversation, a column for each member; ``messages`` is a list of structs."""

    name = "parquet"
    layout: Layout = "parquet"
    shape: str | None = None
    templated = True

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        """What a message holds stays as it is; in a clean table it is text, with calls and reasoning beside it."""
        made = _plain if facts.clean else list
        conversation.messages = made(conversation.messages)
        if conversation.chosen is None or conversation.rejected is None:
            return Messages().write(conversation)
        conversation.chosen, conversation.rejected = made(conversation.chosen), made(conversation.rejected)
        return Preference().write(conversation)


def _plain(messages: list[Message]) -> list[Message]:
    return [plain(message, index) for index, message in enumerate(messages)]
