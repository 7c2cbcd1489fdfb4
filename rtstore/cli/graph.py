"""The history as a drawing of lines, beside the list of commits, as ``git log --graph`` has it.

Each column leads down to a commit that is still to come. A commit is a ``*`` in its column; below it the
column leads to its first parent, and each further parent gets a new column to the right. Columns that lead to
one commit are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest


class Graph:
    """Draws the lines beside commits that are given one by one, every commit before its parents."""

    def __init__(self) -> None:
        self._columns: list[bytes] = []

    def lines(self, commit: bytes, parents: Sequence[bytes], text: Sequence[str]) -> Iterator[str]:
        """Yield the lines of a commit: its ``text`` with the drawing to the left of it."""
        rows = self._rows(commit, parents)
        width = max(len(rows[0]), 2 * len(self._columns) - 1)
        straight = self._straight()
        for row, line in zip_longest(rows, text):
            yield f"{(straight if row is None else row).ljust(width)} {line or ''}".rstrip()

    def _straight(self) -> str:
        return " ".join("|" * len(self._columns))

    def _rows(self, commit: bytes, parents: Sequence[bytes]) -> list[str]:
        """Return the row with the commit and those that lead from it to the columns after it."""
        if commit not in self._columns:
            self._columns.append(commit)
        column = self._columns.index(commit)
        rows = [" ".join("*" if index == column else "|" for index in range(len(self._columns)))]
        if not parents:
            rows += self._end(column)
        else:
            self._columns[column] = parents[0]
            for parent in reversed(parents[1:]):
                rows.append(self._fork(column, parent))
        return rows + self._join_all()

    def _end(self, column: int) -> list[str]:
        """Take away a column; those to the right of it move to the left."""
        moving = range(column + 1, len(self._columns))
        row = _row(["|"] * column, {2 * index - 1: "/" for index in moving})
        del self._columns[column]
        return [row] if moving else []

    def _fork(self, column: int, parent: bytes) -> str:
        """Put a new column to the right of one."""
        row = _row(["|"] * (column + 1), {2 * index + 1: "\\" for index in range(column, len(self._columns))})
        self._columns.insert(column + 1, parent)
        return row

    def _join_all(self) -> list[str]:
        rows: list[str] = []
        for right, goal in enumerate(self._columns):
            left = self._columns.index(goal)
            if left < right:
                return [*rows, *self._join(left, right), *self._join_all()]
        return rows

    def _join(self, left: int, right: int) -> list[str]:
        """Lead a column into one further left that leads to the same commit."""
        count = len(self._columns)
        moving = {2 * index - 1: "/" for index in range(right, count)}
        crossing = {2 * index - 1: "_" for index in range(left + 2, right)} if right > left + 1 else {}
        first = _row(["|"] * right, {**crossing, **moving})
        del self._columns[right]
        if right == left + 1:
            return [first]
        return [first, _row(["|"] * (count - 1), {2 * left + 1: "/"})]


def _row(columns: Sequence[str], between: dict[int, str]) -> str:
    """Return a row with ``columns`` at the even places, and signs at other places."""
    places = {2 * index: sign for index, sign in enumerate(columns)} | between
    return "".join(places.get(place, " ") for place in range(max(places, default=-1) + 1)).rstrip()
