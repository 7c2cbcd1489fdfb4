"""Cherry-pick and revert: commits done again, or taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.errors import (
    InProgressError,
    NothingToDoError,
    RevisionError,
    UncommittedChangesError,
    UsageError,
)

Record = dict[str, Any]
OTHER = "Tom <tom@example.org>"


def records(**changes: Any) -> bytes:
    """Return six records; ``e3="..."`` gives one of them another reply, None takes it out."""
    found = [talk(n, changes.get(f"e{n}") or "Very well, thank you.", id=f"e{n}") for n in range(6)]
    return lines(*(record for record in found if changes.get(record["id"], "") is not None))


def replies(desk: Desk) -> list[str]:
    return [json.loads(line)["messages"][2]["content"] for line in desk.read().splitlines()]


def message(desk: Desk, revision: str = "HEAD") -> str:
    return desk.store.commit_at(revision)[1].message


@pytest.fixture
def desk() -> Iterator[Desk]:
    """``noir`` has three commits, each with another entry edited; ``main`` has only what was before."""
    with new_desk() as desk:
        desk.track(records(), id_field="id")
        desk.commit("first")
        desk.store.switch("noir", create=True)
        for number, changes in enumerate(({"e1": "A."}, {"e1": "A.", "e2": "B."}, {"e1": "C.", "e2": "B."})):
            desk.write(records(**changes))
            desk.store.commit(f"Noir {number}", OTHER)
        desk.store.switch("main")
        yield desk


class TestCherryPick:
    def test_a_commit_is_done_again(self, desk: Desk) -> None:
        head = desk.store.head
        result = desk.store.cherry_pick(["noir~1"], AUTHOR)
        assert desk.read() == desk.exported() == records(e2="B.")
        commit = desk.store.commit_at("HEAD")[1]
        assert (commit.message, commit.author, commit.parents) == ("Noir 1\n", OTHER, (head,))
        assert (result.outcome, result.files) == ("merged", (NAME,))
        assert desk.store.status().clean

    def test_several_are_one_operation(self, desk: Desk) -> None:
        head, operations = desk.store.head, len(list(desk.store.operations()))
        result = desk.store.cherry_pick(["noir~2", "noir~1", "noir"], AUTHOR)
        assert len(result.commits) == 3
        assert [message(desk, f"HEAD~{n}") for n in range(3)] == ["Noir 2\n", "Noir 1\n", "Noir 0\n"]
        assert len(list(desk.store.operations())) == operations + 1
        desk.store.undo()
        assert desk.store.head == head
        assert desk.read() == records()

    def test_what_is_there_already_makes_no_commit(self, desk: Desk) -> None:
        desk.store.cherry_pick(["noir~2"], AUTHOR)
        head = desk.store.head
        result = desk.store.cherry_pick(["noir~2"], AUTHOR)
        assert (result.outcome, result.commits, desk.store.head) == ("up to date", (), head)
        assert "nothing is left to be done" in result.notices[0]

    def test_the_first_commit_of_all_can_be_picked(self, desk: Desk) -> None:
        assert desk.store.cherry_pick(["main"], AUTHOR).outcome == "up to date"

    def test_conflicts_stop_it_and_it_goes_on_after_them(self, desk: Desk) -> None:
        start = desk.commit_file(records(e1="Mine."))
        result = desk.store.cherry_pick(["noir~1", "noir~2", "noir"], AUTHOR)
        assert (result.outcome, len(result.commits)) == ("conflicts", 1)
        assert desk.read() == records(e1="Mine.", e2="B.")
        merging = desk.store.status().merging
        assert merging is not None
        assert (merging.kind, len(merging.remaining)) == ("cherry-pick", 1)
        with pytest.raises(InProgressError, match="cherry-pick is in progress"):
            desk.commit()
        desk.store.resolve_conflict(None, "theirs")
        result = desk.store.continue_merge()
        assert (result.outcome, len(result.commits)) == ("merged", 2)
        assert desk.read() == records(e1="C.", e2="B.")
        assert desk.store.commit_at("HEAD~3")[0] == start
        assert "Resolved:" in message(desk, "HEAD~1")
        assert (message(desk), desk.store.commit_at("HEAD")[1].author) == ("Noir 2\n", OTHER)
        assert desk.store.status().clean

    def test_conflicts_one_after_the_other(self, desk: Desk) -> None:
        desk.commit_file(records(e1="Mine.", e2="Mine."))
        head, files = desk.store.head, desk.files()
        desk.store.cherry_pick(["noir~2", "noir~1"], AUTHOR)
        desk.store.resolve_conflict(None, "theirs")
        result = desk.store.continue_merge()
        assert (result.outcome, len(result.commits), len(result.conflicts)) == ("conflicts", 1, 1)
        assert desk.read() == records(e1="A.", e2="Mine.")
        desk.store.abort_merge()
        assert (desk.store.head, desk.files()) == (head, files)
        desk.store.undo()
        desk.store.resolve_conflict(None, "theirs")
        desk.store.continue_merge()
        assert desk.read() == records(e1="A.", e2="B.")

    def test_one_that_is_resolved_to_nothing_makes_no_commit(self, desk: Desk) -> None:
        head = desk.commit_file(records(e1="Mine."))
        desk.store.cherry_pick(["noir~2"], AUTHOR)
        desk.store.resolve_conflict(None, "ours")
        assert desk.store.continue_merge().commits == ()
        assert desk.store.head == head
        assert desk.store.status().merging is None

    def test_or_by_a_commit_that_says_so(self, desk: Desk) -> None:
        desk.commit_file(records(e1="Mine."))
        desk.store.cherry_pick(["noir~2"], AUTHOR)
        desk.store.resolve_conflict(None, "ours")
        with pytest.raises(NothingToDoError, match="the cherry-pick is over"):
            desk.commit()

    def test_a_side_may_decide(self, desk: Desk) -> None:
        desk.commit_file(records(e1="Mine."))
        desk.store.cherry_pick(["noir~2"], AUTHOR, choose="theirs")
        assert desk.read() == records(e1="A.")
        assert message(desk).endswith(f"#{desk.ids()[1][:8]} (changed by both): theirs\n")

    def test_what_cannot_be_picked(self, desk: Desk) -> None:
        desk.commit_file(records(e5="Mine."))
        desk.store.merge("noir", author=AUTHOR)
        with pytest.raises(UsageError, match="is a merge"):
            desk.store.cherry_pick(["HEAD"], AUTHOR)
        with pytest.raises(UsageError, match="needs a commit"):
            desk.store.cherry_pick([], AUTHOR)
        with pytest.raises(RevisionError):
            desk.store.cherry_pick(["nior"], AUTHOR)

    def test_files_that_are_not_clean_are_in_the_way(self, desk: Desk) -> None:
        desk.write(records(e5="Mine."))
        with pytest.raises(UncommittedChangesError, match="has uncommitted changes"):
            desk.store.cherry_pick(["noir~2"], AUTHOR)
        assert desk.read() == records(e5="Mine.")


class TestRevert:
    def test_a_commit_is_taken_back(self, desk: Desk) -> None:
        desk.store.switch("noir")
        id = desk.store.resolve("noir~1")
        desk.store.revert(["noir~1"], AUTHOR)
        assert desk.read() == records(e1="C.")
        assert message(desk) == f'Revert "Noir 1"\n\nThis reverts commit {id.hex()}.\n'
        assert desk.store.commit_at("HEAD")[1].author == AUTHOR

    def test_several_from_the_newest_on(self, desk: Desk) -> None:
        desk.store.switch("noir")
        desk.store.revert(["noir", "noir~1", "noir~2"], AUTHOR)
        assert desk.read() == records()
        assert desk.store.changes("main", "HEAD") == ()

    def test_what_came_with_it_goes_and_what_went_comes_back(self, desk: Desk) -> None:
        desk.store.switch("noir")
        desk.commit_file(records(e0=None, e1="C.", e2="B.") + lines(talk(9, id="e9")))
        desk.store.revert(["HEAD"], AUTHOR)
        assert desk.read() == records(e1="C.", e2="B.")

    def test_a_dataset_that_came_with_it_goes(self, desk: Desk) -> None:
        desk.commit_file(lines(talk(1)), "new.jsonl")
        desk.store.revert(["HEAD"], AUTHOR)
        assert not desk.exists("new.jsonl")
        assert list(desk.tracked) == [NAME]

    def test_conflicts(self, desk: Desk) -> None:
        desk.store.switch("noir")
        result = desk.store.revert(["noir~2"], AUTHOR)
        (conflict,) = result.conflicts
        (clash,) = conflict.clashes
        assert (clash.base, clash.ours, clash.theirs) == ("A.", "C.", "Very well, thank you.")
        merging = desk.store.status().merging
        assert merging is not None and merging.kind == "revert"
        desk.store.resolve_conflict(None, "theirs")
        desk.store.continue_merge()
        assert replies(desk)[1] == "Very well, thank you."
        assert message(desk).startswith('Revert "Noir 0"\n\nThis reverts commit ')
        desk.store.undo()
        desk.store.abort_merge()
        assert desk.read() == records(e1="C.", e2="B.")
