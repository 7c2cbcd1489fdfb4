"""``parquet``: a row is an entry, as it is where it has a shape; else its columns are known by their names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from rtstore.errors import InputError
from rtstore.formats.parquet.kinds import MARKS
from rtstore.formats.sources.base import Found, Options, Reject, Sample
from rtstore.formats.sources.lines import EXCERPT
from rtstore.formats.sources.records import item
from rtstore.formats.sources.table import Table, listing

_MAGIC: Final = b"PAR1"


class Parquet:
    """Parquet, through pyarrow: a few hundred rows at a time."""

    name = "parquet"
    title = "Parquet file"

    def recognises(self, sample: Sample) -> bool:
        return sample.head[:4] == _MAGIC or sample.suffix == ".parquet"

    def read(self, path: str, options: Options) -> Iterator[Found]:
        from rtstore.formats import parquet

        with open(path, "rb") as file:
            rows = parquet.read_rows(file, path)
            first = next(rows, None)  # what is wrong with the file as a whole is found here
            if first is None:
                return
            columns = _columns(path)
            table = Table(columns, options.columns, path, keeps_shapes=True)
            indexes = {name: index for index, name in enumerate(columns)}
            for number, row in enumerate(chain([first], rows), 1):
                if isinstance(row, parquet.Reject):
                    yield Reject(f"row {row.row}", row.reason)
                else:
                    values = {indexes[name]: value for name, value in row.items()}
                    yield _found(table, values, f"row {number}")


def _found(table: Table, values: dict[int, Any], place: str) -> Found:
    made = table.record(values)
    return (
        Reject(place, made, str(list(values.values()))[:EXCERPT])
        if isinstance(made, str)
        else item(made, place)
    )


def _columns(path: str) -> list[str]:
    """Return the names of the columns.

    Raises:
        InputError: none of them holds text, by itself or inside.
    """
    import pyarrow.parquet as pq

    with open(path, "rb") as file:
        found = pq.ParquetFile(file)
        names = list(found.schema_arrow.names)
        columns = [found.schema.column(index) for index in range(len(found.schema))]
    if not any(column.physical_type == "BYTE_ARRAY" for column in columns):
        raise InputError(
            f"no column holds text; the columns are {listing(names)}",
            path=path,
            hint="A dataset of conversations has text: check that it is this file that you mean.",
        )
    return [name for name in names if name != MARKS]
