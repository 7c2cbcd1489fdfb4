"""Building trees."""

from __future__ import annotations

import pytest
from hypothesis import given
from memory_store import MemoryStore
from tree_samples import (
    SMALL,
    Row,
    as_stored,
    columns_of,
    entry_id,
    ids_with,
    record_id,
    row,
    rows_from,
    rows_in,
    some_rows,
    tree_of,
)

from rtstore.history.columns import Columns
from rtstore.history.shape import STORE_SHAPE
from rtstore.history.tree import Root
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind, split_rank
from rtstore.model.objects import InnerPage, LeafPage, decode


@given(some_rows())
def test_a_tree_gives_back_what_it_was_built_from(rows: list[Row]) -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows), SMALL)
    assert root.count == len(rows)
    assert rows_in(store, root) == as_stored(rows)


def test_no_entries_have_no_root() -> None:
    assert build(MemoryStore(), Columns()) == Root(None, 0, 0)


def test_few_entries_are_a_single_leaf() -> None:
    store = MemoryStore()
    ids = ids_with(False, STORE_SHAPE, 3)
    root = build(store, columns_of([(id, record_id(1), None, None) for id in ids]))
    assert (root.height, root.count, len(store.objects)) == (0, 3, 1)


def test_a_separator_of_the_last_entry_is_dropped_and_the_columns_are_left_alone() -> None:
    store = MemoryStore()
    columns = columns_of([row(1, separator=b"\r\n"), row(2, separator=b"\r\n")])
    root = build(store, columns)
    assert root == build(store, columns_of([row(1, separator=b"\r\n"), row(2)]))
    assert columns.separators == {0: b"\r\n", 1: b"\r\n"}


def test_sparse_columns_may_be_filled_in_any_order() -> None:
    store = MemoryStore()
    forward, backward = columns_of(rows_from(0, 60)), columns_of(rows_from(0, 60))
    for index in range(0, 59, 3):
        forward.annotations[index] = record_id(index)
    for index in reversed(range(0, 59, 3)):
        backward.annotations[index] = record_id(index)
    assert build(store, forward, SMALL) == build(store, backward, SMALL)


def test_every_page_above_the_leaves_is_under_the_limit_and_the_root_has_several_children() -> None:
    store = MemoryStore()
    root = build(store, columns_of(rows_from(0, 2_000)), SMALL)
    pages = {id: data for (kind, id), data in store.objects.items() if kind is Kind.INNER}
    assert root.id in pages
    assert len(decode(pages[root.id], InnerPage)) > 1
    assert all(len(decode(data, InnerPage)) <= SMALL.limit for data in pages.values())


def test_ids_that_all_end_a_leaf_make_leaves_of_one_entry() -> None:
    store = MemoryStore()
    rows = [(id, record_id(0), None, None) for id in ids_with(True, SMALL, 200)]
    root = build(store, columns_of(rows), SMALL)
    leaves = [decode(data, LeafPage) for (kind, _), data in store.objects.items() if kind is Kind.LEAF]
    assert {len(leaf) for leaf in leaves} == {1}
    assert rows_in(store, root) == rows


@pytest.mark.parametrize("by_rank", [False, True])
def test_ids_that_never_end_a_leaf_still_make_a_low_tree(by_rank: bool) -> None:
    store = MemoryStore()
    ids = ids_with(False, STORE_SHAPE, 20_000)
    if by_rank:
        ids.sort(key=split_rank)
    rows = [(id, record_id(0), None, None) for id in ids]
    root = build(store, columns_of(rows))
    assert root.height == 1
    assert rows_in(store, root) == rows


def test_one_id_over_and_over_makes_a_tree_of_limited_height() -> None:
    store = MemoryStore()
    rows = [(entry_id(1), record_id(number), None, None) for number in range(500)]
    assert tree_of(store, rows).root.height < 20
