"""Which old text became which new one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import changed, shuffled, story

from rtstore.compare.similarity import LIKELY, Threshold, pair

some_texts = st.lists(st.text("abc {}:,é").map(str.encode), max_size=12)


def texts(*stories: list[str]) -> list[bytes]:
    return [" ".join(words).encode() for words in stories]


@given(some_texts, some_texts)
def test_each_text_is_paired_once_at_most(old: list[bytes], new: list[bytes]) -> None:
    for threshold in (LIKELY, Threshold(0.6, 0.6)):
        pairs = pair(old, new, threshold)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert all(0 <= i < len(old) and 0 <= j < len(new) for i, j in pairs)


@given(some_texts)
def test_equal_texts_are_paired_in_their_order(old: list[bytes]) -> None:
    assert sorted(pair(old, list(old))) == [(i, i) for i in range(len(old))]


def test_texts_with_the_same_words_are_paired_whatever_stands_between() -> None:
    old = [b'{"a": "x y", "b": 1}', b'{"a":"x z","b":1}']
    assert pair(old, [b'{"a":"x z", "b":1}', b'{ "a" : "x y", "b" : 1 }']) == [(1, 0), (0, 1)]


@pytest.mark.parametrize("count", [3, 30, 300])
def test_shuffled_and_edited_texts_find_each_other(count: int) -> None:
    order = shuffled(count)
    old = texts(*(story(number) for number in range(count)))
    new = texts(*(changed(story(number), number, 6) for number in order))
    assert sorted(pair(old, new)) == sorted((i, j) for j, i in enumerate(order))


def test_a_common_prompt_does_not_hide_what_is_different() -> None:
    prompt = story(999, 100)
    old = texts(*(prompt + story(number) for number in range(100)))
    new = texts(*(prompt + changed(story(number), number) for number in range(100)))
    assert sorted(pair(old, new)) == [(i, i) for i in range(100)]


def test_the_same_place_makes_up_for_less_similarity() -> None:
    old, new = texts(story(1), story(2)), texts(story(1)[:20] + story(3)[:40], story(2))
    assert pair(old, new, Threshold(0.9, 0.1)) == [(1, 1), (0, 0)]
    assert pair(old, new, Threshold(0.9, 0.9)) == [(1, 1)]


def test_nothing_pairs_with_nothing() -> None:
    assert pair([], texts(story(1))) == pair(texts(story(1)), []) == []
