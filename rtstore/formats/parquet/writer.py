"""Writing rows to a Parquet file, some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, Final

from rtstore.errors import InputError
from rtstore.formats.extras import needed_from
from rtstore.formats.parquet.fit import fitted
from rtstore.formats.parquet.kinds import MARKS, Kind

if TYPE_CHECKING:
    import pyarrow as pa

#: The rows of one row group, and the characters of text after which it is closed earlier.
GROUP_ROWS: Final = 8192
GROUP_TEXT: Final = 16 * 1024 * 1024
_LEVEL: Final = 3


def write_rows(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, Kind], target: IO[bytes], *, marked: bool = True
) -> int:
    """Write rows whose columns were found, and return how many.

    One row group is in memory at a time. The bytes depend on the rows, the columns and the version of pyarrow alone.
    ``marked`` False leaves the column of marks out: for rows that need none, or a file that is only trained on.

    Raises:
        InputError: the columns are those of other rows, or a text cannot be written.
        MissingExtraError: pyarrow is not installed.
    """
    with needed_from("parquet", "writing Parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    from rtstore.formats.parquet.schema import arrow_schema

    if not columns:
        raise InputError("there is nothing to write: no row has a member")
    schema = arrow_schema(columns, marked)
    count = 0
    with pq.ParquetWriter(
        target, schema, compression="zstd", compression_level=_LEVEL, version="2.6"
    ) as writer:
        for group in _groups(rows, columns, marked):
            try:
                table = pa.Table.from_pylist(group, schema=schema)
            except (UnicodeEncodeError, pa.ArrowInvalid) as error:
                raise _unwritable(group, schema, count) from error
            writer.write_table(table, row_group_size=len(group))
            count += len(group)
    return count


def _groups(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, Kind], marked: bool
) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    text = 0
    for row in rows:
        made = fitted(row, columns)
        if not marked:
            made.pop(MARKS, None)
        group.append(made)
        text += _weight(made)
        if len(group) >= GROUP_ROWS or text >= GROUP_TEXT:
            yield group
            group, text = [], 0
    if group:
        yield group


def _weight(value: Any) -> int:
    """Return the characters of text in a value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_weight, value.values()))
    return sum(map(_weight, value)) if isinstance(value, list) else 0


def _unwritable(group: list[dict[str, Any]], schema: pa.Schema, before: int) -> InputError:
    """Return what is wrong with the first row of a group that cannot be written."""
    import pyarrow as pa

    for number, row in enumerate(group, before + 1):
        try:
            pa.Table.from_pylist([row], schema=schema)
        except (UnicodeEncodeError, pa.ArrowInvalid) as error:
            half = isinstance(error, UnicodeEncodeError)
            reason = "a text has half of a character (a lone surrogate), which no Parquet file can hold"
            return InputError(
                f"row {number}: {reason if half else error}", hint="correct the entry, or leave it out"
            )
    return InputError(f"rows from {before + 1} on are too large to be written together")
