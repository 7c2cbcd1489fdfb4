"""What two sequences have in common in the same order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare import sequences as module
from rtstore.compare.sequences import Same, common_blocks

few_kinds = st.lists(st.integers(0, 5), max_size=30)


def common(old: Sequence[int], new: Sequence[int]) -> int:
    """Check the blocks of two sequences; return how many items they have in common."""
    blocks = common_blocks(old, new)
    for block in blocks:
        assert block.size > 0
        assert list(old[block.old : block.old + block.size]) == list(new[block.new : block.new + block.size])
    for one, other in pairwise(blocks):
        ends = one.old + one.size, one.new + one.size
        assert ends[0] <= other.old
        assert ends[1] <= other.new
        assert ends != (other.old, other.new), "blocks that follow each other are one"
    return sum(block.size for block in blocks)


def longest_common(old: Sequence[int], new: Sequence[int]) -> int:
    """Return the same by the textbook."""
    lengths = [0] * (len(new) + 1)
    for item in old:
        row = [0]
        for at, other in enumerate(new):
            row.append(lengths[at] + 1 if item == other else max(row[-1], lengths[at + 1]))
        lengths = row
    return lengths[-1]


def edited(items: Sequence[int], share: float, seed: int = 1) -> list[int]:
    """Return a sequence with a share of its items changed, another taken out and new ones put in."""
    chance = random.Random(seed)
    result: list[int] = []
    for item in items:
        drawn = chance.random()
        if drawn < share:
            result.append(-chance.randrange(1, 5000))
        elif drawn > 2 * share:
            result.append(item)
    return result


@given(few_kinds, few_kinds)
def test_of_short_sequences_as_much_is_found_as_there_is(old: list[int], new: list[int]) -> None:
    assert common(old, new) == longest_common(old, new)


@given(few_kinds, few_kinds)
def test_the_blocks_of_divided_sequences_are_in_both(old: list[int], new: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SMALL", 2)
        common(old, new)


def test_equal_sequences_are_one_block() -> None:
    assert common_blocks("abc", "abc") == [Same(0, 0, 3)]
    assert common_blocks("", "abc") == common_blocks("abc", "") == common_blocks("", "") == []


@pytest.mark.parametrize("kinds", [5_000, 50_000])
def test_what_is_common_to_long_sequences_is_found_but_for_little(kinds: int) -> None:
    chance = random.Random(7)
    old = [chance.randrange(kinds) for _ in range(60_000)]
    new = edited(old, 0.05)
    assert common(old, new) > 0.99 * sum(1 for item in new if item >= 0)


def test_few_changes_in_long_sequences_of_the_same_few_items_are_found() -> None:
    old = [0, 1] * 2_500
    new = edited(old, 0.03)
    assert common(old, new) > 0.95 * sum(1 for item in new if item >= 0)


def test_steps_are_bounded_where_everything_repeats_and_nothing_fits() -> None:
    chance = random.Random(9)
    old, new = ([chance.randrange(2) for _ in range(20_000)] for _ in range(2))
    work = module._Comparison(old, new)
    work.blocks()
    assert work._steps > -2 * module.MOST_DIFFERENCES
