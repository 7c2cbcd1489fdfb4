"""What is told from the bytes of a record must be what decoding it tells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.curate.exporting.sieve import is_fit
from rtstore.curate.exporting.turns import check_trained
from rtstore.model.conversation import ConversionError
from rtstore.model.shapes import shape_of

TEXTS = st.sampled_from(
    ["", " ", "x", 'a "b"', '"}', '"}], "', "\\", 'x", "y', "é", "\n", '{"role": "assistant", "']
)
ROLES = st.sampled_from(["system", "user", "assistant", "tool"])
EXTRA = st.sampled_from([{}, {}, {}, {"weight": 0}, {"train": False}, {"name": "x"}, {"tool_calls": []}])
TURNS = st.lists(
    st.builds(lambda role, text, more: {"role": role, "content": text, **more}, ROLES, TEXTS, EXTRA),
    max_size=4,
)
POSTS = st.lists(
    st.builds(lambda who, text: {"from": who, "value": text}, st.sampled_from(["human", "gpt"]), TEXTS),
    max_size=4,
)
ANSWER = {"role": "assistant", "content": "x"}
MEMBERS = st.dictionaries(
    st.sampled_from(
        ["tags", "id", "label", "chosen", "rejected", "history", "preferred_output", "non_preferred_output"]
    ),
    st.sampled_from([["a"], 1, True, "x", [ANSWER], ANSWER, [], [{"a": "x"}]]),
    max_size=3,
)


def is_a_row(record: dict[str, Any], shape: str) -> bool:
    found = shape_of(record)
    if found is None or (found.name if found.name != "kto" else "messages") != shape:
        return False
    try:
        check_trained(found.read(record))
    except ConversionError:
        return False
    return True


@given(TURNS, MEMBERS, MEMBERS)
def test_what_is_fit_is_a_row_of_messages(
    turns: list[Any], before: dict[str, Any], behind: dict[str, Any]
) -> None:
    for record in ({"messages": turns, **behind}, {**before, "messages": turns, **behind}):
        if is_fit(json.dumps(record, ensure_ascii=False).encode()):
            assert is_a_row(record, "messages")


@given(POSTS, MEMBERS)
def test_what_is_fit_is_a_row_of_sharegpt(posts: list[Any], behind: dict[str, Any]) -> None:
    record = {"conversations": posts, **behind}
    if is_fit(json.dumps(record, ensure_ascii=False).encode()):
        assert is_a_row(record, "sharegpt")


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [{"role": "user", "content": "Hi"}, ANSWER]},
        {"messages": [{"role": "user", "content": 'a "b"'}, ANSWER], "tags": ["a"], "id": 1},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "id": 1},
    ],
)
@pytest.mark.parametrize("spelling", [{}, {"separators": (",", ":")}])
def test_what_most_have_is_seen_to_be_fit(record: dict[str, Any], spelling: dict[str, Any]) -> None:
    assert is_fit(json.dumps(record, **spelling).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"messages": [{"role": "user", "content": "x"}],"other": {"role": "assistant", "content": "hi"}}',
        '{"messages": [{"role": "user", "content": "x", "to": {"role": "assistant", "content": "hi"}}]}',
        '{"messages": [{"role": "user", "content": [{"role": "assistant", "content": "hi"}]}]}',
        '{"messages": [{"role": "assistant", "content": "hi","weight": 0, "x": "y"}]}',
        '{"messages": [{"role": "assistant", "content": "hi"}], "messages": []}',
        '{"messages": [{"role": "assistant", "content": "hi"}], "mess\\u0061ges": []}',
        '{"conversations": [{"from": "gpt", "value": "hi"}], "messages": []}',
        '{"messages": [{"role": "assistant", "content": "hi"}], "chosen": "", "\\u0072ejected": ""}',
    ],
)
def test_what_only_looks_like_an_answer_is_left_to_decoding(text: str) -> None:
    assert not is_fit(text.encode())
