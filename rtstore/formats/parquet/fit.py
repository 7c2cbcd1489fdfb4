"""A row as its columns hold it, and back; what the columns cannot tell is marked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rtstore.errors import InputError
from rtstore.formats.parquet.kinds import EXACT, MARKS, Kind

_Path = tuple[str | int, ...]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_WRONG: Final = "the rows are not those whose columns were found"


class _Marks:
    """What a row's columns cannot tell."""

    def __init__(self) -> None:
        self.null: list[_Path] = []
        self.json: list[_Path] = []

    def text(self) -> str | None:
        """Return them as they are written."""
        marks = {name: paths for name, paths in (("null", self.null), ("json", self.json)) if paths}
        return _encode(marks) if marks else None


def fitted(row: Mapping[str, Any], columns: Mapping[str, Kind]) -> dict[str, Any]:
    """Return a row as the columns hold it, with its marks if it has any.

    Raises:
        InputError: the columns are those of other rows.
    """
    marks = _Marks()
    made = _members(row, columns, (), marks)
    text = marks.text()
    return made if text is None else {**made, MARKS: text}


def unfitted(row: dict[str, Any], columns: Mapping[str, Kind], own: bool) -> dict[str, Any]:
    """Return a row that was read as it was before it was fitted.

    Nulls inside of objects are left out: whoever wrote the file put them where an object of another row has a member.
    ``own``: rtstore wrote the file, and what is null in a row was not there either, unless it is marked.

    Raises:
        InputError: the marks, or what should be JSON text, cannot be read.
    """
    marks = _read_json(row.pop(MARKS, None) or "{}") if own else {}
    made = {
        name: _restored(value, columns[name]) for name, value in row.items() if value is not None or not own
    }
    if marks:
        _apply(made, marks)
    return made


def _fit(value: Any, kind: Kind, path: _Path, marks: _Marks) -> Any:
    if value is None:
        return None
    if kind.name == "json":
        return _encode(value)
    if kind.name == "text":
        if isinstance(value, str):
            return value
        marks.json.append(path)
        return _encode(value)
    if kind.name == "list" and isinstance(value, list | tuple):
        items = kind.items or Kind()
        return [_fit(item, items, (*path, index), marks) for index, item in enumerate(value)]
    if kind.name == "struct" and isinstance(value, Mapping):
        return _members(value, kind.members, path, marks)
    return _scalar(value, kind)


def _members(
    value: Mapping[str, Any], kinds: Mapping[str, Kind], path: _Path, marks: _Marks
) -> dict[str, Any]:
    made = {}
    for name, each in value.items():
        if name not in kinds:
            raise InputError(f"there is no column for the member {name!r}: {_WRONG}")
        if each is None:
            marks.null.append((*path, name))
        made[name] = _fit(each, kinds[name], (*path, name), marks)
    return made


def _scalar(value: Any, kind: Kind) -> Any:
    if kind.name == "flag" and isinstance(value, bool):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if kind.name == "whole":
            return value
        if kind.name == "number" and abs(value) <= EXACT:
            return float(value)
    if kind.name == "number" and isinstance(value, float):
        return value
    raise InputError(f"a {kind.name} column cannot hold {str(value)[:40]!r}: {_WRONG}")


def _restored(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind.name == "json":
        return _read_json(value)
    if kind.name == "list":
        items = kind.items or Kind()
        return [_restored(item, items) for item in value]
    if kind.name == "struct":
        return {name: _restored(each, kind.members[name]) for name, each in value.items() if each is not None}
    return value


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"what should be JSON text is not: {text[:40]!r}") from error


def _apply(row: dict[str, Any], marks: Any) -> None:
    try:
        for path in marks.get("null", ()):
            _parent(row, path)[path[-1]] = None
        for path in marks.get("json", ()):
            parent = _parent(row, path)
            parent[path[-1]] = _read_json(parent[path[-1]])
    except (AttributeError, LookupError, TypeError) as error:
        raise InputError(f"the column {MARKS} names what is not in the row") from error


def _parent(row: dict[str, Any], path: list[str | int]) -> Any:
    parent: Any = row
    for step in path[:-1]:
        parent = parent[step]
    return parent
