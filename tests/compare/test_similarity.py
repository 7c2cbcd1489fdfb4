"""Which old text became which new one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare import similarity as module
from rtstore.compare.similarity import LIKELY, UNLIKELY, features, pair, similarity, stands_out

texts = st.lists(st.text("abc {}:,é").map(str.encode), max_size=8)


def story(seed: int, length: int = 60) -> list[bytes]:
    chance = random.Random(seed)
    return [b"w%d" % chance.randrange(5000) for _ in range(length)]


def edited(words: list[bytes], seed: int, changes: int = 6) -> list[bytes]:
    chance = random.Random(seed)
    result = list(words)
    for _ in range(changes):
        result[chance.randrange(len(result))] = b"edit%d" % chance.randrange(100)
    return result


def test_a_text_is_like_itself_and_not_like_another() -> None:
    a, b = features(b" ".join(story(1))), features(b" ".join(story(2)))
    assert similarity(a, a) == 1.0
    assert similarity(a, b) < 0.05
    assert similarity(a, b) == similarity(b, a)


def test_a_few_changed_words_leave_a_text_similar() -> None:
    words = story(3, 400)
    assert similarity(features(b" ".join(words)), features(b" ".join(edited(words, 1)))) > 0.8


def test_short_texts_are_compared_by_their_words_too() -> None:
    assert similarity(features(b'{"a": 1}'), features(b'{"a": 2}')) > LIKELY.in_place
    assert similarity(features(b""), features(b"{}")) == 1.0
    assert similarity(features(b""), features(b"word")) == 0.0


@given(texts, texts)
def test_each_text_is_paired_once_at_most(old: list[bytes], new: list[bytes]) -> None:
    for threshold in (LIKELY, UNLIKELY):
        pairs = pair(old, new, threshold)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert all(0 <= i < len(old) and 0 <= j < len(new) for i, j in pairs)


@given(texts)
def test_equal_texts_are_paired_in_their_order(old: list[bytes]) -> None:
    assert sorted(pair(old, list(old))) == [(i, i) for i in range(len(old))]


def test_texts_with_the_same_words_are_paired_whatever_stands_between() -> None:
    old = [b'{"a": "x y", "b": 1}', b'{"a":"x z","b":1}']
    assert pair(old, [b'{"a":"x z", "b":1}', b'{ "a" : "x y", "b" : 1 }']) == [(1, 0), (0, 1)]


@pytest.mark.parametrize("count", [3, 30, 300])
def test_shuffled_and_edited_texts_find_each_other(count: int) -> None:
    stories = [story(number) for number in range(count)]
    order = list(range(count))
    random.Random(0).shuffle(order)
    new = [b" ".join(edited(stories[i], i)) for i in order]
    assert sorted(pair([b" ".join(words) for words in stories], new)) == sorted(
        (i, j) for j, i in enumerate(order)
    )


def test_a_common_prompt_does_not_hide_what_is_different() -> None:
    prompt = b" ".join(story(99, 100)) + b" "
    stories = [prompt + b" ".join(story(number)) for number in range(100)]
    new = [prompt + b" ".join(edited(story(number), number)) for number in range(100)]
    assert sorted(pair(stories, new)) == [(i, i) for i in range(100)]


def test_long_runs_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW", 10)
    old = [b" ".join(story(number)) for number in range(95)]
    new = [b" ".join(edited(story(number), number)) for number in range(95)]
    assert sorted(pair(old, new)) == [(i, i) for i in range(95)]
    assert pair(old, []) == pair([], new) == []


def test_what_stands_out_is_more_similar_than_what_shares_a_template() -> None:
    template = b" ".join(story(7, 80)) + b" "
    others = [template + b" ".join(story(number, 10)) for number in range(10, 14)]
    old = template + b" ".join(story(1, 10))
    assert stands_out(old, template + b" ".join(story(1, 10)) + b" more", others)
    assert not stands_out(old, template + b" ".join(story(2, 10)), others)
    assert stands_out(old, old + b" more", [])
