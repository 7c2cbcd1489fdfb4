"""The history of one entry."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from stories import Story, Told, entry_id
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import RevisionError, UsageError
from rtstore.workspace.lookback.entry_log import EntryStep

OTHERS = [Told(f"other {number}", ["Be brief.", f"Question {number}?", "Yes."]) for number in range(300)]


@pytest.fixture
def story(desk: Desk) -> Story:
    return Story(desk)


def steps(desk: Desk, entry: str, revisions: Sequence[str] = (), name: str = NAME) -> list[EntryStep]:
    return list(desk.store.entry_log(name, entry, revisions))


def told(desk: Desk, entry: str, name: str = NAME) -> list[tuple[str, str]]:
    """Return what was done to an entry, newest first: the message of the commit and the change."""
    return [(step.commit.message.strip(), step.change.change) for step in steps(desk, entry, name=name)]


def hexed(name: str) -> str:
    return entry_id(name).hex()


def test_what_was_done_to_an_entry_newest_first(desk: Desk) -> None:
    desk.commit_file(lines(talk(1, id="one"), talk(2, id="two"), talk(3, id="three")))
    desk.commit_file(lines(talk(1, id="one"), talk(2, "Foggy.", id="two", tags=["ok"]), talk(3, id="three")))
    desk.commit_file(
        lines(talk(1, "Fine.", id="one"), talk(2, "Foggy.", id="two", tags=["ok"]), talk(3, id="three"))
    )
    edited, added = steps(desk, "2")
    assert (edited.change.change, added.change.change) == ("edited", "added")
    (turn,) = edited.change.turns
    assert (turn.new_index, turn.old, turn.new) == (2, "Very well, thank you.", "Foggy.")
    assert [field.path for field in edited.change.fields] == ["tags"]


def test_another_position_is_no_change_but_a_move_is(desk: Desk) -> None:
    records = [talk(number, id=f"id {number}") for number in range(6)]
    desk.commit_file(lines(*records))
    desk.commit_file(lines({"id": "new", **talk(9)}, *records))
    desk.commit_file(lines({"id": "new", **talk(9)}, *records[1:], records[0]))
    assert [step.change.change for step in steps(desk, "7")] == ["moved", "added"]
    assert [step.change.change for step in steps(desk, "4")] == ["added"]


def test_formatting_alone(desk: Desk) -> None:
    desk.commit_file(lines(talk(1, id="one"), talk(2, id="two")))
    desk.commit_file(lines(talk(1, id="one"), talk(2, id="two")).replace(b'"id": "two"', b'"id":  "two"'))
    assert [step.change.change for step in steps(desk, "2")] == ["reformatted", "added"]


def test_an_entry_is_found_among_many_as_they_come_and_go(desk: Desk, story: Story) -> None:
    commit = story.commit([*OTHERS, Told("mine", ["A", "b"])], message="first")
    for number in range(5):
        mine = [Told("mine", ["A", "b" * (1 + number // 2)])]
        commit = story.commit([*OTHERS[number * 7 :], *mine, *OTHERS[:number]], commit, message=f"{number}")
    assert told(desk, hexed("mine")) == [("4", "edited"), ("2", "edited"), ("first", "added")]


def test_it_is_followed_through_the_renaming_of_its_dataset(desk: Desk, story: Story) -> None:
    first = story.commit({"old.jsonl": [*OTHERS, Told("mine", ["A"])]}, message="first")
    second = story.commit({"new.jsonl": [*OTHERS, Told("mine", ["A"])]}, first, message="renamed")
    story.commit({"new.jsonl": [*OTHERS, Told("mine", ["B"])]}, second, message="edited")
    assert told(desk, hexed("mine"), "new.jsonl") == [
        ("edited", "edited"),
        ("renamed", "moved"),
        ("first", "added"),
    ]
    assert steps(desk, "301", name="new.jsonl")[1].old_path == "old.jsonl"


def test_it_is_followed_from_one_dataset_to_another(desk: Desk, story: Story) -> None:
    first = story.commit({"a.jsonl": OTHERS[:9], "b.jsonl": OTHERS[20:30]}, message="first")
    moved = {"a.jsonl": OTHERS[1:9], "b.jsonl": [*OTHERS[20:30], Told("other 0", ["Changed."])]}
    story.commit(moved, first, message="second")
    assert told(desk, hexed("other 0"), "b.jsonl") == [("second", "edited"), ("first", "added")]
    assert steps(desk, "11", name="b.jsonl")[0].old_path == "a.jsonl"


def test_a_copy_in_another_dataset_begins_anew(desk: Desk, story: Story) -> None:
    first = story.commit({"a.jsonl": OTHERS[:9]}, message="first")
    story.commit({"a.jsonl": OTHERS[:9], "b.jsonl": OTHERS[:9]}, first, message="copied")
    assert told(desk, "1", "b.jsonl") == [("copied", "added")]


def test_an_entry_that_was_removed_and_came_back(desk: Desk, story: Story) -> None:
    first = story.commit([*OTHERS, Told("mine", ["A"])], message="first")
    second = story.commit(OTHERS, first, message="removed")
    third = story.commit([Told("mine", ["A"]), *OTHERS], second, message="back")
    story.commit(OTHERS, third, message="removed again")
    assert told(desk, hexed("mine")) == [
        ("removed again", "removed"), ("back", "added"), ("removed", "removed"), ("first", "added"),
    ]  # fmt: skip


def test_an_entry_of_a_dataset_that_is_gone(desk: Desk, story: Story) -> None:
    first = story.commit({"a.jsonl": OTHERS[:3], NAME: OTHERS[4:6]}, message="first")
    story.commit({NAME: OTHERS[4:6]}, first, message="dropped")
    assert told(desk, hexed("other 2"), "a.jsonl") == [("dropped", "removed"), ("first", "added")]


def test_the_entries_it_was_made_of_are_followed(desk: Desk, story: Story) -> None:
    one, two = Told("one", ["S", "a", "b"]), Told("two", ["S", "c", "d"])
    first = story.commit([*OTHERS, one], message="first")
    second = story.commit([*OTHERS, one, two], first, message="second")
    story.commit([*OTHERS, Told("both", ["S", "a", "b", "c", "d"], ["one", "two"])], second, message="joined")
    assert told(desk, hexed("both")) == [("joined", "added"), ("second", "added"), ("first", "added")]
    assert steps(desk, hexed("both"))[0].sources == (entry_id("one"), entry_id("two"))
    assert told(desk, hexed("one")) == [("joined", "removed"), ("first", "added")]


def test_a_merge_that_took_one_side_is_passed_over(desk: Desk, story: Story) -> None:
    base = story.commit([Told("mine", ["A"]), *OTHERS], message="base")
    ours = story.commit([Told("mine", ["A"]), *OTHERS[1:]], base, message="ours")
    theirs = story.commit([Told("mine", ["B"]), *OTHERS], base, message="theirs")
    story.commit([Told("mine", ["B"]), *OTHERS[1:]], ours, theirs, message="merge")
    assert told(desk, hexed("mine")) == [("theirs", "edited"), ("base", "added")]


def test_a_merge_that_made_an_entry_what_it_was_on_no_side(desk: Desk, story: Story) -> None:
    base = story.commit([Told("mine", ["A", "a"])], message="base")
    ours = story.commit([Told("mine", ["B", "a"])], base, message="ours")
    theirs = story.commit([Told("mine", ["A", "b"])], base, message="theirs")
    story.commit([Told("mine", ["B", "b"])], ours, theirs, message="merge")
    assert told(desk, hexed("mine")) == [
        ("merge", "edited"), ("theirs", "edited"), ("ours", "edited"), ("base", "added"),
    ]  # fmt: skip


def test_log_gives_the_commits_of_an_entry(desk: Desk, story: Story) -> None:
    first = story.commit([Told("mine", ["A"]), *OTHERS])
    second = story.commit([Told("mine", ["A"]), *OTHERS[1:]], first)
    third = story.commit([Told("mine", ["B"]), *OTHERS[1:]], second)
    assert [id for id, _ in desk.store.log(dataset=NAME, entry="1")] == [third, first]
    assert [id for id, _ in desk.store.log(dataset=NAME, entry="1", limit=1)] == [third]
    assert [id for id, _ in desk.store.log(["HEAD~2..HEAD"], dataset=NAME, entry="1")] == [third]
    assert [id for id, _ in desk.store.log(["HEAD~1"], dataset=NAME, entry="1")] == [first]


def test_an_entry_needs_a_dataset(desk: Desk, story: Story) -> None:
    story.commit(OTHERS[:3])
    with pytest.raises(UsageError):
        desk.store.log(entry="1")


@pytest.mark.parametrize("entry", ["4", "ffff", "abc"])
def test_an_entry_that_never_was(desk: Desk, story: Story, entry: str) -> None:
    story.commit(OTHERS[:3])
    with pytest.raises(RevisionError):
        steps(desk, entry)


def test_a_dataset_that_never_was(desk: Desk, story: Story) -> None:
    story.commit(OTHERS[:3])
    with pytest.raises(RevisionError, match=r"no dataset mora.jsonl"):
        steps(desk, "1", name="mora.jsonl")


def test_the_beginning_of_two_ids(desk: Desk, story: Story) -> None:
    story.commit(OTHERS[:3])
    with pytest.raises(RevisionError, match="fits several entries"):
        steps(desk, hexed("other")[:10])
