"""What a refused line is told to be, and where."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import InputError
from rtstore.formats import problems
from rtstore.formats.problems import explain, utf8_problem, warnings_of
from rtstore.model.jsontext import MAX_DEPTH


def explained(line: bytes) -> InputError:
    found = explain(line, "train.jsonl", 7)
    assert isinstance(found, InputError)
    assert (found.path, found.line) == ("train.jsonl", 7)
    assert found.hint
    return found


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b' {"a": 1}\r',
        b'{"a": [NaN, Infinity, -Infinity, 1e999]}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a": 1, "a": 2}',
        b'{"a":' * (MAX_DEPTH - 1) + b"{}" + b"}" * (MAX_DEPTH - 1),
        '{"é": "日本"}'.encode(),
    ],
)
def test_a_record_is_no_problem(line: bytes) -> None:
    assert explain(line, "train.jsonl", 1) is None


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b'{"a": 1', 8),
        (b"{'a': 1}", 2),
        (b'{"a": 1}{"b": 2}', 9),
        (b'{"a": 1,}', 9),
        ('{"é": x}'.encode(), 8),
        (b'{"a": "\x01"}', 8),
        (b"", 1),
        (b'{"a": 01}', 8),
    ],
)
def test_the_place_of_a_syntax_error_is_told_in_bytes(line: bytes, column: int) -> None:
    found = explained(line)
    assert found.column == column
    assert "not JSON (" in found.message or "not JSON (" in str(found)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"[1]", "an array"),
        (b'"x"', "a string"),
        (b" true", "true or false"),
        (b"null", "null"),
        (b"3", "a number"),
        (b"-1.5e3", "a number"),
        (b"NaN", "a number"),
    ],
)
def test_what_is_not_an_object_is_named(line: bytes, kind: str) -> None:
    assert f"must be a JSON object, and this is {kind}" in str(explained(line))


def test_the_start_of_the_line_is_shown_shortened_and_harmless() -> None:
    message = str(explained(b'{"a": "\x1b[31m' + b"x" * 1000))
    assert message.endswith('{"a": "\\x1b[31m' + "x" * 25 + "...")


def test_text_in_another_encoding_is_located() -> None:
    found = explained(b'{"a": "caf\xe9"}')
    assert found.column == 11
    assert "byte 0xe9 is not UTF-8" in str(found)


@pytest.mark.parametrize(
    "line", ['{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-16-le"), '{"a": "é"}'.encode("utf-16-be")]
)
def test_utf_16_is_recognised(line: bytes) -> None:
    assert "looks like UTF-16" in (explained(line).hint or "")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"{}{}", "a line of its own"),
        (b"{", "must be named .json"),
        (b"[\r", "must be named .json"),
        (b'{"a"}', "correct the line"),
    ],
)
def test_advice_fits_the_mistake(line: bytes, advice: str) -> None:
    assert advice in (explained(line).hint or "")


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"a":' * 600 + b"1" + b"}" * 600])
def test_nesting_beyond_reason_is_refused(line: bytes) -> None:
    assert "nested more than 512 levels deep" in str(explained(line))


def test_a_record_beyond_reason_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "MAX_RECORD", 100)
    assert explain(b'{"a": "' + b"x" * 91 + b'"}', "train.jsonl", 1) is None
    assert "101 bytes" in str(explained(b'{"a": "' + b"x" * 92 + b'"}'))


def test_places_in_a_record_of_several_lines_count_them() -> None:
    found = explain(b'{\n  "a": 1,\n  "b": x\n}', "train.json", 10)
    assert found is not None
    assert str(found).startswith("train.json:12:8: not JSON")


def test_bad_utf_8_is_found_in_a_chunk_of_lines() -> None:
    found = utf8_problem("{}\n[é]\n".encode() + b"ab\xff\n", "train.jsonl", 100)
    assert str(found).startswith("train.jsonl:102:3: byte 0xff is not UTF-8")


def test_bad_utf_8_is_not_made_up() -> None:
    with pytest.raises(ValueError, match="is UTF-8"):
        utf8_problem(b"fine", "train.jsonl", 1)


@pytest.mark.parametrize("data", [b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x80"])
def test_every_kind_of_bad_utf_8_is_seen(data: bytes) -> None:
    assert utf8_problem(b'{"' + data, "train.jsonl", 1).column == 3


def test_numbers_outside_the_standard_are_noted() -> None:
    assert warnings_of(b'{"a": "NaN", "b": "\\"Infinity"}') is None
    assert (warnings_of(b'{"a": [NaN, 1, -Infinity, NaN]}') or "").startswith("-Infinity, NaN: kept")


@given(st.binary(max_size=30) | st.text('a1 "\\{}[],:\té中😀', max_size=30).map(str.encode))
def test_any_line_is_a_record_or_a_problem(line: bytes) -> None:
    try:
        is_record = isinstance(json.loads(line.decode("utf-8")), dict)
    except ValueError:
        is_record = False
    assert (explain(line, "train.jsonl", 1) is None) is is_record
