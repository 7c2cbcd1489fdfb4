"""Rows through a Parquet file and back, and as others read it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import InputError
from rtstore.formats.parquet import Kind, KindFinder, read_rows, write_rows, writer

Row = dict[str, Any]

PLAIN: list[Row] = [
    {
        "messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi 灯"}],
        "tags": ["a", "b"],
    },
    {"messages": [{"role": "user", "content": ""}], "tags": []},
]
RAGGED: list[Row] = [
    {
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Look"}, {"type": "image", "image": "a.png"}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "1", "function": {"name": "tide", "arguments": {"day": 5, "at": [None, {}]}}}
                ],
            },
            {"role": "tool", "content": "six", "tool_call_id": "1"},
        ],
        "tools": [{"name": "tide"}],
        "rating": 4,
    },
    {
        "messages": [{"role": "user", "content": "Hello", "name": "Mara"}],
        "rating": None,
        "source": {"page": 1},
    },
    {"rating": 4.5, "source": {}},
    {"source": "a book", "huge": 2**80, "list": [1, "two", None, [3]]},
]


def file_of(rows: list[Row]) -> BytesIO:
    finder = KindFinder().add_all(rows)
    target = BytesIO()
    assert write_rows(rows, finder.columns, target, marked=finder.marked) == len(rows)
    target.seek(0)
    return target


def through(rows: list[Row]) -> list[Any]:
    return list(read_rows(file_of(rows), "train.parquet"))


@pytest.mark.parametrize("rows", [PLAIN, RAGGED, RAGGED[::-1]], ids=["plain", "ragged", "reversed"])
def test_what_is_written_is_read(rows: list[Row]) -> None:
    assert through(rows) == rows


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "arguments", ""]), inner)
    ),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, min_size=1), min_size=1, max_size=6))
def test_any_rows_come_back(rows: list[Row]) -> None:
    assert through(rows) == rows


def test_a_list_of_messages_is_a_list_of_structs_for_everybody() -> None:
    schema = pq.ParquetFile(file_of(PLAIN)).schema_arrow
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    assert schema.field("messages").type == pa.list_(pa.field("element", message))
    assert schema.field("tags").type == pa.list_(pa.field("element", pa.string()))
    assert schema.names == ["messages", "tags"]


def test_pyarrow_and_polars_read_the_same_rows() -> None:
    assert pq.read_table(file_of(PLAIN)).to_pylist() == PLAIN
    assert polars.read_parquet(file_of(PLAIN)).to_dicts() == PLAIN


def test_a_content_that_is_text_stays_so_where_others_are_lists() -> None:
    messages = pq.read_table(file_of(RAGGED)).to_pylist()[0]["messages"]
    assert messages[2]["content"] == "six"
    assert messages[0]["content"] == '[{"type":"text","text":"Look"},{"type":"image","image":"a.png"}]'


def test_polars_reads_ragged_rows_too() -> None:
    assert [row["rating"] for row in polars.read_parquet(file_of(RAGGED)).to_dicts()] == [
        4.0,
        None,
        4.5,
        None,
    ]


def test_arguments_are_json_text_whatever_members_they_have() -> None:
    rows = [{"arguments": {f"name{at}": at}} for at in range(200)]
    assert pq.ParquetFile(file_of(rows)).schema_arrow.field("arguments").type == pa.string()
    assert through(rows) == rows


def test_so_is_an_object_with_more_members_than_columns_should_have() -> None:
    rows = [{"scores": {f"name{at}": at}} for at in range(65)]
    assert KindFinder().add_all(rows[:64]).columns["scores"].name == "struct"
    assert KindFinder().add_all(rows).columns["scores"].name == "json"
    assert through(rows) == rows


def test_the_kinds_do_not_depend_on_the_order_of_rows() -> None:
    one, other = KindFinder().add_all(RAGGED).columns, KindFinder().add_all(RAGGED[::-1]).columns
    assert one == other


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None], "null"),
        ([True, None], "flag"),
        ([1, 2], "whole"),
        ([2**60, 1], "whole"),
        ([1, 0.5], "number"),
        ([2**60, 0.5], "text"),
        ([2**64], "text"),
        ([True, 1], "text"),
        (["a", 1], "text"),
        ([{}], "json"),
        ([[1], {"a": 1}], "json"),
        ([[1], "a", {"a": 1}], "text"),
    ],
)
def test_a_column_has_the_kind_of_all_of_its_values(values: list[Any], kind: str) -> None:
    rows = [{"v": value} for value in values]
    assert KindFinder().add_all(rows).columns["v"].name == kind
    assert through(rows) == rows


def test_row_groups_are_small_and_their_number_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "GROUP_ROWS", 3)
    monkeypatch.setattr(writer, "GROUP_TEXT", 40)
    rows = [{"text": f"{at} " * (at % 7), "again": "same"} for at in range(50)]
    assert pq.ParquetFile(file_of(rows)).num_row_groups > 50 / 3
    assert through(rows) == rows


def test_the_same_rows_are_the_same_bytes() -> None:
    assert file_of(RAGGED).getvalue() == file_of(RAGGED).getvalue()


@pytest.mark.parametrize("name", ["", "_rtstore", "a.b", "a\nb"])
def test_a_member_that_cannot_be_a_column_is_an_error(name: str) -> None:
    with pytest.raises(InputError, match="row 2 has a member named"):
        KindFinder().add_all([{"a": 1}, {name: 1}])


def test_half_of_a_character_is_an_error_that_names_the_row() -> None:
    with pytest.raises(InputError, match="row 2: a text has half of a character"):
        file_of([{"text": "a"}, {"text": "\ud83d"}])


@pytest.mark.parametrize("row", [{"b": 1}, {"a": "x"}, {"a": 2.5}])
def test_rows_whose_columns_are_others_are_an_error(row: Row) -> None:
    with pytest.raises(InputError, match="the rows are not those whose columns were found"):
        write_rows([row], {"a": Kind("whole")}, BytesIO())


def test_no_columns_are_an_error() -> None:
    with pytest.raises(InputError, match="nothing to write"):
        write_rows([{}], {}, BytesIO())
