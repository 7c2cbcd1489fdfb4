"""Which type each column of rows has, found by looking at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rtstore.errors import InputError

#: Members whose objects are free in form.
FREE: Final = frozenset(("arguments", "parameters", "tools", "functions", "function_call", "metadata"))
#: The most members an object may have in all rows together, and still be a struct.
MAX_MEMBERS: Final = 64
#: How deep lists and structs are nested; what is deeper is JSON text.
MAX_NESTING: Final = 12
#: Whole numbers that a fraction holds exactly.
EXACT: Final = 2**53
#: The column of marks.
MARKS: Final = "_rtstore"

_INT64 = 2**63


@dataclass(slots=True)
class Kind:
    """The type of a column, or of what is in it.

    ``name`` is null, flag, whole, number, text, json, list or struct; ``items`` is what a list holds, ``members``
    what a struct does. While it is being found it may be large: a whole number that no fraction holds exactly.
    """

    name: str = "null"
    items: Kind | None = None
    members: dict[str, Kind] = field(default_factory=dict)


class KindFinder:
    """Finds the columns of rows: ``add`` each, then take ``columns``.

    ``marked`` tells whether some row says what these columns alone cannot tell.
    """

    def __init__(self) -> None:
        self.marked = False
        self._top = Kind("struct")
        self._count = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row into account.

        Raises:
            InputError: it has a member whose name cannot be a column's.
        """
        self._count += 1
        for name, value in row.items():
            if not _is_name(name) or name == MARKS:
                raise InputError(
                    f"row {self._count} has a member named {name!r}, which cannot be a column's name"
                )
            self._top.members[name] = self._member(self._top, name, value, 0)

    def add_all(self, rows: Iterable[Mapping[str, Any]]) -> KindFinder:
        """Take rows into account, and return the finder.

        Raises:
            InputError: as for ``add``.
        """
        for row in rows:
            self.add(row)
        return self

    @property
    def columns(self) -> dict[str, Kind]:
        """The columns in order: as the first row that has them has them."""
        return {name: _settled(kind) for name, kind in self._top.members.items()}

    def _member(self, parent: Kind, name: str, value: Any, depth: int) -> Kind:
        self.marked |= value is None
        return self._joined(parent.members.get(name) or Kind(), value, name, depth)

    def _joined(self, kind: Kind, value: Any, name: str, depth: int) -> Kind:
        """Return the kind that holds a value too."""
        found = _name_of(value)
        if found in ("list", "struct") and (name in FREE or depth >= MAX_NESTING):
            found = "json"
        if kind.name not in ("null", found) and found != "null":
            kind = Kind(_common(kind.name, found))
        elif found != "null":
            kind.name = found
        self.marked |= kind.name == "text" and not isinstance(value, str | None)
        if kind.name == "list" == found:
            for item in value:
                kind.items = self._joined(kind.items or Kind(), item, name, depth + 1)
        elif kind.name == "struct" == found:
            return self._with_members(kind, value, depth)
        return kind

    def _with_members(self, kind: Kind, value: Mapping[str, Any], depth: int) -> Kind:
        for name, each in value.items():
            kind.members[name] = self._member(kind, name, each, depth + 1)
        return kind if all(map(_is_name, value)) and len(kind.members) <= MAX_MEMBERS else Kind("json")


def _is_name(name: str) -> bool:
    return bool(name) and name.isprintable() and "." not in name


def _name_of(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "whole" if abs(value) <= EXACT else "large" if -_INT64 <= value < _INT64 else "text"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "struct"
    return "null" if value is None else "list"


def _common(one: str, other: str) -> str:
    """Return the kind for values of two kinds."""
    pair = {one, other}
    if pair <= {"whole", "number"}:
        return "number"
    if pair <= {"whole", "large"}:
        return "large"
    return "json" if pair <= {"json", "list", "struct"} else "text"


def _settled(kind: Kind) -> Kind:
    """Return a kind as a file can have it: there is no struct without members, and no list of nothing known."""
    if kind.name == "struct" and not kind.members:
        return Kind("json")
    if kind.name == "list":
        return Kind("list", _settled(kind.items or Kind()))
    if kind.name == "large":
        return Kind("whole")
    return Kind(kind.name, None, {name: _settled(each) for name, each in kind.members.items()})
