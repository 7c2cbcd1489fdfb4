"""Edits of a JSON text leave the rest of it as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtstore.errors import UsageError
from rtstore.model.jsonedit import Style, delete_value, dotted, insert_value, replace, set_value, style
from rtstore.model.jsontext import MAX_DEPTH, elements, loads, locate, members

ODD = '{"n": 1.50, "s": "\\ud800\\/", "n": 1E+2, "x": NaN ,  "m":[ {"c" : "old"} ]}'
INDENTED = '{\n    "a": [\n      1,\n      2\n    ],\n    "b": {"x": 1}\n  }'
#: What JSON escapes, what it is made of, what takes one to four bytes of UTF-8, and a surrogate.
ALPHABET = 'ab01 \t\n"\\/{}[],:\x00\x7fé中😀\u2028\ud83d'
SCALARS = st.none() | st.booleans() | st.integers() | st.text(ALPHABET)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(ALPHABET), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.text(ALPHABET, max_size=3), VALUES, max_size=4)
LAYOUTS = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t"}])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": 2}', Style(", ", ": ")),
        ('{"a":1,"b":2}', Style(",", ":")),
        ('{"a":1}', Style(",", ":")),
        ("{}", Style()),
        ('{"a, b:c": "d:e,f"}', Style()),
        ('{"a": "\\u00e9"}', Style(ascii=True)),
        ('{"a": "\\\\u00e9"}', Style()),
        ('{"a": "\\u001f"}', Style()),
        ('{"a": "\\u00e9é"}', Style()),
        ('{\n  "a": 1\n}', Style(indent="  ")),
        ('{\r\n\t"a": 1\r\n}', Style(indent="\t", newline="\r\n")),
        (INDENTED, Style(indent="  ")),
    ],
)
def test_the_style_of_a_text_is_found(text: str, expected: Style) -> None:
    assert style(text) == expected


def test_a_value_is_set_and_the_rest_is_kept_byte_for_byte() -> None:
    assert set_value(ODD, ("m", 0, "c"), "é") == ODD.replace('"old"', '"é"')
    assert set_value(ODD, ("x",), 7) == ODD.replace("NaN", "7")


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ('{"a":1}', ("a",), [1, {"b": 2}], '{"a":[1,{"b":2}]}'),
        ('{"a": 1}', ("a",), [1, {"b": 2}], '{"a": [1, {"b": 2}]}'),
        ('{"a": "\\u00e9"}', ("a",), "ü", '{"a": "\\u00fc"}'),
        ('{"a": 1}', ("b",), 2, '{"a": 1, "b": 2}'),
        ('{"a" :1 ,  "b" :2}', ("c",), 3, '{"a" :1 ,  "b" :2 ,  "c" :3}'),
        ("{}", ("b",), 2, '{"b": 2}'),
        ('{"a": 1, "a": 2}', ("a",), 3, '{"a": 1, "a": 3}'),
        ('{\n  "a": 1\n}', ("a",), {"b": 2}, '{\n  "a": {\n    "b": 2\n  }\n}'),
        ('{\n  "a": {}\n}', ("a", "b"), [], '{\n  "a": {\n    "b": []\n  }\n}'),
        (INDENTED, ("b",), {"x": 2}, INDENTED.replace('"x": 1', '"x": 2')),
        ('{"a": 1}', ("a",), "\ud800", '{"a": "\\ud800"}'),
        ('{"a": 1}', (), [2], "[2]"),
    ],
)
def test_what_is_set_looks_like_its_surroundings(
    text: str, path: tuple[str | int, ...], value: Any, expected: str
) -> None:
    assert set_value(text, path, value) == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("a", 0), 0, INDENTED.replace("1,", "0,\n      1,")),
        (("a", 2), 3, INDENTED.replace("2\n", "2,\n      3\n")),
        (("c",), [4], INDENTED.replace("1}", '1},\n    "c": [\n      4\n    ]')),
        (("b", "y"), [2], INDENTED.replace("1}", '1, "y": [2]}')),
    ],
)
def test_what_is_inserted_is_spaced_like_its_neighbours(
    path: tuple[str | int, ...], value: Any, expected: str
) -> None:
    assert insert_value(INDENTED, path, value) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ('{"a": 1, "b": 2 ,"c": 3}', ("a",), '{"b": 2 ,"c": 3}'),
        ('{"a": 1, "b": 2 ,"c": 3}', ("b",), '{"a": 1, "c": 3}'),
        ('{"a": 1, "b": 2 ,"c": 3}', ("c",), '{"a": 1, "b": 2}'),
        ('{"a": [ 1 ]}', ("a", 0), '{"a": []}'),
        ('{"a": 1, "b": 2, "\\u0061": 3}', ("a",), '{"b": 2}'),
        (INDENTED, ("a", 1), INDENTED.replace(",\n      2", "")),
    ],
)
def test_a_value_is_deleted_with_its_separator(text: str, path: tuple[str | int, ...], expected: str) -> None:
    assert delete_value(text, path) == expected


@pytest.mark.parametrize("path", [("z", "y"), ("a", 5), ("a", "b"), (0,), ("b", 0)])
def test_places_that_are_not_there_are_refused(path: tuple[str | int, ...]) -> None:
    for attempt in (
        lambda: set_value(INDENTED, path, 1),
        lambda: insert_value(INDENTED, path, 1),
        lambda: delete_value(INDENTED, path),
    ):
        with pytest.raises(UsageError, match="no place"):
            attempt()


def test_a_member_that_is_there_is_not_inserted_again() -> None:
    with pytest.raises(UsageError, match=r"a value at b\.x already"):
        insert_value(INDENTED, ("b", "x"), 1)


@pytest.mark.parametrize("value", [{1, 2}, object(), {("a", "b"): 1}])
def test_values_that_json_does_not_have_are_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="cannot be written as JSON"):
        set_value('{"a": 1}', ("a",), value)


def test_edits_are_applied_in_any_order_and_may_not_overlap() -> None:
    assert replace("abcdef", [(4, 5, "E"), (0, 1, "AA"), (2, 2, "-")]) == "AAb-cdEf"
    with pytest.raises(UsageError, match="overlap"):
        replace("abc", [(0, 2, "x"), (1, 3, "y")])


def test_paths_are_written_as_people_do() -> None:
    assert dotted(("messages", 2, "content")) == "messages[2].content"


def test_the_deepest_records_can_be_edited() -> None:
    for opener, closer, step, new in (("[", "]", 0, 1), ('{"a":', "}", "a", "b")):
        text = opener * MAX_DEPTH + "1" + closer * MAX_DEPTH
        path = (step,) * MAX_DEPTH
        assert set_value(text, path, 2) == text.replace("1", "2")
        assert locate(insert_value(text, (*path[:-1], new), 5), (*path[:-1], new)) is not None
        assert "1" not in delete_value(text, path)


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: list[Any] = list(value) if isinstance(value, dict) else []
    steps = list(range(len(value))) if isinstance(value, list) else steps
    return [path, *(below for step in steps for below in paths_of(value[step], (*path, step)))]


@given(RECORDS, VALUES, LAYOUTS, st.booleans(), st.data())
def test_setting_changes_one_value_and_no_other_text(
    record: dict[str, Any], value: Any, layout: dict[str, Any], ascii_only: bool, data: st.DataObject
) -> None:
    text = json.dumps(record, ensure_ascii=ascii_only, **layout)
    path = data.draw(st.sampled_from(paths_of(record)))
    span = locate(text, path)
    assert span is not None
    edited = set_value(text, path, value)
    after = locate(edited, path)
    assert after is not None
    assert json.loads(edited[after.start : after.end]) == value
    assert (edited[: after.start], edited[after.end :]) == (text[: span.start], text[span.end :])


@given(RECORDS, VALUES, LAYOUTS, st.data())
def test_deleting_what_was_inserted_gives_back_the_text(
    record: dict[str, Any], value: Any, layout: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(record, **layout)
    parent = data.draw(st.sampled_from([path for path in paths_of(record) if is_container(text, path)]))
    span = locate(text, parent)
    assert span is not None
    step: str | int = "new"
    if text[span.start] == "[":
        step = data.draw(st.integers(0, len(elements(text, span.start))))
    else:
        assume("new" not in [member.key for member in members(text, span.start)])
    edited = insert_value(text, (*parent, step), value)
    placed = locate(edited, (*parent, step))
    assert placed is not None
    assert json.loads(edited[placed.start : placed.end]) == value
    assert delete_value(edited, (*parent, step)) == text


@given(RECORDS, VALUES, LAYOUTS)
def test_what_is_written_looks_as_if_python_had_written_all(
    record: dict[str, Any], value: Any, layout: dict[str, Any]
) -> None:
    whole = {"a": 1, "b": [2], **record, "z": value}
    text = json.dumps({**whole, "z": None}, ensure_ascii=True, **layout)
    assume(style(text).ascii)
    assert set_value(text, ("z",), value) == json.dumps(whole, ensure_ascii=True, **layout)
    assert loads(text.encode())


def is_container(text: str, path: tuple[str | int, ...]) -> bool:
    span = locate(text, path)
    return span is not None and text[span.start] in "[{"
