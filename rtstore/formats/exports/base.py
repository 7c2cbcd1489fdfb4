"""What an export format is, and what of an entry it may need beside the conversation."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from rtstore.model.conversation import Conversation
from rtstore.model.shapes.base import Record

#: How rows become a file: a JSON object a line, text with an empty line between rows, or a Parquet table.
Layout = Literal["jsonl", "text", "parquet"]


class Facts(msgspec.Struct, frozen=True):
    """What an entry has beside its record: its id, and the uuid of its dataset, empty where it has none.

    ``clean``: nothing but the conversation is wanted, as simple as it can be.
    """

    entry: bytes = b""
    dataset_uuid: str = ""
    clean: bool = False


class Format(Protocol):
    """A way to lay out conversations for a trainer."""

    @property
    def name(self) -> str:
        """What users call it on the command line."""

    @property
    def layout(self) -> Layout:
        """How its rows become a file."""

    @property
    def shape(self) -> str | None:
        """The shape whose records are its rows as they are; None if every row is made."""

    @property
    def templated(self) -> bool:
        """Whether its rows can be texts that a chat template renders."""

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        """Return the row of a conversation; for the layout ``text`` its one member is ``text``.

        Raises:
            ConversionError: the conversation holds something for which the format has no place.
        """
