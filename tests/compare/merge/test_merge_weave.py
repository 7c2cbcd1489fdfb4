"""Order starts from ours; what theirs inserted or moved goes after its left neighbour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare.merge.weave import moved_apart, woven

ORDERS = st.lists(st.sampled_from("abcdefgh"), unique=True).map("".join)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("abc", "abc", "abc", "abc"),
        ("abc", "abxc", "abyc", "abxyc"),
        ("abc", "xabc", "yabc", "xyabc"),
        ("abc", "abcx", "abcyz", "abcxyz"),
        ("abc", "ac", "abxc", "abxc"),
        ("abcd", "abcd", "dabc", "dabc"),
        ("abcd", "abxcd", "bacd", "baxcd"),
        ("abcd", "dabc", "abdc", "dabc"),
        ("abcd", "abcxd", "bcad", "bcxad"),
        ("", "ab", "cb", "acb"),
    ],
)
def test_runs_of_theirs_go_behind_ours_after_the_same_neighbour(
    base: str, ours: str, theirs: str, expected: str
) -> None:
    assert "".join(woven(base, ours, theirs)) == expected


@given(ORDERS, ORDERS)
def test_an_order_that_one_side_alone_changed_is_that_of_this_side(base: str, other: str) -> None:
    assert [item for item in woven(base, base, other) if item in other] == list(other)
    assert [item for item in woven(base, other, base) if item in other] == list(other)


@given(ORDERS, ORDERS, ORDERS)
def test_every_item_of_either_side_is_there_once(base: str, ours: str, theirs: str) -> None:
    assert sorted(woven(base, ours, theirs)) == sorted({*ours, *theirs})


def test_moves_of_both_sides_are_told_apart_from_the_same_ones() -> None:
    assert moved_apart("abcd", "dabc", "adbc")
    assert not moved_apart("abcd", "dabc", "dabc")
    assert not moved_apart("abcd", "dabc", "abxcd")
