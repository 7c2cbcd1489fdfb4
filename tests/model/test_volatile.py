"""Volatile values are cut out of a line and filled in again, quickly or by a scan, with the same result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import DamagedError, UsageError
from rtstore.model.volatile import Volatile

DEFAULT = Volatile(("_rolethread.validated_at", "_rolethread.version"))
LINE = (
    b'{"messages": [{"role": "user", "content": "hi"}], "_rolethread": {"version": "1.0.0", "native": true, '
    b'"validated_at": "2026-03-02T19:14:07Z", "entry_uuid": "5b0f"}}'
)


def round_trip(line: bytes, volatile: Volatile = DEFAULT) -> tuple[bytes, tuple[bytes, ...]]:
    record, values = volatile.cut(line)
    assert volatile.fill(record, values) == line
    return record, values


def test_the_values_are_cut_and_their_places_kept() -> None:
    record, values = round_trip(LINE)
    assert values == (b'"1.0.0"', b'"2026-03-02T19:14:07Z"')
    assert b'{"version": , "native": true, "validated_at": , "entry_uuid": "5b0f"}}' in record


def test_lines_that_differ_in_stamps_alone_are_one_record() -> None:
    later = LINE.replace(b"2026-03-02", b"2027-11-30").replace(b"1.0.0", b"2")
    assert DEFAULT.cut(later)[0] == DEFAULT.cut(LINE)[0]


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"messages": []}',
        b'{"_rolethread": null}',
        b'{"_rolethread": {"native": true}}',
        b'{"_rolethread": ["version", {"version": 1}]}',
        b'{"version": 1, "validated_at": 2}',
        b'{"meta": {"_rolethread": {"version": 1}}}',
        b'{"a": "\\"_rolethread\\": {\\"version\\": 1}}"}',
        b'{"_rolethread": {"versi\\u006fn": 1}}',
        b'{"_rolethre\\u0061d": {"version": 1}}',
        b'{"a\\"_rolethread": {"version": 1}}',
        b'{"_rolethread": {"a\\"version": 1}}',
        b'{"a": "_rolethread", "b": {"version": 1}}',
    ],
)
def test_a_line_without_volatile_values_is_returned_as_it_is(line: bytes) -> None:
    assert round_trip(line) == (line, ())


@pytest.mark.parametrize(
    ("line", "record", "values"),
    [
        (b'{"_rolethread":{"version":1}}', b'{"_rolethread":{"version":}}', (b"1",)),
        (b'{"_rolethread":{"version":"1" ,"x":2}}', b'{"_rolethread":{"version":,"x":2}}', (b'"1" ',)),
        (
            b' {"_rolethread" : { "version" :\t1.5e3 \t, "x":2 } } \r',
            b' {"_rolethread" : { "version" :\t, "x":2 } } \r',
            (b"1.5e3 \t",),
        ),
        (
            b'{"_rolethread": {"version": {"a": [1, "}"]} }, "z": 1}',
            b'{"_rolethread": {"version": }, "z": 1}',
            (b'{"a": [1, "}"]} ',),
        ),
        (
            b'{"_rolethread": {"version": 1, "version": "2"}, "_rolethread": {"version": NaN}}',
            b'{"_rolethread": {"version": , "version": }, "_rolethread": {"version": }}',
            (b"1", b'"2"', b"NaN"),
        ),
        (
            b'{"_rolethread": {"version": "\xc3\xa9\\"}, ", "a": "\xc3\xa9"}}',
            b'{"_rolethread": {"version": , "a": "\xc3\xa9"}}',
            (b'"\xc3\xa9\\"}, "',),
        ),
        (
            b'{"_rolethread": {"a": "version", "version": 1, "b": ": ,"}}',
            b'{"_rolethread": {"a": "version", "version": , "b": ": ,"}}',
            (b"1",),
        ),
        (
            b'{"m": {"_rolethread": {"version": 1}}, "_rolethread": {"version": 2}}',
            b'{"m": {"_rolethread": {"version": 1}}, "_rolethread": {"version": }}',
            (b"2",),
        ),
    ],
)
def test_cuts_take_the_value_and_the_space_behind_it(
    line: bytes, record: bytes, values: tuple[bytes, ...]
) -> None:
    assert round_trip(line) == (record, values)


@pytest.mark.parametrize(
    ("paths", "line", "record"),
    [
        (("a",), b'{"b": 1, "a": {"a": 2}}', b'{"b": 1, "a": }'),
        (("a", "a.b"), b'{"a": {"b": 2}}', b'{"a": }'),
        (("a.b", "a"), b'{"a": {"b": 2}}', b'{"a": }'),
        (("a.a",), b'{"a": {"a": 2}}', b'{"a": {"a": }}'),
        (("a.a",), b'{"a": {"b": 1}}', b'{"a": {"b": 1}}'),
        (("a.b.c", "d"), b'{"a": {"b": {"c": 1}}, "d": 2}', b'{"a": {"b": {"c": }}, "d": }'),
        (("\u00e9.\u4e2d",), '{"é": {"中": 1}}'.encode(), '{"é": {"中": }}'.encode()),
        (("a.b+",), b'{"a": {"bb": 1, "b+": 2}}', b'{"a": {"bb": 1, "b+": }}'),
        ((".",), b'{"": {"": 2}}', b'{"": {"": }}'),
        ((), b'{"a": 1}', b'{"a": 1}'),
    ],
)
def test_any_fields_of_objects_can_be_volatile(paths: tuple[str, ...], line: bytes, record: bytes) -> None:
    assert round_trip(line, Volatile(paths))[0] == record


@pytest.mark.parametrize("path", ['a"b', "a.\\", "a.\n", "a., b", ": ", "{", "\ud800"])
def test_names_that_could_be_mistaken_are_refused(path: str) -> None:
    with pytest.raises(UsageError, match="volatile field"):
        Volatile((path,))


@pytest.mark.parametrize("values", [(), (b"1",), (b"1", b"2", b"3")])
def test_a_wrong_number_of_values_is_damage(values: tuple[bytes, ...]) -> None:
    with pytest.raises(DamagedError, match="2 places"):
        DEFAULT.fill(DEFAULT.cut(LINE)[0], values)


def test_values_for_a_record_without_places_are_damage() -> None:
    for volatile in (DEFAULT, Volatile(())):
        with pytest.raises(DamagedError, match="0 places for 1"):
            volatile.fill(b'{"a": 1}', (b"1",))


NAMES = st.sampled_from(
    [
        '"_rolethread"',
        '"version"',
        '"validated_at"',
        '"x"',
        '"\\u0076ersion"',
        '"a\\"version"',
        '"a\\\\"',
        '"é"',
    ]
)
SPACES = st.sampled_from(["", "", "", " ", "\t ", "\n", "\r"])
#: What JSON escapes, what it is made of, what takes one to four bytes of UTF-8.
ALPHABET = 'ab01 \t\n"\\/{}[],:\x00\x7fé中😀\u2028'
TRICKS = st.sampled_from(['": ,"', '"version"', '"\\"version\\": ,"', '"_rolethread"', '"{}}"', '"\\\\"'])
ESCAPED, PLAIN = json.JSONEncoder().encode, json.JSONEncoder(ensure_ascii=False).encode
STRINGS = TRICKS | st.text(ALPHABET).map(ESCAPED) | st.text(ALPHABET).map(PLAIN)
LITERALS = st.sampled_from(["1", "-0", "1.50e+3", "NaN", "-Infinity", "true", "null"])


@st.composite
def objects(draw: st.DrawFn, values: st.SearchStrategy[str], most: int = 4) -> str:
    members = [
        draw(SPACES) + draw(NAMES) + draw(SPACES) + ":" + draw(SPACES) + draw(values) + draw(SPACES)
        for _ in range(draw(st.integers(0, most)))
    ]
    return "{" + (",".join(members) or draw(SPACES)) + "}"


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")


VALUES = st.recursive(STRINGS | LITERALS, lambda inner: objects(inner, 3) | arrays(inner), max_leaves=8)
FLAT = objects(STRINGS | LITERALS)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    body = draw(objects(VALUES, 3))
    if draw(st.booleans()):
        key = draw(SPACES) + '"_rolethread"' + draw(SPACES) + ":" + draw(SPACES)
        body = body[:-1] + ("," if body[1:-1].strip() else "") + key + draw(FLAT) + draw(SPACES) + "}"
    return (draw(SPACES) + body + draw(SPACES)).encode()


def describe(line: bytes) -> Any:
    return json.loads(line, object_pairs_hook=lambda pairs: pairs)


@given(lines())
def test_the_quick_way_and_the_scan_cut_alike(line: bytes) -> None:
    assert describe(line) is not None
    record, values = round_trip(line)
    assert (record, values) == DEFAULT._cut_anywhere(line)


@given(
    lines(),
    st.sets(st.sampled_from(["version", "x", "_rolethread.x", "x.version.x", "é", "é.é"]), max_size=4),
)
def test_filling_undoes_cutting_whatever_is_volatile(line: bytes, paths: set[str]) -> None:
    round_trip(line, Volatile(sorted(paths)))


@given(lines())
def test_filling_in_other_values_changes_those_alone(line: bytes) -> None:
    record, values = DEFAULT.cut(line)
    other = tuple(b'"other %d"' % index for index in range(len(values)))
    assert DEFAULT.cut(DEFAULT.fill(record, other)) == (record, other)


@given(lines())
def test_a_record_is_readable_with_null_for_what_was_cut(line: bytes) -> None:
    record, values = DEFAULT.cut(line)
    assert DEFAULT.readable(record) == DEFAULT.fill(record, (b"null",) * len(values))
