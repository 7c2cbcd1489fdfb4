"""Which kind a file is of is found by its content first, and by its name where that says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_samples import as_json, as_lines, good_samples, kind_of, sample, shaped_records, turns

from rtstore.errors import UsageError
from rtstore.formats.sources.base import Sample
from rtstore.formats.sources.registry import SOURCES, source_named, source_names

GOOD = good_samples()


@pytest.mark.parametrize("name", GOOD)
def test_a_file_is_recognised(name: str) -> None:
    kind, file, data = GOOD[name]
    assert kind_of(file, data) == kind


@pytest.mark.parametrize("name", GOOD)
def test_a_byte_order_mark_or_a_long_file_makes_no_difference(name: str) -> None:
    kind, file, data = GOOD[name]
    if data[:1] in b"[{<":
        assert kind_of(file, b"\xef\xbb\xbf" + data) == kind
    assert kind_of(file, data + b" " * 100_000) == kind


@pytest.mark.parametrize("shape", shaped_records())
def test_records_of_datasets_are_those_of_a_dataset_file(shape: str) -> None:
    records = shaped_records()[shape]
    assert kind_of("a.jsonl", as_lines(*records)) == "jsonl"
    for indent in (None, 2):
        assert kind_of("a.json", as_json(records, indent)) == "json"
        assert kind_of("a.json", as_json(records[0], indent)) == "json"


def test_what_a_conversation_is_about_does_not_make_it_another_kind() -> None:
    about = (
        '{"type": "tool_use"} "mapping": {"sessionId" <|im_start|> gen_ai.input.messages "chat_messages": ['
    )
    records = [{"messages": turns(about, about), "type": "user", "name": "x", "title": "mapping"}] * 3
    assert kind_of("a.jsonl", as_lines(*records)) == "jsonl"
    assert kind_of("a.json", as_json(records)) == "json"


def test_a_first_line_longer_than_what_is_looked_at_is_no_harm() -> None:
    long = as_lines({"messages": turns("x" * 200_000, "y")}, {"messages": turns("a", "b")})
    assert kind_of("a.jsonl", long) == "jsonl"
    assert kind_of("a.txt", long) == "jsonl"


def test_a_damaged_first_line_leaves_a_file_of_lines_what_it_is() -> None:
    data = b'{"messages": [}\n' + as_lines(*shaped_records()["messages"])
    assert {kind_of(name, data) for name in ("a.jsonl", "a.txt", "-")} == {"jsonl"}


def test_what_nobody_knows_is_of_no_kind() -> None:
    assert kind_of("notes.md", b"# Notes\nnothing here, nor there\n") is None
    assert kind_of("empty", b"") is None


@given(st.binary(max_size=300) | st.sampled_from([data for _, _, data in GOOD.values()]), st.data())
def test_looking_at_a_file_never_fails(data: bytes, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, len(data)))
    name = draw.draw(st.sampled_from(["a.json", "a.jsonl", "a.csv", "a", "\udcff.png", ""]))
    for head in (data[:cut], data[cut:]):
        for source in SOURCES:
            assert source.recognises(Sample(name, len(data), head)) in (True, False)
        assert source_named("json").recognises(sample("a.json", head))


def test_a_kind_has_a_name_of_its_own_and_a_title() -> None:
    assert len({*source_names()}) == len(source_names())
    assert all(source_named(name).title for name in source_names())
    with pytest.raises(UsageError, match="there is no kind of file 'docx'") as caught:
        source_named("docx")
    assert "sillytavern" in (caught.value.hint or "")
