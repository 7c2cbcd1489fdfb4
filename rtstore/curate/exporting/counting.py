"""Rows with too many tokens are left out: a trainer would cut them off without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rtstore.curate.exporting.made import Batch, Left, Made, Progress
from rtstore.model.conversation import ConversionError, Message, plain
from rtstore.model.jsontext import loads
from rtstore.model.shapes import shape_of

if TYPE_CHECKING:
    from rtstore.formats.tokens import TokenCounter


class ShortRows:
    """The rows of another maker that have at most ``limit`` tokens."""

    def __init__(self, made: Made, counter: TokenCounter, limit: int) -> None:
        self.dataset = made.dataset
        self._made = made
        self._counter = counter
        self._limit = limit
        self._too_long = 0

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return self._made.entries

    @property
    def left(self) -> Left:
        """What has no row, as far as rows were made."""
        return self._made.left._replace(too_long=self._too_long)

    def batches(self, told: Progress) -> Iterator[Batch]:
        """Yield the rows that are short enough."""
        for batch in self._made.batches(told):
            texts = [text for row in batch.texts for text in countable(loads(row))]
            ends = [len(countable(loads(row))) for row in batch.texts]
            counts = self._counter.counts(texts)
            most = [max(next(counts) for _ in range(end)) for end in ends]
            short = [index for index, count in enumerate(most) if count <= self._limit]
            self._too_long += len(batch.texts) - len(short)
            yield Batch(
                [batch.texts[index] for index in short], [batch.keys[index] for index in short], batch.side
            )


def countable(row: Any) -> list[str]:
    """Return the texts of which none may be too long: a rendered row's own, or a conversation as ChatML.

    Of a pair these are two, each answer with what comes before it.
    """
    if isinstance(row.get("text"), str):
        return [row["text"]]
    shape = shape_of(row)
    if shape is None:
        return [str(row)]
    said = shape.read(row)
    before = _chatml(said.messages)
    if said.chosen is None or said.rejected is None:
        return [before]
    return [before + _chatml(said.chosen), before + _chatml(said.rejected)]


def _chatml(messages: list[Message]) -> str:
    return "".join(f"<|im_start|>{each.get('role')}\n{_content(each)}<|im_end|>\n" for each in messages)


def _content(message: Message) -> str:
    try:
        return str(plain(message)["content"])
    except ConversionError:  # an image, or what else has no text: it is not counted
        return ""
