"""Commits that added or removed a text."""

from __future__ import annotations

import pytest
from stories import Story, Told
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import UsageError

OTHERS = [Told(f"other {number}", ["Be brief.", f"Question {number}?", "Yes."]) for number in range(300)]


@pytest.fixture
def story(desk: Desk) -> Story:
    return Story(desk)


def found(desk: Desk, text: str, dataset: str | None = None) -> list[str]:
    return [commit.message.strip() for _, commit in desk.store.log(search=text, dataset=dataset)]


def mine(*turns: str) -> list[Told]:
    return [*OTHERS, Told("mine", ["S", *turns])]


def test_commits_that_added_or_removed_a_text(desk: Desk, story: Story) -> None:
    first = story.commit(mine("A goat."), message="first")
    second = story.commit(mine("A goat and a goose."), first, message="goose")
    third = story.commit(mine("A goat, a goat and a goose."), second, message="one more goat")
    story.commit(mine("A goose."), third, message="no goat")
    assert found(desk, "goat") == ["no goat", "one more goat", "first"]
    assert found(desk, "goose") == ["goose"]
    assert found(desk, "Question 7?") == ["first"]
    assert found(desk, "horse") == []


def test_entries_that_came_and_went(desk: Desk, story: Story) -> None:
    first = story.commit(OTHERS, message="first")
    second = story.commit(mine("A goat."), first, message="came")
    third = story.commit([Told("mine", ["S", "A goat."]), *OTHERS], second, message="moved")
    story.commit(OTHERS, third, message="went")
    assert found(desk, "goat") == ["went", "came"]


def test_fields_that_are_no_turns_do_not_count(desk: Desk) -> None:
    desk.commit_file(lines(talk(1, id="one", tags=["goat"])))
    assert found(desk, "goat") == []


def test_a_renamed_dataset_adds_nothing(desk: Desk, story: Story) -> None:
    first = story.commit({"a.jsonl": mine("A goat.")}, message="first")
    second = story.commit({"b.jsonl": mine("A goat.")}, first, message="renamed")
    story.commit({"c.jsonl": mine("A goat.", "More.")}, second, message="renamed and edited")
    assert found(desk, "goat") == ["first"]
    assert found(desk, "More.") == ["renamed and edited"]


def test_only_one_dataset(desk: Desk, story: Story) -> None:
    first = story.commit({"a.jsonl": mine("A goat.")}, message="first")
    story.commit({"a.jsonl": mine("A goat."), "b.jsonl": mine("A goat.")}, first, message="second")
    assert found(desk, "goat", "a.jsonl") == ["first"]
    assert found(desk, "goat", "b.jsonl") == ["second"]


def test_merges_count_if_no_parent_has_it_so(desk: Desk, story: Story) -> None:
    base = story.commit(mine("A goat.", "Aye."), message="base")
    ours = story.commit(mine("A goat and a goose.", "Aye."), base, message="ours")
    theirs = story.commit(mine("A goat.", "Aye, a goose."), base, message="theirs")
    merge = story.commit(mine("A goat and a goose.", "Aye, a horse."), ours, theirs, message="merge")
    story.commit(mine("A goat and a goose.", "Aye, a horse.", "Go."), merge, message="later")
    assert found(desk, "goose") == ["theirs", "ours"]
    assert found(desk, "horse") == ["merge"]


def test_the_same_record_twice_is_counted_twice(desk: Desk, story: Story) -> None:
    twins = [Told("one", ["S", "A goat."]), Told("two", ["S", "A goat."])]
    first = story.commit(twins, message="first")
    story.commit([Told("one", ["S", "A hen."]), Told("two", ["S", "A hen."])], first, message="second")
    assert found(desk, "goat") == ["second", "first"]


def test_at_most_n(desk: Desk, story: Story) -> None:
    first = story.commit(mine("A goat."), message="first")
    story.commit(mine("A hen."), first, message="second")
    assert [commit.message for _, commit in desk.store.log(search="goat", limit=1)] == ["second\n"]


def test_an_empty_text_is_refused(desk: Desk, story: Story) -> None:
    story.commit(OTHERS)
    with pytest.raises(UsageError):
        desk.store.log(search="")
    assert desk.store.log(dataset=NAME) is not None
