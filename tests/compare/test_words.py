"""Words of texts, and the words that changed between two versions of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare.words import matching, word_runs, words

texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(["the ", "sea", " ", "\n", "lamp", ", ", "don't", "海", "\ud800", "é"])).map(
        "".join
    ),
)


def marked(old: str, new: str) -> str:
    """Return two versions as one text: ``[-removed-]``, ``{+added+}``."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(marks[run.kind].format(run.text) for run in word_runs(old, new))


@given(texts)
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(words(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know.", ["I", " ", "don't", " ", "know", "."]),
        ("Nell’s 3.50\n\ngold", ["Nell’s", " ", "3.50", "\n", "\n", "gold"]),
        ("“Aye…”  *nods*", ["“", "Aye", "…", "”", "  ", "*", "nods", "*"]),
        ("你好，Nell", ["你", "好", "，", "Nell"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", " ", "हिन्दी"]),
        ("👩‍👩‍👧 👍🏽!", ["👩‍👩‍👧", " ", "👍🏽", "!"]),
    ],
)
def test_a_word_is_what_a_reader_takes_for_one(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(texts, texts)
def test_what_is_not_added_is_the_old_text_and_what_is_not_removed_the_new_one(old: str, new: str) -> None:
    runs = word_runs(old, new)
    assert "".join(run.text for run in runs if run.kind != "added") == old
    assert "".join(run.text for run in runs if run.kind != "removed") == new
    assert all(run.text for run in runs)


@given(texts, texts)
def test_matching_words_are_the_same_and_in_order(old: str, new: str) -> None:
    old_words, new_words = words(old), words(new)
    at = (0, 0)
    for block in matching(old_words, new_words):
        assert block.size > 0
        assert at <= (block.old, block.new)
        assert block.old >= at[0]
        assert block.new >= at[1]
        at = block.old + block.size, block.new + block.size
        assert old_words[block.old : at[0]] == new_words[block.new : at[1]]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("same", "same", "same"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("The brown fox jumps.", "The red fox jumps.", "The [-brown-]{+red+} fox jumps."),
        ("one two three", "one three", "one [-two -]three"),
        ("I saw it.", "I saw it, twice.", "I saw it{+, twice+}."),
        ("我是你的朋友。", "我是朋友。", "我是[-你的-]朋友。"),
        ("first\nsecond", "first\n\nsecond", "first\n{+\n+}second"),
    ],
)
def test_a_change_reads_as_what_was_removed_and_what_was_added(old: str, new: str, expected: str) -> None:
    assert marked(old, new) == expected


def test_neighbouring_words_that_changed_are_one_change() -> None:
    assert marked("a big dog ran", "a small cat ran") == "a [-big dog-]{+small cat+} ran"


def test_a_sentence_written_anew_is_no_confetti() -> None:
    old, new = "I was at the sea when the storm came.", "She sat near a fire and told the story of old."
    assert marked(old, new) == f"[-{old[:-1]}-]{{+{new[:-1]}+}}."


def test_a_long_text_with_a_few_changes_keeps_the_rest() -> None:
    old = " ".join(f"word{number % 700}" for number in range(60_000))
    new = old.replace("word7 ", "lantern ", 3)
    runs = word_runs(old, new)
    assert [run.text for run in runs if run.kind == "added"] == ["lantern"] * 3
    assert [run.text for run in runs if run.kind == "removed"] == ["word7"] * 3
