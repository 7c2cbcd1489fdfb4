"""Which of the datasets that came is which of those that went, by the entries they share."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from memory_store import MemoryStore
from tree_samples import Row, entry_id, record_id, row, tree_of

from rtstore.compare.renames import keeps_ids, pair_renamed


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def paired(store: MemoryStore, removed: dict[str, list[Row]], added: dict[str, list[Row]]) -> dict[str, str]:
    old, new = ({name: tree_of(store, rows) for name, rows in some.items()} for some in (removed, added))
    return pair_renamed(old, new)


def rows(numbers: Iterable[int], record: int = 0) -> list[Row]:
    return [row(number, record) for number in numbers]


def anew(numbers: Iterable[int]) -> list[Row]:
    """Return the rows of other ids with the same records."""
    return [(entry_id(1000 + number), record_id(number), None, None) for number in numbers]


def test_the_same_entries(store: MemoryStore) -> None:
    assert paired(store, {"a": rows(range(300))}, {"b": rows(range(300))}) == {"b": "a"}


def test_half_of_the_larger_is_enough_and_less_is_not(store: MemoryStore) -> None:
    old = {"a": rows(range(100))}
    assert paired(store, old, {"b": rows(range(50, 150))}) == {"b": "a"}
    assert paired(store, old, {"b": rows(range(51, 151))}) == {}
    assert paired(store, old, {"b": rows(range(50))}) == {"b": "a"}
    assert paired(store, old, {"b": rows(range(200))}) == {"b": "a"}
    assert paired(store, old, {"b": rows(range(201))}) == {}


def test_edited_entries_are_shared_by_their_ids(store: MemoryStore) -> None:
    assert paired(store, {"a": rows(range(100))}, {"b": rows(range(100), record=1)}) == {"b": "a"}


def test_entries_with_other_ids_are_shared_by_their_records(store: MemoryStore) -> None:
    old = rows(range(100))
    assert paired(store, {"a": old}, {"b": anew(range(50, 150))}) == {"b": "a"}
    assert paired(store, {"a": old}, {"b": anew(range(51, 151))}) == {}
    assert not keeps_ids(tree_of(store, old), tree_of(store, anew(range(100))))
    assert keeps_ids(tree_of(store, old), tree_of(store, rows(range(50, 150))))


def test_records_count_as_often_as_both_have_them(store: MemoryStore) -> None:
    old: list[Row] = [(entry_id(number), record_id(0), None, None) for number in range(10)]
    assert paired(store, {"a": old}, {"b": [*anew(range(1)), *rows(range(50, 59))]}) == {}


def test_what_shares_most_is_paired_first_and_once(store: MemoryStore) -> None:
    removed = {"a": rows(range(100)), "b": rows(range(20, 120))}
    added = {"c": rows(range(10, 110)), "d": rows(range(19, 119))}
    assert paired(store, removed, added) == {"d": "b", "c": "a"}


def test_of_equals_the_first_names_are_paired(store: MemoryStore) -> None:
    same = rows(range(9))
    assert paired(store, {"b": same, "a": same}, {"d": same, "c": same, "e": same}) == {"c": "a", "d": "b"}


def test_nothing_is_no_dataset_under_another_name(store: MemoryStore) -> None:
    assert paired(store, {"a": []}, {"b": [], "c": rows([1])}) == {}
