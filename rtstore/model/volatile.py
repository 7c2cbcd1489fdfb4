"""Volatile values: what a program rewrites at every save without meaning anything by it (law 3).

They are cut out of a line before it is stored, and filled in again when it is read. A cut takes the
value's text and the white space behind it, up to the ``,`` or ``}`` that follows::

    {"_rolethread": {"validated_at": "2026-01-01T00:00:00Z", "native": true}}
    {"_rolethread": {"validated_at": , "native": true}}

JSON has no empty values and escapes the quotes inside strings, so the marks need no other sign, and the
rest of the line, its spacing included, stays part of the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from rtstore.errors import DamagedError, UsageError
from rtstore.model.fields import shortened, volatile_problem
from rtstore.model.jsontext import members, skip_space

_SPACE = rb"[ \t\n\r]*"

#: Names to go down by; None ends a path.
_Names = dict[str, Any]


class Volatile:
    """The volatile fields of a dataset, by dotted path through objects: ``_rolethread.validated_at``.

    Names count where a line spells them as they are, without escapes; of members of the same name all
    count.

    Raises:
        UsageError: a path has a name that cannot be looked for.
    """

    __slots__ = ("_leaf", "_mark", "_names", "_root", "_roots", "_tail", "paths")

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self.paths = tuple(paths)
        self._names: _Names = {}
        for path in self.paths:
            _add(self._names, path)
        self._roots = tuple(_spelled(name) for name in self._names)
        leaves = b"|".join(re.escape(leaf) for leaf in sorted(set(_leaves(self._names)), reverse=True))
        key = rb'("(?:' + leaves + rb')"' + _SPACE + b":" + _SPACE + b")"
        self._mark = re.compile(key + rb"(?=[,}])")
        self._leaf = re.compile(key + rb'("[^"]*"' + _SPACE + rb'|[^",}]+)')
        # One object with nothing but volatile leaves, as in RoleThread's lines: found without a scan of
        # the line.
        self._root: bytes | None = None
        if len(self._roots) == 1 and _is_flat(self._names):
            self._root = self._roots[0]
        flat_object = rb":" + _SPACE + rb"\{[^][{}\\]*\}" + _SPACE + rb"\}" + _SPACE
        self._tail = re.compile(re.escape(self._roots[0] if self._roots else b"") + _SPACE + flat_object)

    def cut(self, line: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        """Return the line without its volatile values, and those values in order.

        ``line`` must be a JSON object; one without volatile values is returned as it is.
        """
        root = self._root
        if root is None:
            if not self._roots or self._first_root(line) < 0:
                return line, ()
            return self._cut_anywhere(line)
        start = line.rfind(root)
        if start < 0:
            return line, ()
        if line.find(root, 0, start) >= 0 or line[start - 1] == 92 or not self._tail.fullmatch(line, start):
            return self._cut_anywhere(line)
        # The object ends the line with the record's own brace after it, so it is a member of the record;
        # and as no backslash or bracket is in it, every quote in it begins or ends a string and every name
        # is its member.
        parts = self._leaf.split(line[start:])
        values = tuple(parts[2::3])
        del parts[2::3]
        return line[:start] + b"".join(parts), values

    def fill(self, record: bytes, values: tuple[bytes, ...]) -> bytes:
        """Return the line that ``cut`` gave as ``record`` and ``values``.

        Raises:
            DamagedError: the record has not as many places as there are values.
        """
        if not values and not self._roots:
            return record
        start = self._first_root(record)
        parts = self._mark.split(record[start:]) if start >= 0 else [b""]
        count = len(parts) // 2
        if count != len(values):
            raise DamagedError(f"a record has {count} places for {len(values)} volatile values")
        if not count:
            return record
        filled = [b""] * (3 * count + 1)
        filled[0::3], filled[1::3], filled[2::3] = parts[0::2], parts[1::2], values
        return record[:start] + b"".join(filled)

    def readable(self, record: bytes) -> bytes:
        """Return a record as JSON, with null in place of what was cut out."""
        start = self._first_root(record) if self._roots else -1
        return record if start < 0 else record[:start] + self._mark.sub(rb"\1null", record[start:])

    def _first_root(self, record: bytes) -> int:
        """Return where the first place can be, or -1 if there can be none."""
        if self._root is not None:
            return record.find(self._root)
        return min((found for name in self._roots if (found := record.find(name)) >= 0), default=-1)

    def _cut_anywhere(self, line: bytes) -> tuple[bytes, tuple[bytes, ...]]:
        """Cut by scanning the line: latin-1 makes the positions in the text those in the bytes."""
        text = line.decode("latin-1")
        return _without(line, _find(text, skip_space(text, 0), self._names))


def _add(names: _Names, path: str) -> None:
    """Add a dotted path; one that goes on below a volatile value adds nothing."""
    problem = volatile_problem(path)
    if problem is not None:
        raise UsageError(f"a volatile field cannot have this name: {shortened(path)} {problem}")
    # As the bytes of UTF-8 look in latin-1, which is how lines are scanned.
    *inner, leaf = (step.encode("utf-8").decode("latin-1") for step in path.split("."))
    for step in inner:
        below = names.setdefault(step, {})
        if below is None:
            return
        names = below
    names[leaf] = None


def _spelled(name: str) -> bytes:
    return b'"' + name.encode("latin-1") + b'"'


def _leaves(names: _Names) -> list[bytes]:
    """Return the last name of every path."""
    return list(
        chain.from_iterable(
            [name.encode("latin-1")] if below is None else _leaves(below) for name, below in names.items()
        )
    )


def _is_flat(names: _Names) -> bool:
    """Whether the only name has nothing but volatile values directly below it, none of its own name."""
    ((root, below),) = names.items()
    return below is not None and root not in below and all(lower is None for lower in below.values())


def _find(text: str, start: int, names: _Names) -> list[tuple[int, int]]:
    """Return where the volatile values of the object at ``start`` are, with the white space behind them."""
    spans: list[tuple[int, int]] = []
    for member in members(text, start):
        name = member.spelled[1:-1]
        if name not in names:
            continue
        below = names[name]
        if below is None:
            spans.append((member.start, skip_space(text, member.end)))
        elif text[member.start] == "{":
            spans += _find(text, member.start, below)
    return spans


def _without(line: bytes, spans: list[tuple[int, int]]) -> tuple[bytes, tuple[bytes, ...]]:
    if not spans:
        return line, ()
    values = tuple(line[start:end] for start, end in spans)
    kept = [line[end:start] for (_, end), (start, _) in zip([(0, 0), *spans], spans, strict=False)]
    kept.append(line[spans[-1][1] :])
    return b"".join(kept), values
