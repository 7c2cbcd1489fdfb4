"""Entries and trees for tests: small pages, so that fifty entries make several levels."""

from __future__ import annotations

import random
from hashlib import blake2b
from itertools import count, islice

from hypothesis import strategies as st
from memory_store import MemoryStore

from rtstore.history.columns import Columns
from rtstore.history.shape import Shape
from rtstore.history.tree import Root, Tree
from rtstore.history.treebuild import build
from rtstore.model.ids import boundary_level

#: Pages of eight items on average, and runs over the limit in one of eight.
SMALL = Shape(bits=3, limit=16)

#: One entry: entry id, record id, annotation id or None, separator or None.
Row = tuple[bytes, bytes, bytes | None, bytes | None]


def entry_id(number: int) -> bytes:
    """Return the id of the test entry ``number``."""
    return blake2b(b"entry %d" % number, digest_size=16).digest()


def record_id(number: int) -> bytes:
    """Return the id of the test record ``number``."""
    return blake2b(b"record %d" % number, digest_size=32).digest()


def row(number: int, record: int = 0, annotated: bool = False, separator: bytes | None = None) -> Row:
    """Return the test entry ``number`` with a record of its own, or the ``record``th edit of it."""
    record_number = number + 1_000_000 * record
    return (
        entry_id(number),
        record_id(record_number),
        record_id(-number - 1) if annotated else None,
        separator,
    )


def rows_from(start: int, stop: int) -> list[Row]:
    """Return the test entries of these numbers, with nothing special about them."""
    return [row(number) for number in range(start, stop)]


def columns_of(rows: list[Row]) -> Columns:
    """Return rows as columns."""
    columns = Columns()
    for each in rows:
        columns.append(*each)
    return columns


def as_stored(rows: list[Row]) -> list[Row]:
    """Return the rows as a tree gives them back: the last has no separator."""
    return [*rows[:-1], (*rows[-1][:3], None)] if rows else []


def tree_of(store: MemoryStore, rows: list[Row], shape: Shape = SMALL) -> Tree:
    """Store rows and return their tree."""
    return Tree(store, build(store, columns_of(rows), shape))


def rows_in(store: MemoryStore, root: Root) -> list[Row]:
    """Return the rows that a stored tree holds."""
    return [tuple(entry) for entry in Tree(store, root).entries()]


def ids_with(natural: bool, shape: Shape, amount: int) -> list[bytes]:
    """Return ids all of which end a leaf, or none of which does: what a hostile file would use."""
    candidates = (entry_id(number) for number in count())
    return list(islice((id for id in candidates if (boundary_level(id, shape.bits) > 0) == natural), amount))


def shuffled(rows: list[Row], seed: int = 0) -> list[Row]:
    """Return the rows in another order."""
    return random.Random(seed).sample(rows, len(rows))


@st.composite
def some_rows(draw: st.DrawFn, most: int = 120) -> list[Row]:
    """Draw a sequence of entries, some with annotations and separators, in any order."""
    numbers = draw(st.lists(st.integers(0, 300), unique=True, max_size=most))
    return [draw_row(draw, number) for number in numbers]


def draw_row(draw: st.DrawFn, number: int) -> Row:
    """Draw what the entry ``number`` holds; mostly nothing special."""
    kind = draw(st.integers(0, 9))
    return row(number, record=kind == 0, annotated=kind == 1, separator=b"\r\n" if kind == 2 else None)
