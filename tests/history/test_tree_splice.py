"""Splicing gives the tree that building gives, and touches few pages."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore
from tree_samples import (
    SMALL,
    Row,
    as_stored,
    columns_of,
    draw_row,
    ids_with,
    record_id,
    row,
    rows_from,
    rows_in,
    some_rows,
    tree_of,
)

from rtstore.history.columns import Columns
from rtstore.history.shape import STORE_SHAPE, Shape
from rtstore.history.splice import Splice, splice
from rtstore.history.tree import Root, Tree
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind

Edits = list[tuple[int, int, list[Row]]]


def apply(rows: list[Row], edits: Edits) -> list[Row]:
    """Do edits on a plain list."""
    rows = as_stored(rows)
    for start, stop, new in reversed(edits):
        rows[start:stop] = new
    return rows


def splices_of(edits: Edits) -> list[Splice]:
    return [Splice(start, stop, columns_of(new)) for start, stop, new in edits]


def spliced(store: MemoryStore, root: Root, edits: Edits, shape: Shape = SMALL) -> Root:
    return splice(store, store, root, splices_of(edits), shape)


@st.composite
def edits_of(draw: st.DrawFn, count: int) -> Edits:
    """Draw splices of a sequence of ``count`` entries: short and long, touching, inserting, removing."""
    bounds = sorted(draw(st.lists(st.integers(0, count), max_size=8)))
    # No entry is in a dataset twice.
    numbers = iter(draw(st.lists(st.integers(400, 900), max_size=48, unique=True)))
    edits = []
    for start, stop in zip(bounds[::2], bounds[1::2], strict=False):
        new = islice(numbers, draw(st.integers(0, 12)))
        edits.append((start, stop, [draw_row(draw, number) for number in new]))
    return edits


@settings(max_examples=400, deadline=None)
@given(st.data(), some_rows(), st.sampled_from([SMALL, Shape(3, 4), Shape(5, 16), Shape(3, 2)]))
def test_splicing_gives_the_tree_that_building_gives(
    data: st.DataObject, rows: list[Row], shape: Shape
) -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows), shape)
    edits = data.draw(edits_of(len(rows)))
    expected = apply(rows, edits)
    result = spliced(store, root, edits, shape)
    assert rows_in(store, result) == as_stored(expected)
    assert result == build(MemoryStore(), columns_of(expected), shape)


def test_a_split_run_is_split_anew_where_whole_pages_of_it_are_gone() -> None:
    store = MemoryStore()
    rows = [(id, record_id(0), None, None) for id in ids_with(False, SMALL, 90)]
    root = build(store, columns_of(rows), SMALL)
    pages = list(Tree(store, root).leaves())
    for before, after in zip(pages, pages[2:], strict=False):
        left = rows[before.start : before.stop] + rows[after.start : after.stop]
        edits: Edits = [(before.start, after.stop, left)]
        expected = build(MemoryStore(), columns_of(apply(rows, edits)), SMALL)
        assert spliced(store, root, edits) == expected


@settings(max_examples=100, deadline=None)
@given(st.data(), st.booleans())
def test_splicing_hostile_ids_gives_the_tree_that_building_gives(data: st.DataObject, natural: bool) -> None:
    store = MemoryStore()
    rows = [(id, record_id(0), None, None) for id in ids_with(natural, SMALL, 90)]
    root = build(store, columns_of(rows), SMALL)
    edits = data.draw(edits_of(len(rows)))
    result = spliced(store, root, edits)
    assert result == build(MemoryStore(), columns_of(apply(rows, edits)), SMALL)


def test_splicing_pages_of_a_store_gives_the_tree_that_building_gives() -> None:
    store = MemoryStore()
    rows = rows_from(0, 20_000)
    root = build(store, columns_of(rows))
    edits: Edits = [(at, at + at % 3, rows_from(50_000 + at, 50_002 + at)) for at in range(5, 20_000, 333)]
    assert spliced(store, root, edits, STORE_SHAPE) == build(store, columns_of(apply(rows, edits)))


def test_nothing_to_splice_gives_the_same_root() -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 50)), SMALL)
    assert spliced(store, root, []) == root
    assert spliced(store, root, [(7, 7, [])]) == root


def test_removing_everything_gives_no_root_and_filling_it_again_the_first_one() -> None:
    store = MemoryStore()
    rows = rows_from(0, 200)
    root = build(store, columns_of(rows), SMALL)
    empty = spliced(store, root, [(0, 120, []), (120, 200, [])])
    assert empty == Root(None, 0, 0)
    assert spliced(store, empty, [(0, 0, rows[:90]), (0, 0, rows[90:])]) == root


def test_removing_all_but_one_entry_gives_a_leaf() -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 2_000)), SMALL)
    for kept in (0, 1_000, 1_999):
        result = spliced(store, root, [(0, kept, []), (kept + 1, 2_000, [])])
        assert result == build(store, columns_of([row(kept)]), SMALL)
        assert result.height == 0


def test_a_lower_tree_may_have_an_old_page_as_its_root() -> None:
    store = MemoryStore()
    rows = rows_from(0, 3_000)
    tree = tree_of(store, rows)
    level = tree.root.height - 1
    first = next(tree.pages(level))
    writer = MemoryStore()
    result = splice(store, writer, tree.root, splices_of([(first.stop, 3_000, [])]), SMALL)
    assert result == build(MemoryStore(), columns_of(rows[: first.stop]), SMALL)


def test_pages_written_by_a_splice_need_not_be_readable_during_it() -> None:
    store = MemoryStore()
    rows = rows_from(0, 3_000)
    root = build(store, columns_of(rows), SMALL)
    for edits in ([(10, 2_990, [])], [(0, 2_900, [row(7_000)])], [(5, 6, []), (100, 3_000, [row(8_000)])]):
        result = splice(store, MemoryStore(), root, splices_of(edits), SMALL)
        assert result == build(MemoryStore(), columns_of(apply(rows, edits)), SMALL)


def test_an_entry_that_becomes_the_last_loses_its_separator() -> None:
    store = MemoryStore()
    rows = [row(number, separator=b"\r\n") for number in range(60)]
    root = build(store, columns_of(rows), SMALL)
    for kept in (1, 20, 59):
        result = spliced(store, root, [(kept, 30, []), (30, 60, [])] if kept < 30 else [(kept, 60, [])])
        assert result == build(store, columns_of(rows[:kept]), SMALL)
    longer = spliced(store, root, [(60, 60, [row(99, separator=b"\r\n")])])
    assert rows_in(store, longer)[-2:] == [row(59), row(99)]


@pytest.mark.parametrize("edits", [[(2, 1, [])], [(0, 11, [])], [(-1, 2, [])], [(0, 5, []), (4, 6, [])]])
def test_splices_out_of_order_or_range_are_refused(edits: Edits) -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 10)), SMALL)
    with pytest.raises(ValueError, match="a splice of"):
        spliced(store, root, edits)


@pytest.mark.parametrize(
    "edits",
    [
        [(10_000, 10_001, [row(10_000, record=1)])],
        [(10_000, 10_000, [row(70_000)])],
        [(10_000, 10_001, [])],
        [(0, 1, []), (20_000, 20_000, [row(0)])],
    ],
    ids=["edit", "insert", "remove", "move"],
)
def test_changing_one_entry_reads_and_writes_few_pages(edits: Edits) -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 20_000)), SMALL)
    store.forget_counts()
    spliced(store, root, edits)
    assert len(store.adds) <= 6 * (root.height + 1)
    assert len(store.reads) <= 6 * (root.height + 1)


def test_removing_many_entries_reads_only_around_the_gap() -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 20_000)), SMALL)
    store.forget_counts()
    spliced(store, root, [(100, 19_900, [])])
    assert len(store.reads) <= 6 * (root.height + 1)


def test_a_changed_page_is_stored_against_the_page_it_replaces() -> None:
    store = MemoryStore()
    old = tree_of(store, rows_from(0, 5_000))
    edit: Edits = [(2_500, 2_501, [row(2_500, record=1)])]
    new = Tree(store, spliced(store, old.root, edit))
    for level in range(old.root.height + 1):
        assert store.bases[new.page_at(level, 2_500).id] == old.page_at(level, 2_500).id


def test_pages_of_new_entries_only_have_no_base() -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 500)), SMALL)
    store.forget_counts()
    spliced(store, root, [(250, 250, rows_from(1_000, 2_000))])
    leaves = [id for id in store.adds if (Kind.LEAF, id) in store.objects]
    assert sum(store.bases[id] is not None for id in leaves) <= 3


def test_columns_are_not_changed_by_splicing_them_in() -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 50)), SMALL)
    new = columns_of([row(100, separator=b"\r\n")])
    splice(store, store, root, [Splice(50, 50, new)], SMALL)
    assert new.separators == {0: b"\r\n"}


def test_columns_extend_and_slice_carry_annotations_and_separators_along() -> None:
    rows = [row(n, annotated=n % 2 == 0, separator=b" " if n % 3 == 0 else None) for n in range(30)]
    whole = columns_of(rows)
    joined = Columns()
    joined.extend(whole.slice(0, 11))
    joined.extend(whole.slice(11, 30))
    store = MemoryStore()
    assert build(store, joined, SMALL) == build(store, whole, SMALL)
    assert len(joined) == 30
    leaf, _ = Tree(store, build(store, columns_of(rows[:3]), STORE_SHAPE)).locate(0)
    assert bytes(Columns.from_leaf(leaf).entries) == leaf.entries


def test_columns_refuse_ids_of_the_wrong_length() -> None:
    with pytest.raises(ValueError, match="not an entry id"):
        Columns().append(b"short", record_id(1))
