"""Records of one shape as records of another, and what has no place there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtstore.model.conversation import Conversation, ConversionError, decoded, plain
from rtstore.model.roles import cast, training_role
from rtstore.model.shapes import Record, shape_named, shape_of

SYSTEM = {"role": "system", "content": "You are Mara."}
ASKED = {"role": "user", "content": "Is the ferry late?"}
ANSWER = {"role": "assistant", "content": "Not tonight."}
CALL = {"type": "function", "function": {"name": "ferry", "arguments": {"to": "Rhea"}}}
CALLING = {"role": "assistant", "content": "", "tool_calls": [CALL]}
TOLD = {"role": "tool", "content": "in 5 minutes"}
CHAT: Record = {"messages": [SYSTEM, ASKED, ANSWER], "tags": ["dialogue"], "id": 7}
TOOLS: Record = {"messages": [ASKED, CALLING, TOLD, ANSWER], "tools": [{"name": "ferry"}]}
PAIR: Record = {"prompt": [ASKED], "chosen": [ANSWER], "rejected": [{"role": "assistant", "content": "No."}]}


def read(record: Record) -> Conversation:
    shape = shape_of(record)
    assert shape is not None
    return shape.read(record)


def converted(record: Record, shape: str) -> Record:
    return shape_named(shape).write(read(record))


def test_messages_become_sharegpt() -> None:
    assert converted(CHAT, "sharegpt") == {
        "conversations": [
            {"from": "system", "value": "You are Mara."},
            {"from": "human", "value": "Is the ferry late?"},
            {"from": "gpt", "value": "Not tonight."},
        ],
        "tags": ["dialogue"],
        "id": 7,
    }


def test_tool_calls_become_turns_of_sharegpt_with_the_tools_as_text() -> None:
    made = converted(TOOLS, "sharegpt")
    assert [post["from"] for post in made["conversations"]] == [
        "human",
        "function_call",
        "observation",
        "gpt",
    ]
    assert made["conversations"][1]["value"] == '{"name": "ferry", "arguments": {"to": "Rhea"}}'
    assert made["tools"] == '[{"name": "ferry"}]'


def test_messages_become_alpaca_with_what_was_said_before_as_history() -> None:
    record = {"messages": [SYSTEM, ASKED, ANSWER, {"role": "user", "content": "Good."}, ANSWER]}
    assert converted(record, "alpaca") == {
        "instruction": "Good.",
        "input": "",
        "output": "Not tonight.",
        "system": "You are Mara.",
        "history": [["Is the ferry late?", "Not tonight."]],
    }


def test_instruction_and_input_become_one_message() -> None:
    record = {"instruction": "Greet", "input": "Kai", "output": "Hello, Kai."}
    assert converted(record, "messages")["messages"][0] == {"role": "user", "content": "Greet\nKai"}


def test_the_last_answer_is_the_completion() -> None:
    assert converted(CHAT, "prompt") == {
        "prompt": [SYSTEM, ASKED],
        "completion": [ANSWER],
        "tags": ["dialogue"],
        "id": 7,
    }


@pytest.mark.parametrize(
    "pair",
    [
        {"prompt": "Is the ferry late?", "chosen": "Not tonight.", "rejected": "No."},
        {
            "conversations": [{"from": "human", "value": "Is the ferry late?"}],
            "chosen": {"from": "gpt", "value": "Not tonight."},
            "rejected": {"from": "gpt", "value": "No."},
        },
        {"chosen": [ASKED, ANSWER], "rejected": [ASKED, {"role": "assistant", "content": "No."}]},
        {
            "prompt": [ASKED],
            "chosen": [ASKED, ANSWER],
            "rejected": [ASKED, {"role": "assistant", "content": "No."}],
        },
        {
            "input": {"messages": [ASKED]},
            "preferred_output": [ANSWER],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        },
    ],
    ids=["texts", "sharegpt", "repeated", "prompt repeated", "openai"],
)
def test_every_layout_of_a_pair_says_the_same(pair: Record) -> None:
    assert converted(pair, "preference") == PAIR


@pytest.mark.parametrize("shape", ["messages", "sharegpt", "prompt"])
@pytest.mark.parametrize("record", [CHAT, TOOLS], ids=["chat", "tools"])
def test_a_conversation_comes_back_from_another_shape_as_it_was(record: Record, shape: str) -> None:
    back = read(converted(record, shape))
    assert converted_back(back) == record


def converted_back(conversation: Conversation) -> Record:
    return shape_named("messages").write(conversation)


@pytest.mark.parametrize(
    ("record", "shape", "message"),
    [
        (PAIR, "messages", "two answers"),
        (PAIR, "alpaca", "two answers"),
        (CHAT, "preference", "needs two"),
        (CHAT, "kto", "no label"),
        (TOOLS, "alpaca", "tools"),
        ({"messages": [ASKED, CALLING, TOLD, ANSWER]}, "alpaca", "turn 2 has tool_calls"),
        ({"messages": [ASKED, ASKED, ANSWER]}, "alpaca", "turn 2 is of 'user'"),
        ({"messages": [ASKED]}, "alpaca", "does not end with an answer"),
        ({"messages": [ASKED]}, "prompt", "does not end with an answer"),
        ({"messages": [SYSTEM, 5]}, "sharegpt", "turn 2 is neither text nor an object"),
    ],
)
def test_what_has_no_place_is_an_error_that_says_so(record: Record, shape: str, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        converted(record, shape)


A_CALL = {"name": "ferry", "arguments": {"to": "Rhea"}}


@pytest.mark.parametrize(
    ("record", "shape", "message"),
    [
        ({**CHAT, "conversations": []}, "sharegpt", "the record has a member 'conversations'"),
        ({**CHAT, "prompt": "Hi"}, "prompt", "the record has a member 'prompt'"),
        ({**CHAT, "output": "Hi"}, "alpaca", "the record has a member 'output'"),
        (
            {"chosen_messages": [ANSWER], "rejected_messages": [TOLD], "chosen": 0.9},
            "preference",
            "the record has a member 'chosen'",
        ),
        ({"messages": [ASKED, {**ANSWER, "value": 3}]}, "sharegpt", "turn 2 has a member 'value'"),
        ({"messages": [{**ASKED, "from": "gpt"}, ANSWER]}, "prompt", "turn 1 is of 'user' and of 'gpt'"),
        ({"messages": [{**ASKED, "role": 5}, ANSWER]}, "sharegpt", "turn 1 says who speaks with a value"),
        ({"messages": [ASKED, ANSWER], "system": False}, "sharegpt", "turn 1 is neither text"),
        ({"instruction": "a", "output": "b", "input": {"c": 1}}, "messages", "the input is no text"),
        ({"instruction": "a", "output": "b", "history": "c"}, "messages", "the history is no list of pairs"),
        ({"instruction": "a", "output": "b", "history": [["c", "d", "e"]]}, "messages", "no list of pairs"),
        ({"messages": [ASKED, {**ANSWER, "weight": 0}]}, "alpaca", "turn 2 has weight"),
        ({"messages": [ASKED, {**ANSWER, "seen": False}]}, "alpaca", "turn 2 has seen"),
        (
            {"messages": [ASKED, {**CALLING, "tool_calls": 5}]},
            "sharegpt",
            "turn 2 has tool_calls that are no",
        ),
        (
            {"messages": [ASKED, {**CALLING, "tool_calls": [5]}]},
            "sharegpt",
            "turn 2 holds a tool call without",
        ),
        (
            {"messages": [ASKED, {**CALLING, "tool_calls": [{"function": {**A_CALL, "strict": True}}]}]},
            "sharegpt",
            "turn 2 holds a tool call with strict",
        ),
        (
            {"conversations": [{"from": "function_call", "value": A_CALL, "tool_calls": [CALL, CALL]}]},
            "messages",
            "turn 1 has a member 'tool_calls'",
        ),
    ],
)
def test_a_member_that_would_be_lost_is_an_error_that_says_so(
    record: Record, shape: str, message: str
) -> None:
    with pytest.raises(ConversionError, match=message):
        converted(record, shape)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}, "a part with cache_control"),
        ({"type": "text", "text": "a", "value": "b"}, "a part with value"),
        ({"type": "thinking", "thinking": "a", "signature": "b"}, "a part with signature"),
        ({"type": "tool_call", "value": A_CALL, "id": "c1"}, "a part with id"),
    ],
)
def test_a_part_that_is_more_than_its_text_is_an_error_unless_all_is_to_be_clean(
    part: Any, message: str
) -> None:
    said = {"role": "assistant", "content": [part]}
    with pytest.raises(ConversionError, match=f"turn 1 holds {message}"):
        plain(said, 0)
    conversation = Conversation([said], chosen=[said], rejected=[said], rest={"id": 1})
    conversation.clean()
    assert conversation.rest == {}
    if part["type"] != "tool_call":
        for one in (conversation.messages, conversation.chosen, conversation.rejected):
            assert one is not None
            assert plain(one[0])


def test_reasoning_that_is_no_text_is_an_error() -> None:
    said = {"role": "assistant", "content": [{"type": "reasoning", "value": "a"}], "reasoning_content": 5}
    with pytest.raises(ConversionError, match="turn 1 has reasoning that is no text"):
        plain(said, 0)


@pytest.mark.parametrize("calls", [[A_CALL], [CALL], [{**CALL, "id": "c1"}, {**CALL, "id": "c2"}]])
def test_calls_in_either_spelling_keep_their_ids_on_the_way_there_and_back(calls: list[Any]) -> None:
    made = converted({"messages": [ASKED, {**CALLING, "tool_calls": calls}]}, "sharegpt")
    back = converted(made, "messages")["messages"][1]
    assert back == {**CALLING, "tool_calls": [call if "function" in call else CALL for call in calls]}


def test_a_call_keeps_the_order_of_what_else_it_has() -> None:
    value = json.dumps({**A_CALL, "id": 1, "at": 2, "by": 3, "zeal": 4})
    (message,) = converted({"conversations": [{"from": "function_call", "value": value}]}, "messages")[
        "messages"
    ]
    assert list(message["tool_calls"][0]) == ["type", "function", "id", "at", "by", "zeal"]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": 1e400}', "[0.12345678901234567890123]", "[NaN]"])
def test_json_text_that_says_more_than_can_be_kept_stays_a_text(text: str) -> None:
    assert decoded(text) == text
    assert converted({**CHAT, "tools": text}, "sharegpt")["tools"] == text


def test_json_text_is_read_where_all_of_it_is_kept() -> None:
    assert decoded('{"a": 1.50, "b": [0.1234567890123456]}') == {"a": 1.5, "b": [0.1234567890123456]}


def test_what_openai_has_beside_its_messages_is_kept() -> None:
    inside = {"messages": [ASKED], "tools": [{"name": "ferry"}], "parallel_tool_calls": True}
    pair = {"input": inside, "preferred_output": [ANSWER], "non_preferred_output": [TOLD]}
    made = converted(pair, "preference")
    assert (made["tools"], made["parallel_tool_calls"]) == ([{"name": "ferry"}], True)
    with pytest.raises(ConversionError, match="'tools'"):
        converted({**pair, "tools": [{"name": "raft"}]}, "preference")


def test_typed_parts_become_text_reasoning_and_calls() -> None:
    parts: list[Any] = [
        {"type": "reasoning", "value": "The ferry."},
        {"type": "text", "value": "Let me see."},
        {"type": "tool_call", "value": '{"name": "ferry", "arguments": "{\\"to\\": \\"Rhea\\"}"}'},
    ]
    assert plain({"role": "assistant", "content": parts}) == {
        "role": "assistant",
        "content": "Let me see.",
        "reasoning_content": "The ferry.",
        "tool_calls": [CALL],
    }


def test_an_image_is_no_text() -> None:
    with pytest.raises(ConversionError, match="turn 3 holds a part of type 'image_url'"):
        plain({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a.png"}}]}, 2)


@pytest.mark.parametrize(
    ("spelling", "role"),
    [("Human", "user"), ("usr", "user"), ("ChatBot", "assistant"), ("assitant", "assistant"), ("Mara", None)],
)
def test_other_spellings_of_a_role_are_known(spelling: str, role: str | None) -> None:
    assert training_role(spelling) == role


def test_speakers_with_names_get_roles_by_who_answers_whom() -> None:
    assert cast(["system", "Kai", "Mara", "Kai", "Mara"]) == {
        "system": "system",
        "Kai": "user",
        "Mara": "assistant",
    }
    assert cast(["Mara", "user", "Mara"]) == {"Mara": "assistant", "user": "user"}


def test_a_conversation_says_who_speaks_under_a_name() -> None:
    posts = [{"from": "human", "value": "Hi"}, {"from": "Mara", "value": "Hello."}]
    conversation = read({"conversations": posts})
    assert [message["role"] for message in conversation.messages] == ["user", "assistant"]
    assert conversation.speakers == [(1, "Mara")]
