"""Columns as pyarrow has them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rtstore.formats.parquet.kinds import MARKS, Kind

if TYPE_CHECKING:
    import pyarrow as pa

#: The metadata by which a file, and a field of JSON text, says what it is.
KEY: Final = b"rtstore"
_JSON: Final = b"json"
_ROWS: Final = b"rows"


def arrow_schema(columns: Mapping[str, Kind], marked: bool) -> pa.Schema:
    """Return the schema of a file with these columns, and with that of marks if rows are ``marked``."""
    import pyarrow as pa

    fields = [_field(name, kind) for name, kind in columns.items()]
    if marked:
        fields.append(pa.field(MARKS, pa.string()))
    return pa.schema(fields, metadata={KEY: _ROWS})


def is_own(schema: pa.Schema) -> bool:
    """Tell whether rtstore wrote a file of this schema."""
    return (schema.metadata or {}).get(KEY) == _ROWS


def kinds_of(schema: pa.Schema) -> dict[str, Kind]:
    """Return what the columns of a file hold, as far as it matters for reading them."""
    return {field.name: _kind(field) for field in schema}


def _field(name: str, kind: Kind) -> pa.Field:
    import pyarrow as pa

    return pa.field(name, _type(kind), metadata={KEY: _JSON} if kind.name == "json" else None)


def _type(kind: Kind) -> pa.DataType:
    import pyarrow as pa

    if kind.name == "list":
        return pa.list_(_field("element", kind.items or Kind()))
    if kind.name == "struct":
        return pa.struct([_field(name, each) for name, each in kind.members.items()])
    plain = {"flag": pa.bool_, "whole": pa.int64, "number": pa.float64}
    return plain.get(kind.name, pa.string)()


def _kind(field: pa.Field) -> Kind:
    import pyarrow as pa

    kind = field.type
    if (field.metadata or {}).get(KEY) == _JSON:
        return Kind("json")
    if pa.types.is_map(kind):
        return Kind("text")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return Kind("list", _kind(kind.value_field))
    if pa.types.is_struct(kind):
        return Kind(
            "struct", None, {kind.field(at).name: _kind(kind.field(at)) for at in range(kind.num_fields)}
        )
    return Kind("text")
