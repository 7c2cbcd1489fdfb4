"""Parquet files that others wrote, well or with ill intent."""

from __future__ import annotations

import datetime
import random
import subprocess
import sys
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rtstore.errors import InputError
from rtstore.formats.parquet import Reject, read_rows, reader


def file_of(table: pa.Table, **options: Any) -> BytesIO:
    target = BytesIO()
    pq.write_table(table, target, **options)
    target.seek(0)
    return target


def read(source: BytesIO) -> list[Any]:
    return list(read_rows(source, "train.parquet"))


def column(values: Any, kind: pa.DataType | None = None) -> list[Any]:
    return read(file_of(pa.table({"v": pa.array(values, kind)})))


def test_nulls_in_structs_are_left_out_and_null_columns_are_null() -> None:
    rows = [{"messages": [{"role": "user", "name": None}, {"role": None, "name": "Mara"}], "system": None}]
    assert read(file_of(pa.Table.from_pylist(rows))) == [
        {"messages": [{"role": "user"}, {"name": "Mara"}], "system": None}
    ]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([datetime.datetime(2026, 3, 7, 9, 5)], pa.timestamp("us"), "2026-03-07T09:05:00"),
        ([datetime.datetime(2026, 3, 7, 9, 5)], pa.timestamp("ms", "UTC"), "2026-03-07T09:05:00+00:00"),
        ([datetime.date(2026, 3, 7)], pa.date32(), "2026-03-07"),
        ([datetime.time(9, 5)], pa.time64("us"), "09:05:00"),
        ([Decimal("1.50")], pa.decimal128(5, 2), "1.50"),
        (["a long text", "a"], pa.large_string(), "a long text"),
        ([b"text"], pa.binary(), "text"),
        (["a"], pa.dictionary(pa.int8(), pa.string()), "a"),
        ([[("a", 1), ("b", None)]], pa.map_(pa.string(), pa.int64()), {"a": 1, "b": None}),
        ([[1, 2]], pa.list_(pa.int8(), 2), [1, 2]),
        ([2**63], pa.uint64(), 2**63),
    ],
)
def test_values_are_such_as_json_has(values: Any, kind: pa.DataType, expected: Any) -> None:
    assert column(values, kind)[0] == {"v": expected}


def test_what_json_cannot_hold_is_a_reject_with_its_reason() -> None:
    assert column([b"a", b"\xff\x00", b"b"]) == [
        {"v": "a"},
        Reject(2, "the column v holds 2 bytes that are no text"),
        {"v": "b"},
    ]
    assert column([datetime.timedelta(1)]) == [Reject(1, "the column v holds what JSON cannot: timedelta")]


def test_so_is_text_that_is_none() -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"a\xff")]
    )
    first, second = column(bad)
    assert first == {"v": "a"}
    assert isinstance(second, Reject)
    assert second.reason.startswith("it cannot be decoded")


def test_a_row_that_is_too_large_is_a_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "BATCH_SIZE", 1000)
    monkeypatch.setattr(reader, "MAX_RECORD", 5000)
    small, large = column(["a" * 4000, "b" * 6000])
    assert small == {"v": "a" * 4000}
    assert large == Reject(2, "the row has 6,008 bytes, and at most 5,000 are read")


@pytest.mark.parametrize("own_schema", [True, False])
def test_few_bytes_that_stand_for_many_texts_fill_no_memory(own_schema: bool) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 1_000_000]))
    table = pa.table({"messages": pa.ListArray.from_arrays(pa.array([0, 100_000], pa.int32()), texts)})
    bomb = file_of(table, compression="zstd", store_schema=own_schema)
    assert len(bomb.getvalue()) < 1000
    (found,) = read(bomb)
    assert isinstance(found, Reject)
    assert "bytes, and at most 67,108,864 are read" in found.reason


def many_nothings(count: int) -> BytesIO:
    """Return a file of one row, a list of so many nulls; it has some hundred bytes."""
    nothing = pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), pa.nulls(count, pa.string()))
    made = file_of(pa.table({"messages": nothing}), compression="zstd")
    assert len(made.getvalue()) < 1000
    return made


def test_nor_do_few_that_stand_for_many_items() -> None:
    (found,) = read(many_nothings(10_000_000))
    assert isinstance(found, Reject)


#: Reads a file with little memory; in a process of its own, since memory that was used before is had again for nothing.
FRUGAL = """
import sys
from rtstore.errors import InputError
from rtstore.formats.parquet import read_rows, reader

reader.MAX_MEMORY = 128 * 1024 * 1024
with open(sys.argv[1], "rb") as file:
    try:
        print(len(list(read_rows(file, "train.parquet"))))
    except InputError as error:
        print(error)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory can be bounded on Linux only")
def test_memory_that_a_file_needs_is_bounded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.parquet"
    bomb.write_bytes(many_nothings(20_000_000).getvalue())
    done = subprocess.run(
        [sys.executable, "-c", FRUGAL, str(bomb)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("train.parquet: not a Parquet file that can be read")


def test_the_number_of_columns_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_COLUMNS", 1)
    with pytest.raises(InputError, match="2 columns, and at most 1 are read") as error:
        read(file_of(pa.table({"a": ["one", "two"], "b": [1, 2]})))
    assert error.value.hint


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1", b'{"a": 1}\n' * 9])
def test_what_is_no_parquet_file_is_an_error(data: bytes) -> None:
    with pytest.raises(InputError, match=r"train\.parquet: not a Parquet file that can be read") as error:
        read(BytesIO(data))
    assert error.value.hint


def test_a_damaged_file_is_an_error_or_is_read() -> None:
    rows = [{"messages": [{"role": "user", "content": str(at)}], "n": at} for at in range(40)]
    whole = file_of(pa.Table.from_pylist(rows)).getvalue()
    chance = random.Random(8)
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read(BytesIO(data[: chance.randrange(len(data)) if chance.random() < 0.3 else None]))
        except InputError:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    "marks",
    ["[", "7", '{"null": [["b", 0]]}', '{"json": [["a"]]}', '{"null": [[]]}', '{"json": [["a", "b"]]}'],
)
def test_marks_that_name_nothing_are_a_reject(marks: str) -> None:
    table = pa.table({"a": ["["], "_rtstore": [marks]}).replace_schema_metadata({"rtstore": "rows"})
    (found,) = read(file_of(table))
    assert isinstance(found, Reject)
