"""Rows of CSV, TSV and Parquet become records: by the names of their columns, or by what the user says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_samples import Read, as_json, read, shaped_records, turns

from rtstore.errors import InputError


def rows(tmp_path: Path, text: str, encoding: str = "utf-8", kind: str = "csv", **columns: str) -> Read:
    return read(kind, tmp_path / "a", text.encode(encoding), columns=columns)


def parquet(tmp_path: Path, values: list[dict[str, Any]], **columns: str) -> Read:
    pq.write_table(pa.Table.from_pylist(values), tmp_path / "made")
    return read("parquet", tmp_path / "a", (tmp_path / "made").read_bytes(), columns=columns)


@pytest.mark.parametrize("user", ["prompt", "Instruction", "question", "User", "input", "query"])
@pytest.mark.parametrize("assistant", ["response", "output", "Answer", "assistant"])
def test_columns_are_known_by_their_names(user: str, assistant: str, tmp_path: Path) -> None:
    found = rows(tmp_path, f"System Prompt,{user},{assistant},level\nBe brief.,hi,hello,3\n,bye,ciao,\n")
    assert found.records == [
        {"messages": [{"role": "system", "content": "Be brief."}, *turns("hi", "hello")], "level": "3"},
        {"messages": turns("bye", "ciao"), "level": ""},
    ]


def test_two_answers_are_a_preference_pair(tmp_path: Path) -> None:
    assert rows(tmp_path, "prompt,chosen,rejected\nhi,hello,no\n").records == [
        {"prompt": "hi", "chosen": "hello", "rejected": "no"}
    ]
    assert rows(tmp_path, "question,chosen,rejected\nhi,hello,no\n").records == [
        {"prompt": "hi", "chosen": "hello", "rejected": "no"}
    ]


def test_an_input_follows_its_instruction(tmp_path: Path) -> None:
    assert rows(tmp_path, "instruction,input,output\nAdd.,1+1,2\n").said == [
        [("user", "Add.\n\n1+1"), ("assistant", "2")]
    ]


def test_a_cell_may_hold_a_conversation_as_json(tmp_path: Path) -> None:
    text = json.dumps(turns("hi", "hello")).replace('"', '""')
    found = rows(tmp_path, f'id,messages,tags\nx1,"{text}","Slow Burn; sea,night"\n')
    assert found.records == [
        {"id": "x1", "messages": turns("hi", "hello"), "tags": ["Slow Burn", "sea", "night"]}
    ]


def test_the_user_says_which_column_is_what(tmp_path: Path) -> None:
    found = rows(tmp_path, "a,b,c,d\nhi,hello,x,y\n", a="user", b="assistant", c="scene")
    assert found.records == [{"messages": turns("hi", "hello"), "scene": "x", "d": "y"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str, tmp_path: Path) -> None:
    text = (
        delimiter.join(("prompt", "response", "note"))
        + "\r\n"
        + delimiter.join(('"a, b; c"', '"d\ne ""f"""', ""))
        + "\r\n"
    )
    assert rows(tmp_path, text).records == [{"messages": turns("a, b; c", 'd\ne "f"'), "note": ""}]


def test_commas_in_text_do_not_hide_tabs(tmp_path: Path) -> None:
    text = "prompt\tresponse\none, two, three\tfour, five, six\n"
    for kind in ("csv", "tsv"):
        assert rows(tmp_path, text, kind=kind).records == [
            {"messages": turns("one, two, three", "four, five, six")}
        ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(encoding: str, tmp_path: Path) -> None:
    assert rows(tmp_path, "prompt,response\ngrüß,火\n", encoding).records == [
        {"messages": turns("grüß", "火")}
    ]


def test_a_row_that_is_no_utf_8_is_told_with_the_byte(tmp_path: Path) -> None:
    found = read("csv", tmp_path / "a", b"prompt,response\ncaf\xe9,x\nok,yes\n")
    assert (found.places, found.reasons) == (["line 2"], ["byte 0xe9 is not UTF-8 text"])
    assert found.records == [{"messages": turns("ok", "yes")}]
    with pytest.raises(InputError, match="0xfc is not UTF-8 text in the names of the columns"):
        read("csv", tmp_path / "a", b"pr\xfcfung,response\nx,y\n")


def test_rows_that_do_not_fit_the_header_are_told(tmp_path: Path) -> None:
    found = rows(tmp_path, "prompt,response\na\n\nb,c,d\n,\ne,f\n")
    assert list(zip(found.places, found.reasons, strict=True)) == [
        ("line 2", "it has 1 cells, and the header has 2"),
        ("line 4", "it has 3 cells, and the header has 2"),
        ("line 5", "nobody says anything in it"),
    ]
    assert found.records == [{"messages": turns("e", "f")}]


def test_bad_quotes_are_told_with_the_lines(tmp_path: Path) -> None:
    found = rows(tmp_path, 'prompt,response\n"a" b,c\nd,e\n"f,g\nh,i\n')
    assert (found.places, found.records) == (["line 2", "lines 4 to 5"], [{"messages": turns("d", "e")}])
    assert found.rejects[1].text == '"f,g'


def test_a_null_byte_and_a_large_cell_are_text(tmp_path: Path) -> None:
    large = "x" * 300_000
    assert rows(tmp_path, f"prompt,response\na\0b,{large}\n").records == [{"messages": turns("a\0b", large)}]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("", {}, "there is no row in it"),
        ("x,y\n1,2\n", {}, "no column holds what somebody says; the columns are 'x', 'y'"),
        ("prompt,Prompt\n1,2\n", {}, "several columns are called 'prompt'"),
        ("prompt,reply\n1,2\n", {"z": "user"}, "there is no column 'z'"),
    ],
)
def test_a_table_that_cannot_be_understood_is_an_error(
    text: str, columns: dict[str, str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        rows(tmp_path, text, **columns)
    assert caught.value.hint


def test_rows_of_parquet_in_a_shape_are_records(tmp_path: Path) -> None:
    for shape in ("messages", "alpaca", "preference", "prompt", "kto"):
        records = shaped_records()[shape]
        assert parquet(tmp_path, records).records == records


def test_columns_of_parquet_are_known_as_those_of_any_table(tmp_path: Path) -> None:
    values = [
        {"q": "hi", "answer": "hello", "level": 3, "when": None},
        {"q": "bye", "answer": None, "level": 4},
    ]
    found = parquet(tmp_path, values, q="user")
    assert found.said == [[("user", "hi"), ("assistant", "hello")], [("user", "bye")]]
    assert [record["level"] for record in found.records] == [3, 4]


def test_parquet_without_text_is_an_error_that_names_the_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column holds text; the columns are 'a', 'b'"):
        parquet(tmp_path, [{"a": 1, "b": [2.5]}])


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", as_json({"a": 1})])
def test_what_is_no_parquet_is_an_error(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Parquet"):
        read("parquet", tmp_path / "a", data)
