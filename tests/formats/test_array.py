"""Parsing arrays: exact elements, and exactly what is between them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from records import BOM, array_files

from rtstore.errors import InputError
from rtstore.formats.array import Elements, element_spans, parse_array
from rtstore.formats.jsonl import LineParser
from rtstore.model.objects import Settings

PARSER = LineParser(Settings("id", volatile=()), "a.json")


def together(found: Elements) -> bytes:
    batch = found.batch
    data = found.head
    for index, record in enumerate(batch.records):
        data += record
        if index + 1 < len(batch.records):
            data += batch.separators.get(index, found.separator)
    return data + found.tail


@given(array_files())
def test_an_array_put_together_is_the_file(data: bytes) -> None:
    found = parse_array(data, PARSER)
    assert together(found) == data
    assert [
        data[at : at + len(text)] for at, text in zip(found.offsets, found.batch.records, strict=True)
    ] == (found.batch.records)


@given(array_files())
def test_elements_are_those_that_json_finds(data: bytes) -> None:
    def loads(text: bytes) -> object:
        return json.loads(text.decode(), parse_int=str, parse_constant=str)

    text = data.removeprefix(BOM)
    spans = element_spans(data, "a.json")
    assert [loads(data[start:end]) for start, end in spans] == loads(text)


def test_the_separator_is_the_first_and_others_are_noted() -> None:
    found = parse_array(b'[{"a": 1} , {"a": 2},{"a": 3} , {"a": 4}]', PARSER)
    assert (found.separator, found.batch.separators) == (b" , ", {1: b","})
    assert parse_array(b'[{"a": 1}]', PARSER).separator == b",\n"


def test_white_space_around_elements_is_no_part_of_them() -> None:
    assert parse_array(b' [ \n {"a": [1, {}]}\t] \n', PARSER).batch.records == [b'{"a": [1, {}]}']


def test_one_odd_element_does_not_change_what_the_others_claim() -> None:
    plain = parse_array(b'[{"id": "x"}, {"id": 2}]', PARSER).batch.claims
    odd = parse_array(b'[{"id": "x"}, {"id": 2}, {"n": NaN}]', PARSER).batch.claims
    assert plain is not None
    assert odd is not None
    assert odd[:2] == plain


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[", b"[{}", b"[{},]", b"[{}]]", b"[{} {}]", b"[1]", b"null", b"[{}]x"]
)
def test_what_is_no_array_of_objects_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"a\.json:1"):
        parse_array(data, PARSER)


def test_nesting_without_end_is_refused() -> None:
    for data in (b"[" * 100_000, b"[" * 5000 + b"]" * 5000, b'[{"a":' * 2000):
        with pytest.raises(InputError):
            parse_array(data, PARSER)
