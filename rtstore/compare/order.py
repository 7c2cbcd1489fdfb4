"""Which of the things that two sequences share stayed where they were, and which moved."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise


def stayed(places: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Return the indices of a heaviest increasing subsequence of ``places``, ascending.

    ``places`` are the distinct places, in one sequence, of items in the order of another; ``weights`` say how
    much each counts, at least 1. What is not in the answer moved. The same input always gives the same
    answer. Takes O(m log m) for m items, and one look at each if they are in order already.
    """
    if all(before < after for before, after in pairwise(places)):
        return list(range(len(places)))
    return _heaviest(places, weights)


def _heaviest(places: Sequence[int], weights: Sequence[int]) -> list[int]:
    # The frontier: the best subsequences so far, by the place they end at and their weight, both ascending.
    # One that ends later and is no heavier than another is of no use and leaves.
    end_places: list[int] = []
    end_weights: list[int] = []
    end_items: list[int] = []
    previous: list[int] = []
    for item, (place, weight) in enumerate(zip(places, weights, strict=True)):
        at = bisect_left(end_places, place)
        total = weight + (end_weights[at - 1] if at else 0)
        previous.append(end_items[at - 1] if at else -1)
        beyond = at
        while beyond < len(end_weights) and end_weights[beyond] <= total:
            beyond += 1
        end_places[at:beyond] = [place]
        end_weights[at:beyond] = [total]
        end_items[at:beyond] = [item]
    item = end_items[-1]
    chosen = []
    while item >= 0:
        chosen.append(item)
        item = previous[item]
    return chosen[::-1]
