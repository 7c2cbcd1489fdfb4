"""Parsing lines: where records begin and end, what they claim, and what is between them."""

from __future__ import annotations

import json

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from records import jsonl_files, records

from rtstore.errors import InputError
from rtstore.formats.heads import NO_CLAIM
from rtstore.formats.jsonl import BOM, Batch, LineParser, usual_separator
from rtstore.model.ids import entry_id_of_value
from rtstore.model.objects import Settings

PLAIN = LineParser(Settings(volatile=()), "a.jsonl")


def together(batch: Batch, separator: bytes) -> bytes:
    """Return the text a batch was parsed from."""
    ends = (batch.separators.get(index, separator) for index in range(len(batch.records)))
    return batch.lead + b"".join(record + end for record, end in zip(batch.records, ends, strict=True))


@given(jsonl_files())
def test_a_batch_put_together_is_the_text(data: bytes) -> None:
    text = data.removeprefix(BOM)
    separator = usual_separator(text)
    batch = PLAIN.parse(text, 1, separator)
    assert together(batch, separator) == text
    assert batch.ids == [blake3(record).digest() for record in batch.records]
    assert batch.sizes == list(map(len, batch.records))
    assert all(isinstance(json.loads(record.decode(), parse_int=str), dict) for record in batch.records)


@given(st.lists(records, min_size=1), st.sampled_from([b"\n", b"\r\n"]))
def test_the_fast_path_and_the_careful_one_agree(texts: list[str], separator: bytes) -> None:
    parser = LineParser(Settings("id"), "a.jsonl")
    lines = b"".join(text.encode() + separator for text in texts)
    careful = parser.parse(lines + b'{"n": NaN}\n', 1, separator)
    fast = parser.parse(lines, 1, separator)
    assert fast.records == careful.records[:-1]
    assert fast.claims == (careful.claims or [])[:-1]
    assert fast.sizes == careful.sizes[:-1]
    no_stamps: list[tuple[bytes, ...]] = [()] * len(texts)
    assert (fast.stamps or no_stamps) == (careful.stamps or [*no_stamps, ()])[:-1]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        (b"", b"\n"),
        (b"{}", b"\n"),
        (b"{}\n", b"\n"),
        (b"{}\r\n{}\n", b"\r\n"),
        (b"\r\n \r\n{}\n{}\r\n", b"\n"),
        (b"\r\n\r\n", b"\n"),
        (b"{}\r", b"\n"),
        (b"{}\r\r\n{}\n", b"\r\n"),
    ],
)
def test_the_usual_separator_is_that_of_the_first_record(text: bytes, separator: bytes) -> None:
    assert usual_separator(text) == separator


def test_only_a_line_feed_ends_a_line() -> None:
    text = '{"a": "\u2028\u2029\u0085"}\r{"b": 1}'.encode()
    with pytest.raises(InputError, match="extra data"):
        PLAIN.parse(text, 1, b"\n")
    whole = '{"a": "\u2028\u2029\u0085",\r"b": 1}\n'.encode()
    assert PLAIN.parse(whole, 1, b"\n").records == [whole[:-1]]


def test_carriage_returns_at_the_end_of_a_line_are_no_part_of_the_record() -> None:
    batch = PLAIN.parse(b'{"a": 1}\r\r\n{"b": 2}\r\n{"c": 3}\r', 1, b"\r\n")
    assert batch.records == [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}']
    assert batch.separators == {0: b"\r\r\n", 2: b"\r"}


def test_an_incomplete_last_line_is_left_out_before_the_end() -> None:
    assert PLAIN.parse(b'{"a": 1}\n{"b"', 1, b"\n", at_end=False).records == [b'{"a": 1}']
    assert PLAIN.parse(b'{"a": 1}\r\n{"b": 2}\r', 1, b"\r\n", at_end=False).records == [b'{"a": 1}']


def test_blank_lines_belong_to_the_record_before() -> None:
    batch = PLAIN.parse(b"\n{}\n \n\t\r\n{}\n\n", 1, b"\n")
    assert (batch.lead, batch.separators) == (b"\n", {0: b"\n \n\t\r\n", 1: b"\n\n"})


def test_claims_are_what_the_id_field_says() -> None:
    parser = LineParser(Settings("meta.nr"), "a.jsonl")
    batch = parser.parse(b'{"meta": {"nr": "x"}}\n{"meta": 1}\n{"meta": {"nr": 7}}\n{}\n', 1, b"\n")
    assert batch.claims == [entry_id_of_value("x"), NO_CLAIM, entry_id_of_value(7), NO_CLAIM]
    assert PLAIN.parse(b"{}\n", 1, b"\n").claims is None


def test_stamps_are_cut_out() -> None:
    parser = LineParser(Settings(), "a.jsonl")
    batch = parser.parse(b'{"a": 1}\n{"_rolethread": {"version": "2", "x": 1}}\n', 1, b"\n")
    assert batch.records == [b'{"a": 1}', b'{"_rolethread": {"version": , "x": 1}}']
    assert batch.stamps == [(), (b'"2"',)]
    assert batch.sizes[1] == len(b'{"_rolethread": {"version": "2", "x": 1}}')


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"])
@pytest.mark.parametrize("where", [b'{"skipped": "%s"}\n', b'{"id": "%s"}\n', b'{"%s": 1}\n', b"%s\n"])
def test_bad_utf8_is_found_wherever_it_is(bad: bytes, where: bytes) -> None:
    parser = LineParser(Settings("id"), "a.jsonl")
    with pytest.raises(InputError, match="UTF-8") as caught:
        parser.parse(b'{"a": "\xc3\xa9"}\n' + where % bad, 1, b"\n")
    assert caught.value.line == 2


def test_utf8_that_only_two_lines_together_make_is_bad() -> None:
    with pytest.raises(InputError, match="UTF-8"):
        PLAIN.parse(b'{"a": "\xc3\n\xa9"}\n', 1, b"\n")
