"""Comparing two versions entry by entry."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_store import MemoryStore
from tree_samples import Row, draw_row, entry_id, record_id, row, rows_from, shuffled, some_rows, tree_of

from rtstore.compare.entries import EntryChanges, Move, compare
from rtstore.errors import DamagedError
from rtstore.history.shape import STORE_SHAPE


def changes(old: list[Row], new: list[Row]) -> EntryChanges:
    store = MemoryStore()
    return compare(tree_of(store, old), tree_of(store, new))


@st.composite
def two_versions(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Draw a sequence and what some removals, edits, moves and additions make of it."""
    old = draw(some_rows())
    new = list(old)
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(new)))
        what = draw(st.sampled_from(["remove", "edit", "move"])) if at < len(new) else "add"
        if what == "remove":
            del new[at]
        elif what == "edit":
            new[at] = (new[at][0], record_id(draw(st.integers(5_000, 5_005))), None, None)
        elif what == "move":
            new.insert(draw(st.integers(0, len(new) - 1)), new.pop(at))
        else:
            fresh = draw_row(draw, 1_000 + len(new) + draw(st.integers(0, 9)) * 1_000)
            if all(fresh[0] != each[0] for each in new):
                new.insert(at, fresh)
    return old, new


def last_without_separator(rows: list[Row]) -> list[Row]:
    return [(*each[:3], None if index == len(rows) - 1 else each[3]) for index, each in enumerate(rows)]


@settings(max_examples=300, deadline=None)
@given(two_versions())
def test_what_is_found_is_what_a_plain_comparison_finds(versions: tuple[list[Row], list[Row]]) -> None:
    old, new = map(last_without_separator, versions)
    old_places = {each[0]: place for place, each in enumerate(old)}
    new_places = {each[0]: place for place, each in enumerate(new)}
    found = changes(old, new)
    assert found.added == [(i, e[0], e[1]) for i, e in enumerate(new) if e[0] not in old_places]
    assert found.removed == [(i, e[0], e[1]) for i, e in enumerate(old) if e[0] not in new_places]
    assert found.changed == [
        (each[0], was, place, old[was][1], each[1], old[was][2], each[2], old[was][3], each[3])
        for place, each in enumerate(new)
        if (was := old_places.get(each[0])) is not None and old[was] != each
    ]
    for entry, was, place in found.moved:
        assert (old_places[entry], new_places[entry]) == (was, place)
    moved = {move.entry for move in found.moved}
    kept = [old_places[each[0]] for each in new if each[0] in old_places and each[0] not in moved]
    assert all(a < b for a, b in pairwise(kept))


def test_equal_versions_do_not_differ_and_only_their_roots_are_read() -> None:
    store = MemoryStore()
    old, new = (tree_of(store, rows_from(0, 2_000)) for _ in range(2))
    store.forget_counts()
    assert not compare(old, new)
    assert len(store.reads) <= 2


def test_everything_is_added_to_an_empty_version_and_removed_from_one_that_becomes_empty() -> None:
    rows = rows_from(0, 100)
    assert len(changes([], rows).added) == len(changes(rows, []).removed) == 100
    assert not changes([], [])


def test_moving_one_entry_over_twenty_thousand_is_one_move() -> None:
    store = MemoryStore()
    rows = rows_from(0, 20_000)
    old = tree_of(store, rows, STORE_SHAPE)
    new = tree_of(store, rows[1:] + rows[:1], STORE_SHAPE)
    assert compare(old, new) == EntryChanges([], [], [], [Move(entry_id(0), 0, 19_999)])


def test_a_block_that_moved_with_whole_pages_is_reported_entry_by_entry() -> None:
    rows = rows_from(0, 2_000)
    found = changes(rows, rows[300:] + rows[:300])
    assert found.moved == [Move(entry_id(number), number, 1_700 + number) for number in range(300)]


def test_a_shuffled_version_has_only_moves() -> None:
    rows = rows_from(0, 3_000)
    found = changes(rows, shuffled(rows))
    assert not (found.added or found.removed or found.changed)
    assert len(found.moved) > 2_000


def test_an_entry_that_changed_and_moved_is_both() -> None:
    rows = rows_from(0, 100)
    found = changes(rows, [*rows[1:], row(0, record=1)])
    assert [change.entry for change in found.changed] == [move.entry for move in found.moved] == [entry_id(0)]


def test_versions_of_very_different_sizes_are_compared() -> None:
    rows = rows_from(0, 3_000)
    found = changes(rows[1_000:1_003], rows)
    assert (len(found.added), found.removed, found.changed, found.moved) == (2_997, [], [], [])


def test_few_changes_read_few_pages() -> None:
    store = MemoryStore()
    rows = rows_from(0, 20_000)
    old = tree_of(store, rows)
    new = tree_of(store, [*rows[:9_000], row(9_000, record=1), *rows[9_001:15_000], *rows[15_001:]])
    store.forget_counts()
    found = compare(old, new)
    assert (len(found.changed), len(found.removed)) == (1, 1)
    assert len(store.reads) <= 10 * (old.root.height + 1)


def test_an_entry_that_is_in_one_version_twice_is_damage() -> None:
    with pytest.raises(DamagedError, match="twice"):
        changes(rows_from(0, 5), [row(7), row(8), row(7)])
    ids = [row(1)] * 300
    with pytest.raises(DamagedError, match="twice"):
        changes(rows_from(0, 5), ids)
