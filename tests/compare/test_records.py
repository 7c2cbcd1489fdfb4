"""What differs between two versions of a record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import records

from rtstore.compare.difference import MISSING, FieldChange, TurnChange
from rtstore.compare.records import RecordDifference, record_difference
from rtstore.model.jsontext import equal

NOTHING = RecordDifference()
CALL = {"id": "1", "function": {"name": "tides", "arguments": '{"day": 1}'}}


def difference(old: Any, new: Any) -> RecordDifference:
    """Return how two records differ; a string is the text of one."""
    texts = (each if isinstance(each, str) else json.dumps(each) for each in (old, new))
    return record_difference(*(text.encode() for text in texts))


def fields(old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    found = difference(old, new)
    assert found.turns == ()
    return [(each.path, each.old, each.new) for each in found.fields]


def chat(*said: tuple[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in said], **more}


@given(records, records)
def test_nothing_differs_exactly_where_both_say_the_same(old: str, new: str) -> None:
    assert (difference(old, new) == NOTHING) == equal(old.encode(), new.encode())


@given(records)
def test_a_record_does_not_differ_from_itself(text: str) -> None:
    assert difference(text, text) == NOTHING


def test_words_of_a_turn_and_tags() -> None:
    old = chat(("user", "Well?"), ("assistant", "Aye."), tags=["draft"])
    new = chat(("user", "Well?"), ("assistant", "Aye, sir."), tags=["draft", "approved"])
    assert difference(old, new) == RecordDifference(
        (TurnChange("edited", 1, 1, "assistant", "Aye.", "Aye, sir."),),
        (FieldChange("tags", ["draft"], ["draft", "approved"]),),
    )


def test_turns_that_came_and_went() -> None:
    old = chat(("user", "One?"), ("assistant", "First."), ("user", "Two?"))
    new = chat(("user", "One?"), ("user", "Two?"), ("assistant", "Second."))
    assert difference(old, new).turns == (
        TurnChange("removed", 1, None, "assistant", "First.", None),
        TurnChange("added", None, 2, "assistant", None, "Second."),
    )


def test_a_turn_that_moved_and_one_that_moved_and_was_edited() -> None:
    long = "The sea is grey today and the light burns low over the harbour."
    old = chat(("assistant", long), ("user", "One?"), ("assistant", "First."), ("user", "Two?"))
    moved = chat(("user", "One?"), ("assistant", "First."), ("user", "Two?"), ("assistant", long))
    assert difference(old, moved).turns == (TurnChange("moved", 0, 3, "assistant", long, long),)
    edited = chat(("user", "One?"), ("assistant", "First."), ("user", "Two?"), ("assistant", long + " Aye."))
    assert difference(old, edited).turns == (TurnChange("edited", 0, 3, "assistant", long, long + " Aye."),)


def test_what_a_turn_has_besides_its_text_is_fields() -> None:
    old = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [CALL]}]}
    other = {**CALL, "function": {"name": "tides", "arguments": '{"day": 2}'}}
    new = {"messages": [{"role": "human", "content": "Hi"}, {"role": "assistant", "tool_calls": [other]}]}
    assert fields(old, new) == [
        ("messages[0].role", "user", "human"),
        ("messages[1].tool_calls[0].function.arguments", '{"day": 1}', '{"day": 2}'),
    ]


def test_parts_of_a_content_that_are_not_text_are_fields() -> None:
    def asked(text: str, url: str, **more: Any) -> dict[str, Any]:
        return chat(("user", [{"type": "text", "text": text, **more}, {"type": "image", "url": url}]))

    found = difference(asked("What is it?", "a.png", cache=1), asked("What is this?", "b.png"))
    assert [(each.old, each.new) for each in found.turns] == [("What is it?", "What is this?")]
    assert found.fields == (
        FieldChange("messages[0].content[0].cache", 1, MISSING),
        FieldChange("messages[0].content[1].url", "a.png", "b.png"),
    )


def test_texts_that_are_divided_otherwise_are_fields() -> None:
    def parts(*texts: str) -> dict[str, Any]:
        return chat(("user", [{"type": "text", "text": text} for text in texts]))

    assert [path for path, *_ in fields(parts("a", "b\nc"), parts("a\nb", "c"))] == [
        "messages[0].content[0].text",
        "messages[0].content[1].text",
    ]
    assert [path for path, *_ in fields(chat(("user", "a")), parts("a"))] == ["messages[0].content"]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ({"a": 1}, {"a": 1.0}, "a"),
        ({"a": 1}, {"a": True}, "a"),
        ({"a": None}, {"a": False}, "a"),
        ({"a": ""}, {"a": None}, "a"),
        ({"meta": {"x": {"y": 1}}}, {"meta": {"x": {"y": 2}}}, "meta.x.y"),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, "a"),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, "a[1].b"),
        ({"a": {"b": 1}}, {"a": [1]}, "a"),
        ('{"a": "\\ud800"}', '{"a": "\\ud801"}', "a"),
        ('{"a": NaN}', '{"a": Infinity}', "a"),
        ('{"a": 1}', '{"a": 1' + "0" * 5000 + "}", "a"),
    ],
)
def test_a_field_that_differs_is_named_by_its_path(old: Any, new: Any, path: str) -> None:
    assert [found for found, _, _ in fields(old, new)] == [path]


def test_a_field_only_one_version_has() -> None:
    assert fields({"a": 1}, {"b": None}) == [("a", 1, MISSING), ("b", MISSING, None)]


def test_items_taken_out_of_a_list_of_objects_are_gone_and_the_others_are_not_compared_by_place() -> None:
    old = {"tools": [{"name": name} for name in "abcd"]}
    assert fields(old, {"tools": [{"name": "a"}, {"name": "d"}]}) == [
        ("tools[1]", {"name": "b"}, MISSING),
        ("tools[2]", {"name": "c"}, MISSING),
    ]
    assert fields({"tools": [{"name": "a"}]}, {"tools": [{"name": "a"}, {"name": "b"}]}) == [
        ("tools[1]", MISSING, {"name": "b"})
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}'),
        ('{"a": "é"}', '{"a": "\\u00e9"}'),
        ('{"a": 0.10, "b": NaN}', '{"a": 1e-1, "b": NaN}'),
        ('{"messages": [{"role": "user", "content": "a"}]}', '{"messages":[{"content":"a","role":"user"}]}'),
    ],
)
def test_the_same_written_otherwise_is_no_difference(old: str, new: str) -> None:
    assert difference(old, new) == NOTHING


def test_what_decoders_do_not_tell_apart_is_shown_as_it_is_spelled() -> None:
    assert fields('{"a": {"x": 0.10000000000000000000001}}', '{"a": {"x": 0.1}}') == [
        ("a.x", "0.10000000000000000000001", "0.1")
    ]
    assert fields('{"x": {"a": 1, "a": 2}, "y": 1}', '{"x": {"a": 2}, "y": 1}') == [
        ("x", '{"a": 1, "a": 2}', '{"a": 2}')
    ]


def nested(depth: int, value: int) -> str:
    return f'{{"a": {"[" * depth}{value}{"]" * depth}, "b": {value}}}'


@pytest.mark.parametrize("depth", [150, 600])
def test_what_is_nested_very_deep_is_shown_as_it_is_spelled(depth: int) -> None:
    found = fields(nested(depth, 1), nested(depth, 2))
    assert found[-1] == ("b", "1", "2")
    assert found[0][0].startswith("a[0][0]")
    assert all(isinstance(value, str) for _, *values in found for value in values)


def test_what_is_nested_too_deep_for_anybody_is_shown_as_a_whole() -> None:
    old, new = nested(20_000, 1), nested(20_000, 2)
    assert fields(old, new) == [("", old, new)]


def test_turns_that_another_shape_holds_are_fields_and_their_words_turns() -> None:
    found = difference(
        {"instruction": "Hi", "output": "Aye."}, chat(("user", "Hi"), ("assistant", "Aye, sir."), tags=[])
    )
    assert [(turn.change, turn.old, turn.new) for turn in found.turns] == [("edited", "Aye.", "Aye, sir.")]
    assert [(field.path, field.old is MISSING, field.new is MISSING) for field in found.fields] == [
        ("instruction", False, True),
        ("messages[0]", True, False),
        ("output", False, True),
        ("messages[1]", True, False),
        ("tags", True, False),
    ]


def test_a_record_that_is_no_conversation_any_more() -> None:
    found = difference(chat(("user", "Hi")), {"messages": "gone", "note": 1})
    assert [turn.change for turn in found.turns] == ["removed"]
    assert found.fields == (FieldChange("messages", MISSING, "gone"), FieldChange("note", MISSING, 1))


def test_a_conversation_that_was_empty() -> None:
    assert [turn.change for turn in difference({"messages": []}, chat(("user", "Hi"))).turns] == ["added"]
    assert fields({"messages": []}, {}) == [("messages", [], MISSING)]


def test_an_answer_of_a_preference_pair() -> None:
    old = {"prompt": "Well?", "chosen": "Aye.", "rejected": "No.", "score": 1}
    found = difference(old, {**old, "rejected": "Never.", "score": 2})
    assert [(turn.old_index, turn.old, turn.new) for turn in found.turns] == [(2, "No.", "Never.")]
    assert [field.path for field in found.fields] == ["score"]


@given(st.lists(st.sampled_from(["u", "a"])), st.data())
def test_a_role_alone_is_a_field(roles: list[str], data: st.DataObject) -> None:
    old = chat(*((role, f"turn {at}") for at, role in enumerate(roles)))
    if roles:
        at = data.draw(st.integers(0, len(roles) - 1))
        new = json.loads(json.dumps(old))
        new["messages"][at]["role"] = "narrator"
        assert fields(old, new) == [(f"messages[{at}].role", roles[at], "narrator")]
