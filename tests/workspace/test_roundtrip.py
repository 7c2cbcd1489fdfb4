"""Law 1: committing a file and restoring that commit gives the same bytes."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import BOM, array_files, jsonl_files
from workspaces import NAME, Desk, lines, new_desk, talk

ARRAY = "sets/mara.json"


def check_round_trip(desk: Desk, data: bytes, name: str, mode: int = 0o640) -> None:
    """Commit a file, lose it, restore it; look at it in every other way there is."""
    desk.write(data, name, mode)
    desk.store.add([desk.path(name)])
    assert desk.tracked_dataset(name) == desk.seen_afresh(name)
    desk.store.commit("a version", "Ann <a@b.c>", allow_empty=True)
    assert desk.store.status().clean
    assert desk.exported(name=name) == data
    entries = list(desk.store["HEAD"][name])
    assert all(entry.text in data for entry in entries)
    desk.delete(name)
    desk.store.restore([name])
    assert (desk.read(name), desk.mode(name)) == (data, mode)
    desk.drop_cache()
    assert desk.store.status().clean


@given(jsonl_files())
def test_any_jsonl_file_comes_back_byte_for_byte(data: bytes) -> None:
    with new_desk() as desk:
        check_round_trip(desk, data, NAME)


@given(array_files())
def test_any_array_comes_back_byte_for_byte(data: bytes) -> None:
    with new_desk() as desk:
        check_round_trip(desk, data, ARRAY)


def check_there_and_back(a: bytes, b: bytes, name: str) -> None:
    with new_desk() as desk:
        first = desk.commit_file(a, name).hex()
        second = desk.commit_file(b, name).hex()
        assert desk.exported(first, name) == a
        desk.store.restore([name], source=first)
        assert desk.read(name) == a
        assert desk.tracked_dataset(name) == desk.seen_afresh(name)
        desk.store.undo()
        assert desk.read(name) == b
        desk.store.switch(first, detach=True)
        assert desk.read(name) == a
        desk.store.switch("main")
        assert desk.read(name) == b
        desk.store.changes(first, second)


@given(jsonl_files(), jsonl_files())
def test_one_jsonl_file_after_another_leaves_both_as_they_were(a: bytes, b: bytes) -> None:
    check_there_and_back(a, b, NAME)


@given(array_files(), array_files())
def test_one_array_after_another_leaves_both_as_they_were(a: bytes, b: bytes) -> None:
    check_there_and_back(a, b, ARRAY)


@pytest.mark.slow
@settings(max_examples=700)
@given(st.one_of(jsonl_files(most=30), array_files(most=20)), st.booleans())
def test_files_of_all_kinds_come_back_byte_for_byte(data: bytes, executable: bool) -> None:
    name = ARRAY if data.removeprefix(BOM).lstrip().startswith(b"[") else NAME
    with new_desk() as desk:
        check_round_trip(desk, data, name, 0o755 if executable else 0o600)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(BOM, id="only a BOM"),
        pytest.param(b"\n \r\n\n", id="only blank lines"),
        pytest.param(b"  \t", id="only white space"),
        pytest.param(b'{"a": 1}', id="no final newline"),
        pytest.param(BOM + b'{"a": 1}\r\n{"b": 2}', id="a BOM and CRLF"),
        pytest.param(b'{"a": 1}\r\n{"b": 2}\n{"c": 3}\r\n', id="mixed endings"),
        pytest.param(b'{"a": 1}\r\r\n{"b": 2}\r', id="stray carriage returns"),
        pytest.param(b'\n\n{"a": 1}\n\n\n{"b": 2}\n\n', id="blank lines"),
        pytest.param(
            '{"a": "x\u2028y\u0085z\x0c"}\n'.replace("\x0c", "\\f").encode(), id="U+2028 in a string"
        ),
        pytest.param(b'{"a": "\\ud800", "b": "\\udfff\\ud83d"}\n', id="lone surrogate escapes"),
        pytest.param(b'{"a": NaN, "b": [Infinity, -Infinity]}\n', id="NaN and infinities"),
        pytest.param(b'{"a": 1' + b"0" * 5000 + b', "b": 1E999, "c": -0, "d": 1.10}\n', id="huge numbers"),
        pytest.param(b'{"id": "x", "id": "y", "a": 1, "a": 2}\n', id="duplicate keys"),
        pytest.param(b'{"a": ' * 500 + b"1" + b"}" * 500 + b"\n", id="deep nesting"),
        pytest.param(b'{"a": 1}\n' * 300, id="equal records"),
        pytest.param(b'{"id": "\\ud800"}\n{"id": "\\ud801"}\n', id="ids that are lone surrogates"),
    ],
)
def test_odd_jsonl_files_come_back_byte_for_byte(desk: Desk, data: bytes) -> None:
    check_round_trip(desk, data, NAME)


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b" [ \n ] \n",
        BOM + b"[]\n",
        b'[{"a":1}]',
        b'[{"a":1},{"a":2}]\n',
        b'[\n{"a":1},\n{"a":2}\n]',
        b'[\n  {\n    "a": [1, [2, {"b": []}]]\n  },\n  {\n    "a": 2\n  }\n]\n',
        b'[{"a":1} ,\n\n{"a":2},\t{"a":3}\r\n]\r\n',
        b'[{"a": "],[{", "b": "\\"]"}, {"a": NaN}, {"c": "\\ud800"}]',
        BOM + b'[{"a": NaN},\n {"a": "\xc3\xa9"}]',
    ],
)
def test_odd_arrays_come_back_byte_for_byte(desk: Desk, data: bytes) -> None:
    check_round_trip(desk, data, ARRAY)


def test_a_dump_of_json_in_every_layout_comes_back(desk: Desk) -> None:
    records = [talk(number, "Nested: [1, {2}]") for number in range(30)]
    for number, options in enumerate(
        (
            {},
            {"indent": 2},
            {"indent": "\t"},
            {"separators": (",", ":")},
            {"ensure_ascii": False, "indent": 0},
        )
    ):
        check_round_trip(desk, json.dumps(records, **options).encode(), f"layout{number}.json")  # type: ignore[arg-type]


def test_records_of_10_mb_come_back_byte_for_byte(desk: Desk) -> None:
    chance = random.Random(1)
    big = [{"id": f"k{i}", "text": chance.randbytes(5 << 20).hex(), "more": "é" * 1000} for i in range(2)]
    data = lines(*big, {"id": "small"}, ending="\r\n")
    check_round_trip(desk, data, NAME)
    assert desk.tracked_dataset().framing.separator == b"\r\n"
    assert desk.tracked_dataset().settings.id_field == "id"
    check_round_trip(desk, json.dumps(big, indent=1).encode(), ARRAY)


def test_a_changed_record_of_10_mb_is_an_edit_of_its_entry(desk: Desk) -> None:
    text = random.Random(2).randbytes(5 << 20).hex()
    desk.commit_file(lines({"text": text}, talk(1)))
    before = desk.ids()
    desk.commit_file(lines({"text": text + " and the end"}, talk(1)))
    assert desk.ids() == before


def test_bits_of_a_mode_that_are_no_permissions_are_left_out(desk: Desk) -> None:
    desk.write(lines(talk(1)), mode=0o4755)
    desk.store.add([desk.path()])
    desk.commit()
    assert desk.dataset().framing.mode == 0o755
    assert desk.change().clean


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755, 0o444])
def test_the_mode_of_a_file_comes_back(desk: Desk, mode: int) -> None:
    desk.write(lines(talk(1)), mode=mode)
    desk.store.add([desk.path()])
    first = desk.commit().id.hex()
    desk.write(lines(talk(1)), mode=0o640)
    assert desk.change().framing_changed
    desk.commit()
    desk.store.restore([NAME], source=first)
    assert desk.mode() == mode
