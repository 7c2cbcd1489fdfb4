"""The quick look at records finds what the rules find, or leaves the record to them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from curate_samples import chat
from hypothesis import given
from hypothesis import strategies as st
from records import records

from rtstore.curate.validation.checker import Checker
from rtstore.curate.validation.findings import LEVELS, Level
from rtstore.curate.validation.quick import Quick
from rtstore.curate.validation.rules import findings
from rtstore.model.jsontext import loads

PLAIN = [
    chat("A?", "B.", tags=["a"]),
    chat("A?", "B."),
    chat("A?", "B.", "C?", tags=[]),
    chat("A?", "B.", system=None, tags=["a"], id="7"),
    chat(*["A?", "B."] * 9, tags=["a"]),
]


@pytest.mark.parametrize("record", PLAIN)
def test_a_plain_record_is_told_without_the_rules(record: dict[str, Any]) -> None:
    (told,) = Quick("info").look([json.dumps(record).encode()])
    assert told is not None
    assert list(told) == findings(record)


@pytest.mark.parametrize(
    "record",
    [
        chat("A?", " ", tags=[]),
        chat("A?", "B.", tags=[" "]),
        chat("A?", "As an AI, no.", tags=[]),
        chat("A?", "**B**", tags=[]),
        {**chat("A?", "B."), "chosen": "x", "rejected": "x"},
        {**chat("A?", "B."), "system": "You are an inn."},
        {**chat("A?", "B."), "_rolethread": {}},
        chat("A?", "word " * 2001, tags=[]),
    ],
)
def test_what_is_not_plain_is_left_to_the_rules(record: dict[str, Any]) -> None:
    assert Quick("info").look([json.dumps(record).encode()]) == [None]


_said = st.sampled_from(
    [
        "Aye.",
        "",
        " ",
        "\u3000",
        "As an AI...",
        "I can\u2019t assist.",
        "**no**",
        "<b>",
        "Osk",
        "x " * 2500,
        'é\n"q" {\n"a": 1}',
    ]
)
_role = st.sampled_from(["system", "user", "assistant", "user", "assistant", "tool", "human"])
_turn = st.fixed_dictionaries(
    {"role": _role, "content": st.one_of(_said, _said, st.none(), st.just([{"type": "text", "text": "x"}]))},
    optional={"name": st.just("Osk"), "tool_calls": st.just([{}])},
)
_conversation = st.fixed_dictionaries(
    {"messages": st.one_of(st.lists(_turn, max_size=6), st.just("none"))},
    optional={
        "tags": st.one_of(st.lists(st.sampled_from(["a", "", " ", 4]), max_size=3), st.none()),
        "_rolethread": st.just({"native": True}),
        "system": st.sampled_from(["S", "", None]),
        "chosen": st.sampled_from(["x", None]),
        "rejected": st.sampled_from(["x", "y"]),
        "id": st.integers(),
    },
)
_sound = st.integers(1, 10).map(lambda count: chat(*["Aye?", "Aye."] * count, tags=["a"]))


def agree(texts: list[bytes], level: Level) -> None:
    """Check that both ways to find things agree, in one go and one by one."""
    inactive = ("Osk",)
    checker = Checker(level, inactive)
    wanted = [
        [each for each in findings(loads(text), inactive) if LEVELS.index(each.level) <= LEVELS.index(level)]
        for text in texts
    ]
    assert [list(told) for told in checker.look(texts)] == wanted
    assert [list(checker.look([text])[0]) for text in texts] == wanted


@given(st.lists(st.one_of(_conversation, _sound), max_size=5), st.sampled_from(LEVELS), st.booleans())
def test_both_ways_agree_on_conversations(values: list[Any], level: Level, ascii_only: bool) -> None:
    agree([json.dumps(value, ensure_ascii=ascii_only).encode() for value in values], level)


@given(st.lists(records, max_size=4), st.sampled_from(LEVELS))
def test_both_ways_agree_on_any_records(texts: list[str], level: Level) -> None:
    agree([text.encode() for text in texts], level)
