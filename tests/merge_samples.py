"""Records of every shape for tests of merging, and edits of them that any shape can have."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from rtstore.model.shapes import turns

Record = dict[str, Any]
Edit = Callable[[Record], None]


def said(number: int) -> str:
    """Return a sentence like no other of a conversation, long enough to be known again."""
    subjects = ["keeper", "gull", "harbour", "ferry", "captain", "beacon", "tide", "lantern"]
    return f"Early the {subjects[number % 8]} counted {number} ships before that storm came over the hill."


def chat(count: int, speaker: str = "role", text: str = "content") -> list[Record]:
    """Return so many turns of a user and an assistant."""
    roles = ("user", "assistant") if speaker == "role" else ("human", "gpt")
    return [{speaker: roles[number % 2], text: said(number)} for number in range(count)]


def parts(turn: Record) -> Record:
    """Return a turn whose content is a list of typed parts."""
    image = {"type": "image_url", "image_url": {"url": "harbour.png"}}
    return {**turn, "content": [{"type": "text", "text": turn["content"]}, image], "loss_weight": 1.0}


_CALL = {"id": "1", "type": "function", "function": {"name": "tide", "arguments": '{"day": 1}'}}

#: One record of each layout, all with tags and a field of its own.
SHAPES: dict[str, Record] = {
    "messages": {"messages": [{"role": "system", "content": "You are Mara."}, *chat(4)]},
    "kto": {"messages": chat(2), "label": True},
    "parts": {"messages": [parts(turn) for turn in chat(4)]},
    "tool calls": {
        "messages": [
            *chat(3),
            {"role": "assistant", "content": None, "tool_calls": [_CALL]},
            {"role": "tool", "content": "low", "tool_call_id": "1"},
            {"role": "assistant", "reasoning_content": said(6), "content": said(7)},
        ]
    },
    "sharegpt": {"system": "You are Mara.", "conversations": chat(4, "from", "value"), "tools": "[]"},
    "alpaca": {"instruction": said(0), "input": said(1), "output": said(2)},
    "alpaca with history": {
        "instruction": said(0),
        "input": "",
        "output": said(1),
        "history": [[said(2), said(3)], [said(4), said(5)]],
    },
    "prompt": {"prompt": said(0), "completion": said(1)},
    "prompt of turns": {"prompt": chat(1), "completion": [{"role": "assistant", "content": said(1)}]},
    "preference of texts": {"prompt": said(0), "chosen": said(1), "rejected": said(2)},
    "preference of turns": {
        "conversations": chat(1, "from", "value"),
        "chosen": {"from": "gpt", "value": said(1)},
        "rejected": {"from": "gpt", "value": said(2)},
    },
    "preference of lists": {
        "chosen_messages": [parts(turn) for turn in chat(2)],
        "rejected_messages": [
            parts(turn) for turn in [chat(1)[0], {"role": "assistant", "content": said(3)}]
        ],
    },
}
for _record in SHAPES.values():
    _record.update(tags=["calm", "sea"], metadata={"rating": 1.50, "by": "mara"})


def changed(record: Record, *edits: Edit) -> Record:
    """Return a copy of a record with edits done to it."""
    record = copy.deepcopy(record)
    for edit in edits:
        edit(record)
    return record


def reword(number: int, old: str, new: str) -> Edit:
    """Return an edit that replaces words in the turn of that number, among those with sentences in them."""

    def edit(record: Record) -> None:
        found = [turn for turn in turns(record) if "ships before" in turn.content]
        path = found[number].content_path
        assert path is not None
        holder: Any = record
        for step in path[:-1]:
            holder = holder[step]
        assert old in holder[path[-1]]
        holder[path[-1]] = holder[path[-1]].replace(old, new)

    return edit


def set_to(name: str, value: Any) -> Edit:
    """Return an edit that sets a member, by its dotted path."""

    def edit(record: Record) -> None:
        *above, last = name.split(".")
        for step in above:
            record = record[step]
        record[last] = value

    return edit


def line(record: Record, **layout: Any) -> bytes:
    """Return a record as a line."""
    return json.dumps(record, ensure_ascii=False, **layout).encode()
