"""Small records of every shape, and short ways to ask expressions about them."""

from __future__ import annotations

import json
from typing import Any

from rtstore.curate.where.where import where
from rtstore.model.objects import Annotation


def chat(*said: str, system: str | None = "You keep an inn.", **more: Any) -> dict[str, Any]:
    """Return a record of messages: a system message, then user and assistant in turn."""
    messages = [] if system is None else [{"role": "system", "content": system}]
    roles = ("user", "assistant")
    messages += [{"role": roles[index % 2], "content": text} for index, text in enumerate(said)]
    return {"messages": messages, **more}


def sharegpt(*said: str) -> dict[str, Any]:
    """Return a record of ShareGPT, human and gpt in turn."""
    speakers = ("human", "gpt")
    return {"conversations": [{"from": speakers[i % 2], "value": text} for i, text in enumerate(said)]}


def pair(chosen: Any, rejected: Any, prompt: str = "Is there a room?") -> dict[str, Any]:
    """Return a preference pair."""
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected}


class Card:
    """An entry as an expression asks about it, of no dataset."""

    def __init__(self, record: Any, position: int = 0, id: str = "00" * 16, annotation: Any = None) -> None:
        self.position = position
        self.id = bytes.fromhex(id)
        self.text = record if isinstance(record, bytes) else json.dumps(record).encode()
        self._annotation = annotation

    @property
    def annotation(self) -> Any:
        return self._annotation or Annotation()


def meant(expression: str, record: Any, **more: Any) -> bool:
    """Tell whether an expression means an entry with a record."""
    return where(expression).matches(Card(record, **more))
