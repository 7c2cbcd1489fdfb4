"""The recipe of a trainer for what is exported: what it needs to know of the rows is noted as they pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from rtstore.curate.exporting.made import Batch, Left, Made, Progress
from rtstore.model.conversation import WEIGHTS
from rtstore.model.jsontext import loads

if TYPE_CHECKING:
    from rtstore.formats.recipes import Recipe

_REPLIES = ("prompt", "completion", "chosen", "rejected")
_TURNS = ("messages", "conversations", *_REPLIES)


class NotedRows:
    """The rows of another maker, and what a recipe says of them."""

    def __init__(self, made: Made) -> None:
        self.dataset = made.dataset
        self._made = made
        self._columns: dict[str, None] = {}
        self._replies: Literal["text", "message", "messages"] = "text"
        self._tool_calls = False
        self._weights: str | None = None

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return self._made.entries

    @property
    def left(self) -> Left:
        """What has no row, as far as rows were made."""
        return self._made.left

    def batches(self, told: Progress) -> Iterator[Batch]:
        """Yield the rows as they are."""
        for batch in self._made.batches(told):
            for text in batch.texts:
                self._note(loads(text))
            yield batch

    def recipe(self, trainer: str, format: str, path: str, rows: int, template: str | None) -> Recipe:
        """Return the recipe for the file at ``path``, which it names as its neighbour.

        Raises:
            UsageError: there is no such trainer, or it cannot read such rows.
        """
        from rtstore.formats.recipes import ExportFacts, recipe

        facts = ExportFacts(
            format=format,
            path=os.path.basename(path),
            columns=tuple(self._columns),
            replies=self._replies,
            tool_calls=self._tool_calls,
            weights=self._weights,
            template=template if template is None else os.path.basename(template),
            counts={"rows": rows},
        )
        return recipe(trainer, facts)

    def _note(self, row: dict[str, Any]) -> None:
        self._columns |= dict.fromkeys(row)
        for key in _TURNS:
            value = row.get(key)
            if key in _REPLIES and isinstance(value, (dict, list)):
                self._replies = "message" if isinstance(value, dict) else "messages"
            for turn in value if isinstance(value, list) else ():
                self._note_turn(turn)

    def _note_turn(self, turn: Any) -> None:
        if isinstance(turn, dict):
            self._tool_calls = self._tool_calls or "tool_calls" in turn
            self._weights = self._weights or next((key for key in WEIGHTS if key in turn), None)
