"""Two edits of one text merge where they do not touch each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare.merge.words import merge_words

BASE = "The old keeper lit the lamp, and the boats came home."
TEXTS = st.lists(st.sampled_from(["the ", "old ", "lamp", " ", ", ", "灯", "\n", "🜁", "x"]), max_size=8).map(
    "".join
)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (("old", "young"), ("home", "back"), "The young keeper lit the lamp, and the boats came back."),
        (("old ", ""), (" home", ""), "The keeper lit the lamp, and the boats came."),
        (
            ("The", "Once the"),
            ("home", "home, late"),
            "Once the old keeper lit the lamp, and the boats came home, late.",
        ),
        (("old", "young"), ("old", "young"), "The young keeper lit the lamp, and the boats came home."),
        (("old", "young"), ("old", "tired"), None),
        (("old", "young"), ("keeper", "woman"), None),
        (("lamp", "fire"), ("and", "while"), None),
        (("old ", "old, old "), ("keeper", "woman"), None),
        (
            ("lamp", "fire"),
            ("the boats", "our boats"),
            "The old keeper lit the fire, and our boats came home.",
        ),
        (("home.", "home. At last."), ("home.", "home! At last!"), None),
    ],
)
def test_edits_merge_unless_they_touch_the_same_or_neighbouring_words(
    ours: tuple[str, str], theirs: tuple[str, str], expected: str | None
) -> None:
    one, other = BASE.replace(*ours), BASE.replace(*theirs)
    assert merge_words(BASE, one, other) == expected
    assert merge_words(BASE, other, one) == expected


def test_a_text_rewritten_on_both_sides_is_not_woven_together() -> None:
    ours = "A young girl put out the fire, so the fleet was lost."
    theirs = "Nobody saw the lamp that night, and no boats came."
    assert merge_words(BASE, ours, theirs) is None


def test_texts_without_spaces_merge_by_their_characters() -> None:
    assert (
        merge_words("老人点亮了灯,船回家了。", "少人点亮了灯,船回家了。", "老人点亮了灯,船回港了。")
        == "少人点亮了灯,船回港了。"
    )


@given(TEXTS, TEXTS)
def test_a_text_that_one_side_alone_changed_is_that_side(base: str, other: str) -> None:
    assert merge_words(base, other, base) == other
    assert merge_words(base, base, other) == other
    assert merge_words(base, other, other) == other


@given(TEXTS, TEXTS, TEXTS)
def test_the_sides_may_be_swapped(base: str, ours: str, theirs: str) -> None:
    assert merge_words(base, ours, theirs) == merge_words(base, theirs, ours)
