"""Turns that are decoded at once are those that the shapes find."""

from __future__ import annotations

import json
from typing import Any

import pytest
from curate_samples import chat, sharegpt
from hypothesis import given
from hypothesis import strategies as st

from rtstore.curate.plain import plain_turns
from rtstore.model.shapes import SHAPES, shape_of, turns

_text = st.sampled_from(["Aye.", "", " ", "\u00e9\n"])
_message = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "human", "", None]),
        "content": st.one_of(_text, _text, st.none(), st.just([{"type": "text", "text": "x"}])),
        "name": st.sampled_from(["Osk", None, 4]),
        "from": st.just("gpt"),
        "value": _text,
    },
)
_record = st.fixed_dictionaries(
    {"messages": st.one_of(st.lists(st.one_of(_message, _text), max_size=4), _text)},
    optional={
        name: st.sampled_from([None, "x", []]) for name in ("chosen", "rejected", "system", "conversations")
    },
)


@given(_record)
def test_they_are_the_same(record: dict[str, Any]) -> None:
    found = plain_turns(json.dumps(record).encode())
    if found is not None:
        shape = shape_of(record)
        assert shape is not None and shape.name == "messages"
        assert [(each.role, each.content, each.name, each.side) for each in found] == [
            (each.role, each.content, each.name, each.side) for each in turns(record)
        ]


@pytest.mark.parametrize(
    "record", [chat("A?", "B."), chat("A?", "B.", tags=["a"], chosen=None), {"messages": []}]
)
def test_a_plain_record_is_decoded_at_once(record: dict[str, Any]) -> None:
    assert plain_turns(json.dumps(record).encode()) is not None


@pytest.mark.parametrize(
    "record", [sharegpt("A?", "B."), {**chat("A?"), "chosen": "x", "rejected": "y"}, [], {}]
)
def test_any_other_is_not(record: Any) -> None:
    assert plain_turns(json.dumps(record).encode()) is None


def test_no_other_shape_comes_first() -> None:
    """One that is tried before messages, by another member, needs that member in ``OnlyMessages``."""
    names = [shape.name for shape in SHAPES]
    assert names[: names.index("messages")] == ["preference", "kto"]
