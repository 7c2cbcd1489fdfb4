"""What a text is reduced to, and how similar two are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import changed, story, talk

from rtstore.compare import sketch as module
from rtstore.compare.sketch import RARE, USUAL, features, similarity, sketch, usual_features, words

some_texts = st.text("abc {}:,é你好").map(str.encode)


def of(*parts: list[str]) -> bytes:
    return " ".join(word for part in parts for word in part).encode()


class TestWords:
    def test_case_spacing_and_punctuation_are_no_words(self) -> None:
        assert words(b'{"Role": "user",\n"text":"Good-bye, Mara!"}') == words(b"role USER text good bye mara")

    def test_escapes_do_not_matter(self) -> None:
        record = {"text": "Où est le café ? 你好 \U0001f600\nquelque part"}
        assert words(json.dumps(record).encode()) == words(json.dumps(record, ensure_ascii=False).encode())

    def test_a_broken_escape_does_no_harm(self) -> None:
        assert words(rb'"\ud83d x \u12"')[-2:] == [b"x", b"u12"]

    def test_a_script_without_spaces_has_a_word_a_character(self) -> None:
        assert words("你好, Mara朋友".encode()) == [
            "你".encode(),
            "好".encode(),
            b"mara",
            *map(str.encode, "朋友"),
        ]


class TestSimilarity:
    def test_a_text_is_like_itself_and_not_like_another(self) -> None:
        a, b = sketch(of(story(1))), sketch(of(story(2)))
        assert similarity(a, a) == 1.0
        assert similarity(a, b) < 0.05

    @given(some_texts, some_texts)
    def test_it_is_a_share_and_the_same_both_ways(self, a: bytes, b: bytes) -> None:
        usual = frozenset(list(features(a))[::2])
        one, other = sketch(a, usual), sketch(b, usual)
        assert 0 <= similarity(one, other) == similarity(other, one) <= 1
        assert similarity(one, one) == 1

    def test_texts_without_any_word_are_alike(self) -> None:
        assert similarity(sketch(b""), sketch(b"{}")) == 1.0
        assert similarity(sketch(b""), sketch(b"word")) == 0.0

    @pytest.mark.parametrize(("length", "least"), [(10, 0.5), (25, 0.7), (400, 0.95)])
    def test_a_changed_word_leaves_a_text_similar(self, length: int, least: float) -> None:
        text = story(3, length)
        assert similarity(sketch(of(text)), sketch(of(changed(text, 1)))) > least

    def test_a_text_that_goes_on_is_similar_to_its_beginning(self) -> None:
        start = story(4, 60)
        assert similarity(sketch(of(start)), sketch(of(start, story(5, 180)))) >= 0.4


class TestUsual:
    def test_what_many_texts_have_is_usual(self) -> None:
        prompt = story(99, 100)
        usual = usual_features(of(prompt, story(number)) for number in range(50))
        assert features(of(prompt)) <= usual
        assert not features(of(story(1))) & usual

    def test_it_does_not_make_texts_similar(self) -> None:
        prompt = story(99, 500)
        usual = usual_features(talk(story(number), prompt) for number in range(50))
        one, other = talk(story(1), prompt), talk(story(2), prompt)
        assert similarity(sketch(one), sketch(other)) > 0.5
        assert similarity(sketch(one, usual), sketch(other, usual)) < 0.05
        assert similarity(sketch(one, usual), sketch(talk(changed(story(1), 1), prompt), usual)) > 0.85

    def test_it_decides_where_there_is_nothing_else(self) -> None:
        text = story(6)
        usual = frozenset(features(of(text)))
        assert similarity(sketch(of(text), usual), sketch(of(changed(text, 1)), usual)) > 0.7


def test_a_sketch_of_a_long_text_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    text = of(story(7, 5000))
    whole = sketch(text, frozenset(features(of(story(7, 50)))))
    assert (len(whole.rare), len(whole.usual)) == (RARE, USUAL)
    monkeypatch.setattr(module, "PART", 1000)
    assert similarity(whole, sketch(text, frozenset(features(of(story(7, 50)))))) > 0.9
