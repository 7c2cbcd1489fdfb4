"""Rows: from the entries of one tree to those of another, whatever both are; and rows that lie."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
from collections.abc import Iterable
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore
from tree_samples import Row, as_stored, columns_of, draw_row, row, rows_from, rows_in, shuffled, some_rows

from rtstore.errors import TamperError
from rtstore.history.shape import STORE_SHAPE
from rtstore.history.splice import Splice, splice
from rtstore.history.tree import Root, Tree
from rtstore.history.treebuild import build
from rtstore.remote.format import rows
from rtstore.remote.format.rows import Piece, PieceWriter, Splices, Step, common, decode_piece, steps


def as_splices(steps: Iterable[Step], count: int) -> list[Splice]:
    found = Splices()
    found.add(steps)
    return found.finish(count)


def tree_of(store: MemoryStore, entries: list[Row]) -> Tree:
    return Tree(store, build(store, columns_of(entries), STORE_SHAPE))


def pieces(old: Tree, new: Tree) -> list[bytes]:
    """Return what is sent of the entries of ``new`` to somebody who has ``old``."""
    writer = PieceWriter(old.root, new.root)
    found = [piece for step in steps(common(old, new), new) for piece in writer.add(step)]
    return [*found, writer.finish()]


def received(store: MemoryStore, root: Root, sent: list[bytes]) -> Root:
    """Return what who has the base makes of the pieces."""
    decoded = [decode_piece(root.id or b"", piece) for piece in sent]
    assert [piece.number for piece in decoded] == [*range(len(sent))]
    assert [piece.is_last for piece in decoded] == [False] * (len(sent) - 1) + [True]
    all_steps = [step for piece in decoded for step in piece.steps]
    base = decoded[0].base
    return splice(store, store, base, as_splices(all_steps, base.count))


def check(before: list[Row], after: list[Row]) -> list[bytes]:
    store = MemoryStore()
    old, new = tree_of(store, before), tree_of(store, after)
    sent = pieces(old, new)
    made = received(store, new.root, sent)
    assert made == new.root
    assert rows_in(store, made) == as_stored(after)
    return sent


@st.composite
def two_versions(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Draw entries, and what somebody made of them: moved, removed, edited, inserted, or something else."""
    before = draw(some_rows())
    after = list(before)
    for _ in range(draw(st.integers(0, 6))):
        what = draw(st.sampled_from(["move", "remove", "edit", "insert", "reverse"]))
        place = draw(st.integers(0, len(after)))
        stop = min(place + draw(st.integers(1, 20)), len(after))
        if what == "move":
            run, after[place:stop] = after[place:stop], []
            target = draw(st.integers(0, len(after)))
            after[target:target] = run
        elif what == "remove":
            del after[place:stop]
        elif what == "edit" and place < len(after):
            after[place] = (after[place][0], *row(draw(st.integers(0, 99)), record=2)[1:])
        elif what == "insert":
            after.insert(place, draw_row(draw, draw(st.integers(400, 500))))
        elif what == "reverse":
            after[place:stop] = after[place:stop][::-1]
    return before, draw(st.just(after) | some_rows())


@settings(max_examples=150)
@given(two_versions())
def test_who_has_the_old_entries_gets_the_new_ones(versions: tuple[list[Row], list[Row]]) -> None:
    check(*versions)


@given(two_versions(), st.integers(1, 7))
def test_so_does_who_gets_them_in_pieces(versions: tuple[list[Row], list[Row]], most: int) -> None:
    with patch.object(rows, "MOST_ADDED", most):
        sent = check(*versions)
    assert all(sum(len(step.added) for step in decode_piece(b"", piece).steps) <= most for piece in sent)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], rows_from(0, 500)),
        (rows_from(0, 500), []),
        (rows_from(0, 500), rows_from(500, 900)),
        (rows_from(0, 500), rows_from(0, 499)),
        (rows_from(0, 500), rows_from(1, 500)),
        (rows_from(0, 500), shuffled(rows_from(0, 500))),
        (rows_from(0, 500), rows_from(0, 500)[::-1]),
        (rows_from(0, 500), rows_from(250, 500) + rows_from(0, 250)),
        (rows_from(0, 600)[::2], rows_from(0, 600)[1::2]),
        ([row(n, annotated=True) for n in range(300)], rows_from(0, 300)),
        (rows_from(0, 300), [row(n, separator=b"\r\n") for n in range(300)]),
    ],
)
def test_large_changes_arrive(before: list[Row], after: list[Row]) -> None:
    check(before, after)


def test_the_same_record_many_times_arrives() -> None:
    same = [(row(n)[0], *row(7)[1:]) for n in range(300)]
    check(rows_from(0, 300), same)
    check(same, same[100:] + rows_from(300, 350))


def test_an_edit_of_one_entry_of_many_is_small() -> None:
    before = rows_from(0, 3000)
    after = [*before[:1500], row(1500, record=1), *before[1501:]]
    [piece] = check(before, after)
    assert len(piece) < 200


# --- rows that lie
# --------------------------------------------------------------------------------------------------------

_HEADER = struct.Struct(">32sBQBQI?")


def lie(base: Root, root: Root, *body: bytes, number: int = 0, last: bool = True) -> Piece:
    """Return a piece as somebody wrote it who need not have any of this."""
    head = _HEADER.pack(base.id or bytes(32), base.height, base.count, root.height, root.count, number, last)
    return decode_piece(root.id or bytes(32), head + b"".join(body))


def keep(count: int) -> bytes:
    return struct.pack(">BI", 0, count)


def skip(count: int) -> bytes:
    return struct.pack(">BI", 1, count)


def added(
    count: int, entries: bytes = b"", annotations: bytes = bytes(4), separators: bytes = bytes(4)
) -> bytes:
    return struct.pack(">BI", 2, count) + entries + annotations + separators


ONE = bytes(16) + bytes(32)
MANY = struct.pack(">I", 0xFFFFFFFF)


@pytest.mark.parametrize(
    "body",
    [
        added(0xFFFFFFFF),
        added(2, ONE),
        added(1, ONE, MANY),
        added(1, ONE, separators=MANY),
        added(1, ONE, struct.pack(">II", 1, 1) + bytes(32)),
        added(1, ONE, separators=struct.pack(">III", 1, 0, 0xFFFFFFFF)),
        added(1, ONE, separators=struct.pack(">III", 1, 7, 0)),
        b"\x07\0\0\0\0",
        b"\0\0",
    ],
)
def test_steps_that_lie_are_refused_without_taking_memory(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(TamperError):
            lie(Root(), Root(), body)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=200))
def test_what_is_no_piece_is_refused_or_a_piece(data: bytes) -> None:
    with contextlib.suppress(TamperError):
        decode_piece(bytes(32), data)


@pytest.mark.parametrize(
    "body",
    [[keep(301)], [keep(299)], [skip(0xFFFFFFFF)] * 5, [keep(0xFFFFFFFF)] * 3, [], [keep(200), skip(200)]],
)
def test_steps_that_do_not_fit_the_base_are_refused(body: list[bytes]) -> None:
    store = MemoryStore()
    base = tree_of(store, rows_from(0, 300)).root
    with pytest.raises(TamperError):
        as_splices(lie(base, base, *body).steps, base.count)
