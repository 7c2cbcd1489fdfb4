"""Which turn of a conversation became which."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare.turns import Aligned, align_turns
from rtstore.model.shapes import Turn, turns

ROLES = {"s": "system", "u": "user", "a": "assistant"}
SEA = "The sea is grey today and the light burns low."
INN = "Come in, close the door, and mind the third step of the stair."

chats = st.lists(
    st.tuples(st.sampled_from("ua"), st.sampled_from(["", "Yes.", "No.", "Go on.", SEA, INN, SEA + " Aye."])),
    max_size=8,
)


def chat(*said: str | tuple[str, str]) -> list[Turn]:
    """Return turns written like ``u: hello``."""
    pairs = [each if isinstance(each, tuple) else each.split(": ", 1) for each in said]
    return turns({"messages": [{"role": ROLES[role], "content": text} for role, text in pairs]})


def aligned(old: list[Turn], new: list[Turn]) -> list[tuple[int | None, int | None]]:
    return [(pair.old, pair.new) for pair in align_turns(old, new)]


@given(chats, chats)
def test_every_turn_of_both_is_there_once_in_the_order_of_the_new_version(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    pairs = align_turns(chat(*old), chat(*new))
    assert [pair.new for pair in pairs if pair.new is not None] == list(range(len(new)))
    assert sorted(pair.old for pair in pairs if pair.old is not None) == list(range(len(old)))
    staying = [pair.old for pair in pairs if pair.old is not None and not pair.moved]
    assert staying == sorted(staying)
    for pair in pairs:
        if pair.old is not None and pair.new is not None and old[pair.old][0] != new[pair.new][0]:
            assert old[pair.old][1][:20] == new[pair.new][1][:20]


@given(chats)
def test_a_conversation_is_aligned_with_itself(said: list[tuple[str, str]]) -> None:
    assert align_turns(chat(*said), chat(*said)) == [Aligned(at, at) for at in range(len(said))]


def test_an_edited_turn_is_paired_with_what_it_was() -> None:
    old = chat("s: You are Nell.", "u: How is the sea?", f"a: {SEA}", "u: Thanks.")
    new = chat("s: You are Nell.", "u: How is the sea?", f"a: {SEA} Mind it.", "u: Thanks.")
    assert aligned(old, new) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_a_turn_rewritten_from_beginning_to_end_is_edited_where_it_alone_changed() -> None:
    assert aligned(chat("u: Well?", f"a: {SEA}"), chat("u: Well?", "a: No idea.")) == [(0, 0), (1, 1)]


def test_a_whole_conversation_in_another_language_is_paired_turn_by_turn() -> None:
    old = chat("u: How is the sea?", "a: Grey.", "u: And the light?", "a: Low.")
    new = chat("u: Wie ist die See?", "a: Grau.", "u: Und das Licht?", "a: Niedrig.")
    assert aligned(old, new) == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_added_and_removed_turns_leave_their_neighbours_alone() -> None:
    old = chat("u: One?", "a: First.", "u: Two?", "a: Second.")
    new = chat("u: One?", "a: First.", "u: Between?", f"a: {INN}", "u: Two?", "a: Second.")
    assert aligned(old, new) == [(0, 0), (1, 1), (None, 2), (None, 3), (2, 4), (3, 5)]
    assert aligned(new, old) == [(0, 0), (1, 1), (2, None), (3, None), (4, 2), (5, 3)]


def test_a_turn_that_moved_and_got_another_role_is_the_same_if_it_says_enough() -> None:
    old = chat("u: One?", f"a: {SEA}", "u: Two?", "a: Second.")
    new = chat("u: One?", "u: Two?", "a: Second.", f"u: {SEA}")
    assert align_turns(old, new)[-1] == Aligned(1, 3, moved=True)
    short = chat("u: One?", "u: Two?", "a: Second.", "u: Yes.")
    assert not any(
        pair.moved for pair in align_turns(chat("u: One?", "a: Yes.", "u: Two?", "a: Second."), short)
    )


def test_a_removed_turn_stands_before_what_was_added_in_its_place() -> None:
    old = chat("u: One?", "a: Yes.", "u: Two?")
    new = chat("u: One?", "a: No.", "u: What?", f"a: {INN}", "u: Two?")
    assert aligned(old, new) == [(0, 0), (1, None), (None, 1), (None, 2), (None, 3), (2, 4)]


def test_of_similar_turns_the_most_similar_is_the_same_one() -> None:
    old = chat("u: Well?", f"a: {SEA}", "u: Go on.")
    new = chat("u: Well?", f"a: {INN}", "u: Hm.", f"a: {SEA} Aye.", "u: Go on.")
    assert (1, 3) in aligned(old, new)


def test_a_turn_that_went_elsewhere_moved() -> None:
    old = chat(f"a: {SEA}", "u: One?", "a: First.", "u: Two?")
    new = chat("u: One?", "a: First.", "u: Two?", f"a: {SEA}")
    pairs = align_turns(old, new)
    assert pairs == [Aligned(1, 0), Aligned(2, 1), Aligned(3, 2), Aligned(0, 3, moved=True)]


def test_a_turn_that_went_elsewhere_and_was_edited_is_still_the_same() -> None:
    old = chat(f"a: {SEA} {INN}", "u: One?", "a: First.", "u: Two?")
    new = chat("u: One?", "a: First.", "u: Two?", f"a: {SEA} Aye. {INN}")
    assert align_turns(old, new)[-1] == Aligned(0, 3, moved=True)


def test_a_corrected_role_is_the_same_turn_and_another_text_of_another_role_is_not() -> None:
    assert aligned(chat("u: Hello.", f"a: {SEA}"), chat("u: Hello.", f"u: {SEA}")) == [(0, 0), (1, 1)]
    assert aligned(chat("u: Hello.", f"a: {SEA}"), chat("u: Hello.", f"u: {INN}")) == [
        (0, 0),
        (1, None),
        (None, 1),
    ]


def test_chosen_and_rejected_answers_are_never_taken_for_each_other() -> None:
    old = turns({"prompt": "Well?", "chosen": SEA, "rejected": INN})
    new = turns({"prompt": "Well?", "chosen": INN, "rejected": SEA})
    assert aligned(old, new) == [(0, 0), (1, 1), (2, 2)]


def test_calls_of_tools_are_told_apart_by_what_they_call() -> None:
    def call(name: str) -> dict[str, Any]:
        return {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": "{}"}}]}

    old = turns({"messages": [call("weather"), call("clock")]})
    new = turns({"messages": [call("tides"), call("weather"), call("clock")]})
    assert aligned(old, new) == [(None, 0), (0, 1), (1, 2)]


@pytest.mark.parametrize("edit", ["none", "few", "every", "other"])
def test_thousands_of_turns_are_aligned(edit: str) -> None:
    chance = random.Random(3)
    said = [("ua"[at % 2], " ".join(f"w{chance.randrange(3000)}" for _ in range(20))) for at in range(2_000)]
    if edit == "other":
        new = [(role, " ".join(f"v{chance.randrange(3000)}" for _ in range(20))) for role, _ in said]
    else:
        share = {"none": 0.0, "few": 0.02, "every": 1.0}[edit]
        new = [(role, text + " aye" if chance.random() < share else text) for role, text in said]
    assert aligned(chat(*said), chat(*new)) == [(at, at) for at in range(2_000)]


def test_thousands_of_equal_turns_of_which_a_few_are_gone_are_aligned() -> None:
    said = [("ua"[at % 2], "Yes.") for at in range(4_000)]
    pairs = align_turns(chat(*said), chat(*said[:1_000], *said[1_006:]))
    assert sum(pair.new is None for pair in pairs) == 6
    assert not any(pair.moved for pair in pairs)


def test_turns_of_a_million_characters_are_aligned() -> None:
    huge = "lantern " * 125_000
    assert aligned(chat("u: Well?", f"a: {huge}"), chat("u: Well?", f"a: {huge}out")) == [(0, 0), (1, 1)]
