"""Tokens are counted as the tokenizer of a model makes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tokenizer_samples import word_tokenizer

from rtstore.errors import InputError
from rtstore.formats.tokens import BATCH_TEXTS, TokenCounter


@pytest.fixture
def counter() -> TokenCounter:
    return TokenCounter(word_tokenizer(), "tokenizer.json")


def test_each_text_has_its_count(counter: TokenCounter) -> None:
    assert list(counter.counts(["the lamp", "", "the keeper of the lamp"])) == [2, 0, 5]


def test_tokens_that_a_tokenizer_puts_around_a_text_are_counted_when_asked_for(counter: TokenCounter) -> None:
    assert counter.count("the lamp") == 2
    assert counter.count("the lamp", special=True) == 3


def test_a_length_that_the_file_sets_does_not_cut_or_fill_a_text() -> None:
    counter = TokenCounter(word_tokenizer(cut=2, fill=7), "tokenizer.json")
    assert list(counter.counts(["lamp", "the keeper of the lamp"])) == [1, 5]


def test_any_number_of_texts_is_counted_without_being_held(counter: TokenCounter) -> None:
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for taken in range(1, 10 * BATCH_TEXTS):
            yield "lamp " * (taken % 3)

    counts = counter.counts(texts())
    assert next(counts) == 1
    assert taken == BATCH_TEXTS
    assert sum(counts) == sum(number % 3 for number in range(2, 10 * BATCH_TEXTS))


def test_texts_before_one_that_cannot_be_tokenized_are_counted(counter: TokenCounter) -> None:
    counts = counter.counts(["lamp", "the lamp", "half a \ud83d", "lamp"])
    assert (next(counts), next(counts)) == (1, 2)
    with pytest.raises(InputError, match="a text cannot be tokenized") as error:
        next(counts)
    assert error.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff\xfe", b"{" * 100_000, b'{"a":' * 100_000, word_tokenizer()[:-9]],
    ids=["nothing", "no members", "an array", "no text", "braces", "too deep", "cut off"],
)
def test_what_is_no_tokenizer_is_an_error(data: bytes) -> None:
    with pytest.raises(InputError, match=r"tokenizer\.json: not a tokenizer that can be used") as error:
        TokenCounter(data, "tokenizer.json")
    assert error.value.hint == "give the tokenizer.json of a model"


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtstore.formats.tokens.MAX_FILE", 10)
    with pytest.raises(InputError, match="at most 10 are read"):
        TokenCounter(b"x" * 11, "tokenizer.json")
