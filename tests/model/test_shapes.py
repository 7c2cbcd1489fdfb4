"""Each shape finds the turns of a record, and where they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.model.shapes import SHAPES, Record, Turn, shape_of, turns

CHATML = {
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi", "name": "Kai"}]
}
PARTS = {
    "messages": [
        {
            "role": "user",
            "content": [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {}}],
        },
        {
            "role": "assistant",
            "content": [{"type": "reasoning", "value": "Look."}, {"type": "text", "value": "A gull."}],
            "loss_weight": 1.0,
        },
        {"role": "assistant", "content": [{"type": "tool_call", "value": "{}"}]},
        {"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]},
    ]
}
TOOLS = {
    "messages": [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "tide"}}]},
        {"role": "tool", "content": "low", "tool_call_id": "1"},
    ]
}
SHAREGPT = {
    "system": "Help.",
    "conversations": [
        {"from": "human", "value": "Tide?"},
        {"from": "function_call", "value": '{"name": "tide"}'},
        {"from": "observation", "value": "low"},
        {"from": "gpt", "value": "It is low."},
        {"from": "narrator", "value": "A bell."},
    ],
    "tools": "[]",
}
ALPACA = {
    "instruction": "Translate.",
    "input": "chat",
    "output": "cat",
    "history": [["Hi", "Hello"]],
    "system": "Fr",
}
PROMPT = {"prompt": "2 + 2 =", "completion": " 4", "label": True}
PAIR_OF_TURNS = {
    "conversations": [{"from": "human", "value": "Hi"}],
    "chosen": {"from": "gpt", "value": "Hello."},
    "rejected": {"from": "gpt", "value": "No."},
}
PAIR_OF_LISTS = {
    "chosen_messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}],
    "rejected_messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "No."}],
}
PAIR_OF_STRINGS = {"prompt": "Hi", "chosen": "Hello.", "rejected": "No."}
PAIR_OF_ANSWERS = {"instruction": "Greet", "input": "Kai", "chosen": "Hello.", "rejected": "No."}


def brief(record: Record) -> list[tuple[str, str]]:
    return [(turn.role, turn.content) for turn in turns(record)]


def sides(record: Record) -> list[tuple[str, str, str]]:
    return [(turn.side, turn.role, turn.content) for turn in turns(record)]


def at(record: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        record = record[step]
    return record


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (CHATML, "messages"),
        (PARTS, "messages"),
        ({**CHATML, "label": False}, "kto"),
        ({"messages": []}, "messages"),
        (SHAREGPT, "sharegpt"),
        (ALPACA, "alpaca"),
        (PROMPT, "kto"),
        ({**PROMPT, "label": "good"}, "prompt"),
        ({"prompt": [{"role": "user", "content": "Hi"}], "completion": []}, "prompt"),
        (PAIR_OF_TURNS, "preference"),
        (PAIR_OF_LISTS, "preference"),
        (PAIR_OF_STRINGS, "preference"),
        (PAIR_OF_ANSWERS, "preference"),
    ],
)
def test_a_record_has_the_shape_of_its_fields(record: Record, name: str) -> None:
    shape = shape_of(record)
    assert shape is not None
    assert shape.name == name


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"text": "Hi"},
        {"messages": "Hi"},
        {"messages": ["Hi"]},
        {"instruction": "Hi"},
        {"prompt": 1, "completion": 2},
    ],
)
def test_other_records_have_no_shape_and_no_turns(record: Record) -> None:
    assert shape_of(record) is None
    assert turns(record) == []


def test_the_names_of_shapes_are_unique() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)


def test_messages_have_role_content_name_and_place() -> None:
    raw = CHATML["messages"][1]
    path = ("messages", 1)
    assert turns(CHATML)[1] == Turn("user", "Hi", "Kai", path, (*path, "content"), raw)


def test_text_parts_are_the_content_and_other_parts_are_kept_raw() -> None:
    found = turns(PARTS)
    assert [turn.content for turn in found] == ["What is it?", "A gull.", "", "One.\nTwo."]
    assert found[1].content_path == ("messages", 1, "content", 1, "value")
    assert found[1].raw["loss_weight"] == 1.0
    assert [turn.content_path for turn in found[2:]] == [None, None]


def test_a_tool_call_without_content_is_a_turn() -> None:
    assert brief(TOOLS) == [("assistant", ""), ("tool", "low")]
    assert turns(TOOLS)[0].content_path == ("messages", 0, "content")


def test_sharegpt_turns_have_the_roles_others_use() -> None:
    assert [role for role, _ in brief(SHAREGPT)] == [
        "system",
        "user",
        "tool_call",
        "tool",
        "assistant",
        "narrator",
    ]
    assert turns(SHAREGPT)[0].path == ("system",)


def test_alpaca_is_a_conversation_in_order() -> None:
    expected = [
        ("system", "Fr"),
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Translate."),
        ("user", "chat"),
    ]
    assert brief(ALPACA) == [*expected, ("assistant", "cat")]
    assert ("user", "") not in brief({**ALPACA, "input": ""})


def test_a_prompt_is_the_users_and_its_completion_the_assistants() -> None:
    assert brief(PROMPT) == [("user", "2 + 2 ="), ("assistant", " 4")]


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (PAIR_OF_TURNS, [("", "user", "Hi")]),
        (PAIR_OF_STRINGS, [("", "user", "Hi")]),
        (PAIR_OF_ANSWERS, [("", "user", "Greet"), ("", "user", "Kai")]),
    ],
)
def test_a_pair_has_both_answers_after_what_was_asked(
    record: Record, asked: list[tuple[str, str, str]]
) -> None:
    answers = [("chosen", "assistant", "Hello."), ("rejected", "assistant", "No.")]
    assert sides(record) == asked + answers


def test_a_pair_may_repeat_what_was_asked_on_both_sides() -> None:
    assert [side for side, _, _ in sides(PAIR_OF_LISTS)] == ["chosen", "chosen", "rejected", "rejected"]


@pytest.mark.parametrize(
    "record",
    [
        CHATML,
        PARTS,
        TOOLS,
        SHAREGPT,
        ALPACA,
        PROMPT,
        PAIR_OF_TURNS,
        PAIR_OF_LISTS,
        PAIR_OF_STRINGS,
        PAIR_OF_ANSWERS,
    ],
)
def test_paths_lead_to_the_turns_and_their_contents(record: Record) -> None:
    assert turns(record)
    for turn in turns(record):
        assert at(record, turn.path) == turn.raw
        if turn.content_path is not None:
            assert (at(record, turn.content_path) or "") == turn.content


def test_every_item_of_a_broken_list_is_a_turn() -> None:
    record = {"messages": [{"role": "user", "content": 5}, "lost", 7, {"content": "x"}, {"role": ["user"]}]}
    assert brief(record) == [("user", ""), ("", "lost"), ("", ""), ("", "x"), ("", "")]


FIELDS = [
    *("messages", "conversations", "chosen", "rejected", "chosen_messages", "rejected_messages", "prompt"),
    *("completion", "response", "instruction", "input", "output", "history", "system", "question"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab é", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "type", "text", "name"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5))
def test_no_record_is_too_odd_to_look_at(record: Record) -> None:
    for turn in turns(record):
        assert at(record, turn.path) == turn.raw
