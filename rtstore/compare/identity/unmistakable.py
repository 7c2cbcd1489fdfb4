"""Texts that can only be next versions of others: differently spaced, or changed in one small spot.

That is what most edits of a whole file are, and it shows without sketches. Texts changed in one spot begin and end
alike; how much those at neighbouring places have in common so (a system prompt, names of fields) does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import product
from typing import Final

from rtstore.compare.sketch import words

#: Bytes that a changed spot has at most.
SPOT: Final = 48
#: Share of a text, without what its neighbours have too, that has to be as it was.
UNCHANGED: Final = 0.6
#: Bytes of a text from which on its words are too many to compare.
LONG: Final = 1 << 20
#: So many texts that came or went are skipped to find the next pair.
SKIPPED: Final = 6
#: That is not tried any more when it failed so often, and more than once for so many pairs.
PATIENCE: Final = 16
WORTH: Final = 8

#: How many old and new texts to skip, the fewest first.
_AHEAD: Final = sorted(product(range(SKIPPED + 1), repeat=2), key=lambda skip: (sum(skip), max(skip)))

#: Reads a text by its number.
Read = Callable[[int], bytes]


def unmistakable(read_old: Read, olds: int, read_new: Read, news: int) -> Iterator[tuple[int, int]]:
    """Yield, by number, old texts with the new ones that can only be their next versions; both numbers ascend.

    ``olds`` and ``news``: how many there are. They are read in order, a few of them repeatedly.
    """
    old, new = lru_cache(2 * SKIPPED)(read_old), lru_cache(2 * SKIPPED)(read_new)

    def is_next_version(i: int, j: int) -> bool:
        if i >= olds or j >= news or not _differ_in_a_spot(old(i), new(j)):
            return False
        neighbours = (old(k) for k in (i - 1, i + 1) if 0 <= k < olds)
        usual = max((_at_ends(other, new(j)) for other in neighbours), default=0)
        own = max(len(old(i)), len(new(j))) - usual
        return _at_ends(old(i), new(j)) - usual > UNCHANGED * own

    i = j = found = failed = 0
    while i < olds and j < news:
        ahead = _AHEAD if failed < PATIENCE + found // WORTH else _AHEAD[:1]
        skip = next((skip for skip in ahead if is_next_version(i + skip[0], j + skip[1])), None)
        if skip is None and _differ_in_spacing(old(i), new(j)):
            skip = _AHEAD[0]
        if skip is None:
            failed += 1
        else:
            found += 1
            i, j = i + skip[0], j + skip[1]
            yield i, j
        i, j = i + 1, j + 1


def _differ_in_spacing(a: bytes, b: bytes) -> bool:
    return max(len(a), len(b)) <= LONG and words(a) == words(b)


def _differ_in_a_spot(a: bytes, b: bytes) -> bool:
    if abs(len(a) - len(b)) > SPOT:
        return False
    rest = max(len(a), len(b)) - SPOT - _at_start(a, b, min(len(a), len(b)))
    return rest <= 0 or a[-rest:] == b[-rest:]


def _at_ends(a: bytes, b: bytes) -> int:
    """Return how many bytes two texts have in common at their beginning and at their end."""
    most = min(len(a), len(b))
    start = _at_start(a, b, most)
    return start + _at_end(a, b, most - start)


def _at_start(a: bytes, b: bytes, most: int) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _at_end(a: bytes, b: bytes, most: int) -> int:
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low
