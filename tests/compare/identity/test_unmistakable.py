"""Next versions that are recognised without looking at their words."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from texts import changed, story, talk

from rtstore.compare.identity.unmistakable import unmistakable


def found(old: list[bytes], new: list[bytes]) -> list[tuple[int, int]]:
    return list(unmistakable(old.__getitem__, len(old), new.__getitem__, len(new)))


def in_place(count: int) -> list[tuple[int, int]]:
    return [(number, number) for number in range(count)]


STORIES = [story(number) for number in range(100)]
OLD = [talk(words) for words in STORIES]
EDITED = [talk(changed(words, number)) for number, words in enumerate(STORIES)]


def test_a_word_changed_in_each() -> None:
    assert found(OLD, EDITED) == in_place(100)


def test_a_word_inserted_in_each() -> None:
    assert found(OLD, [talk([*words[:30], "lantern", *words[30:]]) for words in STORIES]) == in_place(100)


def test_another_spacing_in_each() -> None:
    compact = [json.dumps(json.loads(text), separators=(",", ":")).encode() for text in OLD]
    assert found(OLD, compact) == in_place(100)


def test_what_came_and_went_between_them_is_skipped() -> None:
    new = [*EDITED[:10], talk(story(500)), talk(story(501)), *EDITED[10:50], *EDITED[53:]]
    expected = [*in_place(10), *((i, i + 2) for i in range(10, 50)), *((i, i - 1) for i in range(53, 100))]
    assert found(OLD, new) == expected


def test_other_texts_are_no_versions() -> None:
    assert found(OLD, [talk(story(number)) for number in range(200, 300)]) == []


def test_a_template_makes_no_version() -> None:
    prompt = story(999, 500)
    old = [talk(words[:6], prompt) for words in STORIES]
    assert found(old, [talk(story(number, 6), prompt) for number in range(200, 300)]) == []
    assert found(old, [talk(changed(words[:6], 1), prompt) for words in STORIES]) == in_place(100)


def test_of_equal_texts_none_is_unmistakable() -> None:
    assert found([OLD[0]] * 50, [EDITED[0]] * 50) == []


@given(st.lists(st.sampled_from(OLD[:4] + EDITED[:4] + [b"", b"{}"])), st.lists(st.sampled_from(OLD[:4])))
def test_numbers_ascend(old: list[bytes], new: list[bytes]) -> None:
    pairs = found(old, new)
    assert all(0 <= i < len(old) and 0 <= j < len(new) for i, j in pairs)
    for column in zip(*pairs, strict=True):
        assert sorted(set(column)) == list(column)
