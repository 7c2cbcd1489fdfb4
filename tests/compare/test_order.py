"""Heaviest increasing subsequences."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare.order import stayed


def heaviest_weight(places: list[int], weights: list[int]) -> int:
    """Return the weight of the heaviest increasing subsequence, by trying all."""
    best = 0
    for size in range(len(places) + 1):
        for chosen in combinations(range(len(places)), size):
            if all(places[a] < places[b] for a, b in pairwise(chosen)):
                best = max(best, sum(weights[i] for i in chosen))
    return best


@given(st.permutations(range(9)), st.lists(st.integers(1, 6), min_size=9, max_size=9))
def test_what_stays_is_increasing_and_as_heavy_as_can_be(places: list[int], weights: list[int]) -> None:
    chosen = stayed(places, weights)
    assert chosen == sorted(chosen)
    assert [places[i] for i in chosen] == sorted(places[i] for i in chosen)
    assert sum(weights[i] for i in chosen) == heaviest_weight(places, weights)


def test_everything_stays_in_an_increasing_sequence() -> None:
    assert stayed([2, 5, 9], [1, 1, 1]) == [0, 1, 2]
    assert stayed([], []) == []


def test_the_lighter_of_two_swapped_items_moves() -> None:
    assert stayed([1, 0], [3, 2]) == [0]
    assert stayed([1, 0], [2, 3]) == [1]


def test_of_two_equally_heavy_swapped_items_the_first_of_the_old_order_stays() -> None:
    assert stayed([1, 0], [1, 1]) == [1]
