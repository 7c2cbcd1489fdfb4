"""Which commit last changed each turn of an entry."""

from __future__ import annotations

import pytest
from stories import Story, Told, entry_id
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import RevisionError

OTHERS = [Told(f"other {number}", ["Be brief.", f"Question {number}?", "Yes."]) for number in range(300)]
SYSTEM = "You are Osk, ferryman of the Patience."
ASKED = "How much is it to the other side?"
ANSWERED = "Two coppers, and a third if you bring the goat."
AGAIN = "And what does the goat pay?"


@pytest.fixture
def story(desk: Desk) -> Story:
    return Story(desk)


def blamed(desk: Desk, entry: str = "mine", revision: str = "HEAD", name: str = NAME) -> list[str]:
    """Return the message of the commit that each turn is blamed on."""
    found = desk.store.blame(name, entry_id(entry).hex(), revision)
    assert [each.index for each in found] == list(range(len(found)))
    return [each.commit.message.strip() for each in found]


def mine(*turns: str) -> list[Told]:
    return [*OTHERS, Told("mine", turns)]


def test_each_turn_is_blamed_on_the_commit_that_last_changed_it(desk: Desk) -> None:
    first = desk.commit_file(lines(talk(1, id="one"), talk(2, id="two")))
    second = desk.commit_file(lines(talk(1, id="one"), talk(2, "Foggy.", id="two")))
    third = desk.commit_file(lines(talk(1, "Fine.", id="one"), talk(2, "Foggy.", id="two")))
    assert [each.commit_id for each in desk.store.blame(NAME, "2")] == [first, first, second]
    assert [each.commit_id for each in desk.store.blame(NAME, "1")] == [first, first, third]
    assert [each.turn.content for each in desk.store.blame(NAME, "2")][2] == "Foggy."
    assert [each.commit_id for each in desk.store.blame(NAME, "1", "HEAD~1")] == [first, first, first]


def test_turns_that_moved_or_were_added_between(desk: Desk, story: Story) -> None:
    first = story.commit(mine(SYSTEM, ASKED, ANSWERED), message="first")
    second = story.commit(mine(SYSTEM, "Ahoy!", "Aye.", ASKED, ANSWERED), first, message="second")
    story.commit(mine(SYSTEM, "Ahoy!", "Aye.", ASKED, ANSWERED, AGAIN), second, message="third")
    assert blamed(desk) == ["first", "second", "second", "first", "first", "third"]


def test_the_entry_may_have_moved_and_its_dataset_been_renamed(desk: Desk, story: Story) -> None:
    entry = Told("mine", [SYSTEM, ASKED, ANSWERED])
    first = story.commit({"a.jsonl": [*OTHERS, entry]}, message="first")
    second = story.commit({"a.jsonl": [entry, *OTHERS]}, first, message="second")
    third = story.commit({"b.jsonl": [entry, *OTHERS]}, second, message="third")
    story.commit({"b.jsonl": [Told("mine", [SYSTEM, ASKED, "No."]), *OTHERS]}, third, message="fourth")
    assert blamed(desk, name="b.jsonl") == ["first", "first", "fourth"]


def test_a_merge_is_not_blamed_for_what_either_side_had(desk: Desk, story: Story) -> None:
    base = story.commit(mine(SYSTEM, ASKED, ANSWERED), message="base")
    ours = story.commit(mine(SYSTEM + " Be kind.", ASKED, ANSWERED), base, message="ours")
    theirs = story.commit(mine(SYSTEM, ASKED, ANSWERED, AGAIN), base, message="theirs")
    story.commit(mine(SYSTEM + " Be kind.", ASKED, "Nothing.", AGAIN), ours, theirs, message="merge")
    assert blamed(desk) == ["ours", "base", "merge", "theirs"]


def test_the_two_parts_of_a_split(desk: Desk, story: Story) -> None:
    whole = [SYSTEM, ASKED, ANSWERED, AGAIN, "It rides free."]
    first = story.commit(mine(*whole), message="first")
    second = story.commit(mine(*whole[:4], "It pays in cheese."), first, message="second")
    parts = [
        Told("part one", whole[:3], ["mine"]),
        Told("part two", [SYSTEM, AGAIN, "It pays in cheese."], ["mine"]),
    ]
    third = story.commit([*OTHERS, *parts], second, message="split")
    parts[0] = Told("part one", [SYSTEM, ASKED, "Three coppers."], ["mine"])
    story.commit([*OTHERS, *parts], third, message="fourth")
    assert blamed(desk, "part one") == ["first", "first", "fourth"]
    assert blamed(desk, "part two") == ["first", "first", "second"]


def test_entries_that_were_joined(desk: Desk, story: Story) -> None:
    one, two = Told("one", [SYSTEM, ASKED, ANSWERED]), Told("two", [SYSTEM, AGAIN, "It rides free."])
    first = story.commit([*OTHERS, one], message="first")
    second = story.commit([*OTHERS, one, two], first, message="second")
    turns = [SYSTEM, ASKED, ANSWERED, AGAIN, "It rides for cheese."]
    story.commit([*OTHERS, Told("both", turns, ["one", "two"])], second, message="joined")
    assert blamed(desk, "both") == ["first", "first", "first", "second", "joined"]


def test_turns_that_say_the_same_keep_their_order(desk: Desk, story: Story) -> None:
    first = story.commit(mine(SYSTEM, "Aye.", "Aye."), message="first")
    story.commit(mine(SYSTEM, "Aye.", "Aye.", "Aye.", "Aye."), first, message="second")
    assert sorted(blamed(desk)) == ["first", "first", "first", "second", "second"]


def test_more_than_the_text_of_a_turn_can_change(desk: Desk) -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"name": "ferry"}]}
    first = desk.commit_file(lines({"id": "one", "messages": [{"role": "user", "content": "Go."}, call]}))
    call = {**call, "tool_calls": [{"name": "goat"}]}
    second = desk.commit_file(lines({"id": "one", "messages": [{"role": "user", "content": "Go."}, call]}))
    assert [each.commit_id for each in desk.store.blame(NAME, "1")] == [first, second]


def test_formatting_is_nobodys_change(desk: Desk) -> None:
    first = desk.commit_file(lines(talk(1, id="one")))
    desk.commit_file(lines(talk(1, id="one")).replace(b'": ', b'":  '))
    assert {each.commit_id for each in desk.store.blame(NAME, "1")} == {first}


def test_a_record_without_turns(desk: Desk) -> None:
    desk.commit_file(lines({"id": "one", "poem": "The sea."}))
    assert desk.store.blame(NAME, "1") == ()


def test_an_entry_that_is_not_there(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    with pytest.raises(RevisionError):
        desk.store.blame(NAME, "2")
    with pytest.raises(RevisionError):
        desk.store.blame("none.jsonl", "1")
