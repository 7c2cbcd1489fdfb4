"""Reading rows from any Parquet file, a few hundred at a time.

A few bytes of a file can stand for any number of rows, items or copies of a text, and what its footer declares need
not be so. So texts of dictionaries are counted before they are copied, a row that would be too large is a reject, and
pyarrow may take only so much memory for a batch.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from rtstore.errors import InputError
from rtstore.formats.extras import needed_from
from rtstore.formats.parquet.fit import unfitted
from rtstore.formats.parquet.kinds import Kind
from rtstore.formats.parquet.memory import bounded_memory
from rtstore.formats.problems import MAX_RECORD

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: Rows that are decoded together, and the size in bytes above which they are taken one by one.
BATCH_ROWS: Final = 256
BATCH_SIZE: Final = 64 * 1024 * 1024
#: The addresses that pyarrow may take for one batch, beyond those that the process has. It sets aside a gigabyte at a
#: time, and uses little of it.
MAX_MEMORY: Final = 4 * 1024 * 1024 * 1024
#: Columns of a file, those inside of others counted too.
MAX_COLUMNS: Final = 2000

_HINT: Final = "check that it is a Parquet file and complete; write it again with the program it came from"


class Reject(NamedTuple):
    """A row that cannot be an entry: its number, from 1, and why."""

    row: int
    reason: str


def read_rows(source: IO[bytes], path: str) -> Iterator[dict[str, Any] | Reject]:
    """Yield the rows of a Parquet file in order, each as JSON can hold it.

    Lists and structs are lists and dicts. A struct's members that are null are left out; a column that is null is None,
    unless rtstore wrote the file. Dates and times are text as in ISO 8601, decimals are text, as they are exact.

    Raises:
        InputError: it is not a Parquet file, it is damaged, or it needs more memory than it may.
        MissingExtraError: pyarrow is not installed.
    """
    with needed_from("parquet", "reading Parquet"):
        import pyarrow as pa
    try:
        yield from _rows(source, path)
    except (pa.ArrowException, OSError, MemoryError, ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"not a Parquet file that can be read: {_first_line(error)}", path=path, hint=_HINT
        ) from error


def _rows(source: IO[bytes], path: str) -> Iterator[dict[str, Any] | Reject]:
    from rtstore.formats.parquet.schema import is_own, kinds_of

    file = _opened(source, path)
    kinds, own = kinds_of(file.schema_arrow), is_own(file.schema_arrow)
    number = 0
    for batch in _batches(file):
        for row in _decoded(batch):
            number += 1
            yield _finished(row, kinds, own, number)


def _batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file; no batch is of two row groups, as their dictionaries are not the same."""
    for group in range(file.num_row_groups):
        batches = file.iter_batches(batch_size=BATCH_ROWS, row_groups=[group], use_threads=False)
        while True:
            with bounded_memory(MAX_MEMORY):
                batch = next(batches, None)
            if batch is None:
                break
            yield batch


def _opened(source: IO[bytes], path: str) -> pq.ParquetFile:
    """Return the file, to be read with texts that are in dictionaries left there: each copy would be a text's size."""
    import pyarrow.parquet as pq

    with bounded_memory(MAX_MEMORY):
        first = pq.ParquetFile(source)
    if len(first.schema) > MAX_COLUMNS:
        problem = f"it has {len(first.schema):,} columns, and at most {MAX_COLUMNS:,} are read"
        raise InputError(problem, path=path, hint=_HINT)
    # Nothing else is asked of the footer: pyarrow ends the process when it is asked for a column of a damaged one.
    columns = map(first.schema.column, range(len(first.schema)))
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    source.seek(0)
    return pq.ParquetFile(source, read_dictionary=texts)


def _decoded(batch: pa.RecordBatch) -> Iterator[dict[str, Any] | str]:
    """Yield the rows of a batch; for one that cannot be had, why."""
    rows = _together(batch) if sum(map(_weight, batch.columns)) <= BATCH_SIZE else None
    if rows is not None:
        yield from rows
        return
    for at in range(batch.num_rows):
        yield _single(batch.slice(at, 1))


def _together(batch: pa.RecordBatch) -> list[dict[str, Any]] | None:
    """Return the rows of a batch, or None if one of them has bad text or a date that is none."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except (ValueError, OverflowError):
        return None
    return rows


def _single(batch: pa.RecordBatch) -> dict[str, Any] | str:
    weight = sum(map(_weight, batch.columns))
    if weight > MAX_RECORD:
        return f"the row has {weight:,} bytes, and at most {MAX_RECORD:,} are read"
    try:
        row: dict[str, Any] = batch.to_pylist()[0]
    except (ValueError, OverflowError) as error:
        return f"it cannot be decoded: {_first_line(error)}"
    return row


def _weight(array: Any) -> int:
    """Return about how many bytes of Python's values an array is, each text counted as often as it is there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        return 8 * len(array) + (pc.sum(lengths).as_py() or 0)
    if pa.types.is_struct(kind):
        return 8 * len(array) + sum(map(_weight, array.flatten()))
    if pa.types.is_map(kind):
        return 8 * len(array) + _weight(array.keys) + _weight(array.items)
    if pa.types.is_nested(kind):
        return 8 * len(array) + _weight(array.flatten())
    return 8 * len(array) + int(array.nbytes)


def _finished(
    row: dict[str, Any] | str, kinds: Mapping[str, Kind], own: bool, number: int
) -> dict[str, Any] | Reject:
    if isinstance(row, str):
        return Reject(number, row)
    try:
        return unfitted({name: _plain(value, name) for name, value in row.items()}, kinds, own)
    except InputError as error:
        return Reject(number, error.message)


def _plain(value: Any, name: str) -> Any:
    """Return a value as JSON can hold it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict):
        return {key: _plain(each, f"{name}.{key}") for key, each in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(each, tuple) for each in value):  # so pyarrow has a map
            return {str(key): _plain(each, name) for key, each in value}
        return [_plain(each, name) for each in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    return _of_bytes(value, name)


def _of_bytes(value: Any, name: str) -> str:
    if not isinstance(value, bytes):
        raise InputError(f"the column {name} holds what JSON cannot: {type(value).__name__}")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"the column {name} holds {len(value):,} bytes that are no text") from None


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
