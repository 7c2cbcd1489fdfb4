"""Positions, decoding and comparison of JSON texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import InputError
from rtstore.model.jsontext import (
    MAX_DEPTH,
    Span,
    depth_exceeds,
    depth_exceeds_in_lines,
    elements,
    equal,
    loads,
    locate,
    members,
)

ODD = '{ "a" : [1.50, -0, 1E+2, NaN] ,"\\u0061":"\\ud800", "a": {"b":[ ]} , "n":' + "9" * 5000 + "}"
#: What JSON escapes, what it is made of, what takes one to four bytes of UTF-8, and a surrogate.
ALPHABET = 'ab01 \t\n"\\/{}[],:\x00\x7fé中😀\u2028\ud83d'
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(ALPHABET),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(ALPHABET), inner, max_size=4),
    max_leaves=15,
)
LAYOUTS = st.sampled_from(
    [{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": "\t"}, {"separators": (" ,  ", " :\t")}]
)


def nested(depth: int, opener: str = "[", closer: str = "]") -> str:
    return opener * depth + "1" + closer * depth


def test_members_are_found_in_order_with_their_spelling_and_duplicates() -> None:
    found = members(ODD)
    assert [member.key for member in found] == ["a", "a", "a", "n"]
    assert [member.spelled for member in found] == ['"a"', '"\\u0061"', '"a"', '"n"']
    assert ODD[found[1].start : found[1].end] == '"\\ud800"'
    assert ODD[found[3].start : found[3].end] == "9" * 5000
    assert all(ODD[member.key_start :].startswith(member.spelled) for member in found)


def test_elements_are_found_as_they_are_spelled() -> None:
    start = ODD.index("[")
    assert [ODD[a:b] for a, b in elements(ODD, start)] == ["1.50", "-0", "1E+2", "NaN"]


def test_empty_containers_have_no_items() -> None:
    assert members("{ \t}") == []
    assert elements("[\n ]") == []


@pytest.mark.parametrize(
    "text", ["", "[", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,}', '{"a" 1}', "{1:2}", '{"a', "{'a':1}"]
)
def test_text_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not JSON"):
        members(text)


@pytest.mark.parametrize("text", ["{}", "[1", "[1,]", "[1 2]", "[,]", "[x]"])
def test_text_that_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not JSON"):
        elements(text)


def test_of_members_of_the_same_name_the_last_is_located() -> None:
    span = locate('{"a": 1, "a": 2}', ("a",))
    assert span == Span(14, 15)


@pytest.mark.parametrize("path", [("x",), (0,), ("a", 2), ("a", -1), ("a", "b"), ("a", 0, "b")])
def test_what_is_not_there_is_not_located(path: tuple[str | int, ...]) -> None:
    assert locate('{"a": [1, 2]}', path) is None


@given(VALUES, LAYOUTS, st.booleans(), st.data())
def test_every_value_is_located_where_it_is(
    value: object, layout: dict[str, object], ascii_only: bool, data: st.DataObject
) -> None:
    text = " " + json.dumps(value, ensure_ascii=ascii_only, **layout) + "\r"  # type: ignore[arg-type]
    path: tuple[str | int, ...] = ()
    while isinstance(value, (dict, list)) and value and data.draw(st.booleans()):
        step = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        path, value = (*path, step), value[step]
    span = locate(text, path)
    assert span is not None
    assert json.dumps(json.loads(text[span.start : span.end])) == json.dumps(value)


@pytest.mark.parametrize(("opener", "closer", "step"), [("[", "]", 0), ('{"a":', "}", "a")])
def test_the_deepest_records_allowed_work(opener: str, closer: str, step: str | int) -> None:
    text = nested(MAX_DEPTH, opener, closer)
    spaced = text.replace("1", " 1 ")
    span = locate(text, (step,) * MAX_DEPTH)
    assert span is not None
    assert text[span.start : span.end] == "1"
    assert loads(text.encode()) == json.loads(text)
    assert equal(text.encode(), spaced.encode())
    assert not equal(text.encode(), spaced.replace("1", "2").encode())


def test_nesting_beyond_reason_is_an_error_and_no_crash() -> None:
    deep = nested(100_000)
    for attempt in (
        lambda: loads(deep.encode()),
        lambda: locate(deep, ()),
        lambda: equal(deep.encode(), b"1"),
    ):
        with pytest.raises(InputError, match="nested"):
            attempt()


def test_records_decode_with_what_strict_decoders_refuse() -> None:
    assert str(loads(b"[NaN, -Infinity, 1e999]")) == "[nan, -inf, inf]"
    assert loads(b'"\\ud800"') == "\ud800"
    assert str(loads(b"7" * 5000)) == "7" * 5000


@pytest.mark.parametrize("data", [b"", b"{", b"{'a': 1}", b'"\x01"', b'"\xff"', b"\xef\xbb\xbf{}", b"[1]]"])
def test_bytes_that_are_not_json_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        loads(data)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ('{"a": 1, "b": [2]}', '{"b":[2],"a":1}'),
        ('"\\u00e9\\/"', '"é/"'),
        ("[1.0, 1e2, -1.50, 0.0]", "[1.00, 1E+2, -1.5, 0e7]"),
        ("[100.0]", "[1.0e2]"),
        ("[NaN, -Infinity, null]", "[ NaN, -Infinity , null]"),
        ('{"a": 1, "a": 2, "b": 3}', '{"b": 3, "a": 1, "a": 2}'),
        ("-0", "0"),
        ("[1e9999]", "[10e9998]"),
    ],
)
def test_texts_that_differ_in_form_alone_are_equal(a: str, b: str) -> None:
    assert equal(a.encode(), b.encode())


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1", "1.0"),
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("1", '"1"'),
        ("[1, 2]", "[2, 1]"),
        ('{"a": 1, "a": 2}', '{"a": 2}'),
        ('{"a": 1, "a": 2}', '{"a": 2, "a": 1}'),
        ('{"a": null}', "{}"),
        ("Infinity", "-Infinity"),
        ("1.0", "-1.0"),
        ("0.1", "0.1000000000000000055511151231257827"),
        ("1e999", "1e1000"),
        ("9" * 5000, "9" * 4999 + "8"),
        ("1e" + "9" * 5000, "1e" + "9" * 4999 + "8"),
        ("{}", "[]"),
        ('"e\\u0301"', '"é"'),
    ],
)
def test_texts_that_differ_in_value_are_not_equal(a: str, b: str) -> None:
    assert not equal(a.encode(), b.encode())


@given(VALUES, LAYOUTS, LAYOUTS)
def test_layout_never_matters(value: object, one: dict[str, object], other: dict[str, object]) -> None:
    texts = [json.dumps(value, **layout).encode() for layout in (one, other)]  # type: ignore[arg-type]
    assert equal(*texts)


@given(VALUES, VALUES)
def test_values_are_equal_only_if_python_writes_them_the_same(a: object, b: object) -> None:
    x, y = json.dumps(a, sort_keys=True), json.dumps(b, sort_keys=True)
    assert equal(x.encode(), y.encode()) == (x.replace("-0.0", "0.0") == y.replace("-0.0", "0.0"))


@pytest.mark.parametrize(
    ("text", "limit", "exceeds"),
    [
        (b"[[1]]", 1, True),
        (b"[[1]]", 2, False),
        (b"[[],[],{},{}]", 2, False),
        (b'["[[[[", "\\"[[["]', 1, False),
        (b'["\\\\", [[1]]]', 2, True),
        (b'["unclosed [[[[', 1, False),
        (b"]]]][[", 1, False),
        (b"[[[[", 3, True),
    ],
)
def test_depth_counts_brackets_outside_strings(text: bytes, limit: int, exceeds: bool) -> None:
    assert depth_exceeds(text, limit) is exceeds


def test_the_depth_limit_is_exact() -> None:
    assert not depth_exceeds(nested(MAX_DEPTH).encode())
    assert depth_exceeds(nested(MAX_DEPTH + 1).encode())


@pytest.mark.parametrize("inside", ["", "{}", "[]", "0", '{"":{"":[[]]}}', "[" * 200 + "]" * 200])
@pytest.mark.parametrize(("opener", "closer"), [("[", "]"), ('{"":', "}"), ('[{"": [ ', "]}]")])
def test_a_line_that_is_too_deep_is_found_among_others(opener: str, closer: str, inside: str) -> None:
    usual = [b'{"messages": [{"role": "user", "content": "[[[[ {{{{"}]}'] * 100
    flat = [b'{"a": [' + b"[]," * 2_000 + b"[]]}", b'{"a": "' + b"[{" * 2_000 + b'"}']
    assert not depth_exceeds_in_lines(usual + flat)
    for levels in range(500 // len(closer) - 205, 520 // len(closer) + 3):
        line = ('{"":' + opener * levels + (inside or '""') + closer * levels + "}").encode()
        assert depth_exceeds_in_lines([*usual, line, *flat]) is depth_exceeds(line)
