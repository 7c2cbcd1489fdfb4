"""Alpaca: ``instruction``, ``input``, ``output``, with ``system`` and ``history: [[user, assistant]]``."""

from __future__ import annotations

from rtstore.model.shapes.base import Record, Turn, read_turn, read_turns


class Alpaca:
    """An instruction with its answer."""

    name = "alpaca"

    def matches(self, record: Record) -> bool:
        return isinstance(record.get("instruction"), str) and isinstance(record.get("output"), str)

    def turns(self, record: Record) -> list[Turn]:
        return question(record) + read_turns(record, "output", "assistant")


def question(record: Record) -> list[Turn]:
    """Return the turns before the output; an input that is empty is no turn."""
    asked = read_turns(record, "instruction", "user") + read_turns(record, "input", "user")
    return read_turns(record, "system", "system") + _history(record) + asked


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
