"""Reading no more of a record than its identity needs."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import records

from rtstore.errors import UsageError
from rtstore.formats.heads import NO_CLAIM, HeadDecoder, claim_of, detect_id_field
from rtstore.model.ids import entry_id_of_value
from rtstore.model.objects import Settings

UUID = "01234567-89ab-cdef-0123-456789abcdef"


@given(records, st.sampled_from(["id", "_rolethread.version", "a", "messages.content"]))
def test_the_typed_decoder_finds_what_a_whole_decoding_finds(text: str, field: str) -> None:
    decoder = HeadDecoder(Settings(field))
    try:
        head = decoder.decode(text.encode())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # it is stricter than JSON as programs write it; then a whole decoding decides anyway
    whole = msgspec.json.decode(text.encode())
    assert decoder.claims([head]) == [decoder.claim_in(whole)]


@pytest.mark.parametrize("field", ['a"id', "a\\id", "a\nid", "a.b\x00", "\ud800id"])
def test_a_field_that_cannot_be_looked_for_is_no_id_field(field: str) -> None:
    assert detect_id_field([{field: f"x{number}"} for number in range(9)]) is None
    for settings in (Settings(field), Settings(None, ("a", field))):
        with pytest.raises(UsageError, match="can have this name"):
            HeadDecoder(settings)


@pytest.mark.parametrize("value", [None, True, False, "", 1.5, [], {}, ["x"], {"a": 1}])
def test_values_that_cannot_name_anything_claim_nothing(value: object) -> None:
    assert claim_of(value) == NO_CLAIM


def test_values_of_different_types_are_different_ids() -> None:
    values = [1, "1", 10**30, "x", UUID, UUID + "0", -1, "\ud800"]
    assert len({claim_of(value) for value in values}) == len(values)
    assert NO_CLAIM not in map(claim_of, values)


@pytest.mark.parametrize("spelling", [UUID, UUID.upper(), UUID.replace("-", "")])
def test_a_uuid_in_its_usual_spellings_is_one_id(spelling: str) -> None:
    assert entry_id_of_value(spelling).hex() == UUID.replace("-", "")


def test_one_value_has_one_id_alone_and_among_others() -> None:
    decoder = HeadDecoder(Settings("id"))
    values = [UUID, "short", "x" * 32, "x" * 36, 7, "\ud800", "é"]
    heads = [decoder.decode(json.dumps({"id": value}).encode()) for value in values if value != "\ud800"]
    alone = [claim_of(value) for value in values if value != "\ud800"]
    assert decoder.claims(heads) == alone
    for head, id in zip(heads, alone, strict=True):
        assert decoder.claims([head]) == [id]


@pytest.mark.parametrize(
    "line", [b"[]", b'"x"', b"1", b"null", b"", b"{", b'{"id": }', b'{"a": NaN}', b'{"a": "\\ud800"}']
)
def test_what_it_does_not_like_it_refuses(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        HeadDecoder(Settings("id")).decode(line)


def test_volatile_values_are_noticed() -> None:
    decoder = HeadDecoder(Settings())
    without = decoder.decode(b'{"messages": [], "validated_at": 1}')
    with_one = decoder.decode(b'{"_rolethread": {"version": null}}')
    assert not decoder.may_be_volatile([without])
    assert decoder.may_be_volatile([without, with_one])


@pytest.mark.parametrize(
    "fields", [("id", ("id",)), ("a.b", ("a",)), ("a", ("a.b",)), ("a.b", ("a.b.c", "a"))]
)
def test_an_id_field_may_be_near_a_volatile_one(fields: tuple[str, tuple[str, ...]]) -> None:
    decoder = HeadDecoder(Settings(*fields))
    for line in (b"{}", b'{"a": {"c": 1}}', b'{"id": 5}'):
        assert decoder.claims([decoder.decode(line)]) == [decoder.claim_in(msgspec.json.decode(line))]


@pytest.mark.parametrize(
    ("records", "field"),
    [
        ([{"id": f"k{n}"} for n in range(5)], "id"),
        ([{"key": f"k{n}", "id": n} for n in range(5)], "key"),
        ([{"id": n} for n in range(5)], None),
        ([{"id": f"{n}"} for n in range(5)], None),
        ([{"id": 10**n} for n in range(9)], "id"),
        ([{"id": f"k{n % 3}"} for n in range(5)], None),
        ([{"id": "k"}, {}], None),
        ([{"id": "k"}, "no object"], "id"),
        ([{"name": f"k{n}"} for n in range(5)], None),
        (
            [{"_rolethread": {"entry_uuid": "x"}}, {"_rolethread": {"entry_uuid": "y"}}, {}],
            "_rolethread.entry_uuid",
        ),
        ([], None),
    ],
)
def test_an_id_field_is_in_every_record_and_different_in_each(
    records: list[object], field: str | None
) -> None:
    assert detect_id_field(records) == field
