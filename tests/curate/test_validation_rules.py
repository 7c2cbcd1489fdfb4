"""What validation finds in a record: RoleThread's rules, and what they mean for other shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from curate_samples import chat, pair, sharegpt

from rtstore.curate.validation.findings import LEVELS, RULES
from rtstore.curate.validation.language import MARKUP_BYTES, REFUSAL_BYTES, REFUSALS
from rtstore.curate.validation.roles import SPELLINGS, role_of
from rtstore.curate.validation.rules import findings

Turn = dict[str, Any]
SYSTEM = {"role": "system", "content": "You keep an inn."}
ASKS = {"role": "user", "content": "Is there a room?"}
BACKWARDS = [{"from": "gpt", "value": "B"}, {"from": "human", "value": "A"}]
ANSWERS = {"role": "assistant", "content": "There is."}


def native(*turns: Any, **more: Any) -> dict[str, Any]:
    """Return a record as RoleThread writes it, with these messages."""
    return {"messages": list(turns), "tags": [], "_rolethread": {"native": True}, **more}


def found(record: Any, *inactive: str) -> list[tuple[str, int | None]]:
    """Return the codes of what is found in a record, with the turns."""
    return [(each.code, each.turn) for each in findings(record, inactive)]


SOUND = [
    native(SYSTEM, ASKS, ANSWERS),
    native(SYSTEM, ASKS, ANSWERS, ASKS, ANSWERS),
    chat("A?", "B.", system=None),
    chat("A?", "B."),
    sharegpt("A?", "B.", "C?", "D."),
    {
        "conversations": [
            {"from": "system", "value": "S"},
            {"from": "human", "value": "A"},
            {"from": "gpt", "value": "B"},
        ]
    },
    {"conversations": [{"from": "user", "value": "A"}, {"from": "assistant", "value": "B"}], "system": "S"},
    {"instruction": "Say B", "input": "", "output": "B"},
    {"prompt": "A", "completion": "B", "label": True, "_rolethread": {}},
    pair("B", "C"),
    pair({"role": "assistant", "content": "B"}, {"role": "assistant", "content": "C"}),
    pair([ASKS, ANSWERS], [ASKS, {"role": "assistant", "content": "No."}]),
    {"chosen_messages": [SYSTEM, ASKS, ANSWERS], "rejected_messages": [SYSTEM, ASKS, ASKS]},
]


@pytest.mark.parametrize("record", SOUND)
def test_nothing_is_found_in_what_is_sound(record: dict[str, Any]) -> None:
    assert found(record) == []


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ([], [("not-an-object", None)]),
        ({}, [("no-conversation", None)]),
        ({"title": "x"}, [("no-conversation", None)]),
        ({"messages": "x"}, [("messages-not-a-list", None)]),
        ({"messages": {"a": 1}, "tags": 4}, [("messages-not-a-list", None), ("tags-not-a-list", None)]),
        ({"messages": ["a", 4]}, [("message-not-an-object", 0), ("message-not-an-object", 1)]),
        (
            native(SYSTEM, ASKS, ANSWERS, None),
            [("message-not-an-object", 3)],
        ),
        (native(), [("first-not-system", None), ("too-few-messages", None)]),
        (native(SYSTEM), [("too-few-messages", None)]),
        (native(SYSTEM, ASKS), [("too-few-messages", None), ("incomplete-exchange", None)]),
        (native(ASKS, ANSWERS), [("first-not-system", 0), ("too-few-messages", None)]),
        (native(ASKS, ANSWERS, ASKS, ANSWERS), [("first-not-system", 0)]),
        (native(SYSTEM, ASKS, ANSWERS, ASKS), [("incomplete-exchange", None)]),
        (native(SYSTEM, ANSWERS, ASKS, ANSWERS), [("wrong-role", 1)]),
        (native(SYSTEM, ASKS, ASKS, ANSWERS), [("wrong-role", 2)]),
        (native(SYSTEM, ASKS, ANSWERS, ANSWERS), [("wrong-role", 3)]),
        (native(SYSTEM, {"role": "human", "content": "A?"}, ANSWERS), [("wrong-role", 1)]),
        (native(SYSTEM, {"role": "narrator", "content": "A?"}, ANSWERS), [("wrong-role", 1)]),
        (native(SYSTEM, {"content": "A?"}, ANSWERS), [("wrong-role", 1)]),
        (native({"role": "system", "content": " "}, ASKS, ANSWERS), [("empty-content", 0)]),
        (native(SYSTEM, ASKS, {"role": "assistant", "content": "\n\t "}), [("empty-content", 2)]),
        (native(SYSTEM, ASKS, {"role": "assistant"}), [("empty-content", 2)]),
        (native(SYSTEM, ASKS, {"role": "assistant", "content": None}), [("empty-content", 2)]),
        (native(SYSTEM, ASKS, {"role": "assistant", "content": 4}), [("content-not-text", 2)]),
        (native(SYSTEM, ASKS, {"role": "assistant", "content": {"a": 1}}), [("content-not-text", 2)]),
        (native(SYSTEM, ASKS, {"role": "assistant", "content": []}), [("empty-content", 2)]),
        (native(SYSTEM, SYSTEM, ASKS, ANSWERS), [("several-system", 1)]),
        ({"messages": [SYSTEM, ASKS, ANSWERS], "_rolethread": {}}, [("tags-missing", None)]),
        (native(SYSTEM, ASKS, ANSWERS, tags="roleplay"), [("tags-not-a-list", None)]),
        (native(SYSTEM, ASKS, ANSWERS, tags=["a", None]), [("tag-not-text", None)]),
        (native(SYSTEM, ASKS, ANSWERS, tags=["a", " "]), [("empty-tag", None)]),
        (native(SYSTEM, ASKS, ANSWERS, score=4), [("unknown-member", None)]),
    ],
)
def test_rules_of_rolethread(record: Any, expected: list[tuple[str, int | None]]) -> None:
    assert found(record) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (sharegpt(), [("too-few-messages", None)]),
        (sharegpt("A?"), [("too-few-messages", None), ("incomplete-exchange", None)]),
        (sharegpt("A?", "B.", "C?"), [("incomplete-exchange", None)]),
        (sharegpt("A?", ""), [("empty-content", 1)]),
        ({"conversations": BACKWARDS}, [("wrong-role", 0), ("incomplete-exchange", None)]),
        ({"instruction": "", "output": ""}, [("empty-content", None), ("empty-content", None)]),
        ({"instruction": "A", "output": " "}, [("empty-content", 1)]),
        ({"prompt": "A", "completion": ""}, [("empty-content", None)]),
        (pair("B", "B"), [("equal-sides", None)]),
        (pair("B", ""), [("empty-content", None)]),
        (pair("", ""), [("equal-sides", None), ("empty-content", None), ("empty-content", None)]),
        (pair([ASKS, ANSWERS], [ASKS, ANSWERS]), [("equal-sides", None)]),
        ({"conversations": [BACKWARDS[0]], "chosen": "B", "rejected": "C"}, [("wrong-role", 0)]),
        (chat("A?", "B.", "C?", system=None), [("incomplete-exchange", None)]),
    ],
)  # fmt: skip
def test_what_the_rules_mean_for_other_shapes(record: Any, expected: list[tuple[str, int | None]]) -> None:
    assert found(record) == expected


def test_tools_speak_between_a_question_and_its_answer() -> None:
    calls = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    result = {"role": "tool", "content": ""}
    assert found(native(SYSTEM, ASKS, calls, result, result, ANSWERS, ASKS, ANSWERS)) == []
    assert found(native(SYSTEM, ASKS, calls, result)) == [("incomplete-exchange", None)]
    said = [("human", "A?"), ("function_call", "{}"), ("observation", "4"), ("gpt", "Four.")]
    assert found({"conversations": [{"from": speaker, "value": text} for speaker, text in said]}) == []


def test_parts_that_are_no_text_say_something() -> None:
    image = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}
    blank = {"role": "user", "content": [{"type": "text", "text": " "}]}
    assert found(native(SYSTEM, image, ANSWERS)) == []
    assert found(native(SYSTEM, blank, ANSWERS)) == [("empty-content", 1)]


@pytest.mark.parametrize(
    "phrase", [*REFUSALS, "As an AI language model", "I CANNOT ASSIST", "i can\u2019t assist"]
)
def test_refusals_of_the_assistant(phrase: str) -> None:
    assert found(chat("A?", f"Well. {phrase}, friend.")) == [("refusal", 2)]
    assert found(chat(f"{phrase}?", "B.")) == []


def test_a_phrase_inside_of_a_longer_word_is_none() -> None:
    assert found(chat("A?", "She was an aim, and he was an aiming language modeller.")) == []


@pytest.mark.parametrize("phrase", REFUSALS)
def test_every_refusal_has_bytes_by_which_it_is_found(phrase: str) -> None:
    assert any(mark in phrase.encode() for mark in REFUSAL_BYTES)
    assert any(mark in phrase.replace("'", "\u2019").encode() for mark in REFUSAL_BYTES)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("```\nx\n```", "a code fence"),
        ("It is **very** late.", "bold"),
        ("# A heading\nand text", "a heading"),
        ("text\n### Another\n", "a heading"),
        ("a <b>bold</b> word", "HTML"),
        ("<br/>", "HTML"),
        ('{"a": 1}', "JSON"),
        ('Here:\n[{"a": 1}]', "JSON"),
        ('{\n  "a": 1\n}', "JSON"),
    ],
)
def test_markup_in_a_reply(reply: str, kind: str) -> None:
    (finding,) = findings(chat("A?", reply))
    assert (finding.code, finding.turn) == ("markdown", 2)
    assert kind in finding.message


@pytest.mark.parametrize(
    "reply", ["*He bows.* Aye.", "I <3 ferries, 4 < 5 > 2", "No. # 7", "{he waves}", "__", "a ** b ** c"]
)
def test_what_only_looks_like_markup(reply: str) -> None:
    assert found(chat("A?", reply)) == []


def test_long_entries_may_be_split() -> None:
    assert found(chat(*["A?", "B."] * 7)) == []
    assert found(chat(*["A?", "B."] * 8)) == [("split-candidate", None)]
    assert found(chat("A?", "word " * 2000)) == []
    assert found(chat("A?", "word " * 2001)) == [("split-candidate", None)]


def test_a_system_prompt_names_a_character_that_is_gone() -> None:
    record = chat("A?", "B.", system="You are Osk Berrow, a ferryman.")
    assert found(record, "Nell", "Osk Berrow") == [("inactive-character", 0)]
    assert found(record, "Osk Ber", "Nell") == []


def test_messages_name_what_is_due() -> None:
    (spelled,) = findings(native(SYSTEM, {"role": "human", "content": "A?"}, ANSWERS))
    assert spelled.message == "the role is spelled 'human', not 'user'"
    (wrong,) = findings(native(SYSTEM, ASKS, ASKS, ANSWERS))
    assert wrong.message == "the role is 'user' where 'assistant' is due"


def test_all_spellings_of_roles_are_known() -> None:
    assert {role_of(f" {one.upper()}") for one in SPELLINGS["user"]} == {"user"}
    assert role_of("narrator") is None


def test_codes_are_listed_from_the_level_that_matters_most() -> None:
    levels = [rule.level for rule in RULES.values()]
    assert levels == sorted(levels, key=LEVELS.index)
    assert set(levels) == set(LEVELS)


@pytest.mark.parametrize(
    "reply", ["```", "~~~ x", "**b**", "__b__", "# h", "<b>", '{"a": 1}', '[{"a": 1}]', '{\n"a":1}']
)
def test_markup_has_bytes_by_which_it_is_found(reply: str) -> None:
    assert found(chat("A?", reply)) == [("markdown", 2)]
    assert any(mark in json.dumps(reply).encode() for mark in MARKUP_BYTES)
