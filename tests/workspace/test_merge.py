"""Merging branches: what comes of it, in the store and in the working files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.errors import (
    ConflictsError,
    InProgressError,
    NothingToDoError,
    RevisionError,
    UncommittedChangesError,
    UsageError,
)
from rtstore.workspace.merging.results import MergeResult

Record = dict[str, Any]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A workspace with two branches, ``main`` and ``noir``, at one commit of six entries."""
    with new_desk() as desk:
        desk.track(lines(*records()), id_field="id")
        desk.commit("first")
        desk.store.create_branch("noir")
        yield desk


def records(**replies: str) -> list[Record]:
    """Return six records; ``e3="..."`` gives one of them another reply."""
    return [talk(n, replies.get(f"e{n}", "Very well, thank you."), id=f"e{n}") for n in range(6)]


def on(desk: Desk, branch: str, data: bytes, name: str = NAME, message: str = "a session") -> bytes:
    """Commit a file on a branch, and go back to ``main``."""
    desk.store.switch(branch)
    id = desk.commit_file(data, name)
    desk.store.switch("main")
    return id


def merge(desk: Desk, revision: str = "noir", **options: Any) -> MergeResult:
    return desk.store.merge(revision, author=AUTHOR, **options)


def message(desk: Desk, revision: str = "HEAD") -> str:
    return desk.store.commit_at(revision)[1].message


def replies(data: bytes) -> list[str]:
    return [json.loads(line)["messages"][2]["content"] for line in data.splitlines()]


class TestWithoutConflicts:
    def test_both_changes_are_in_the_file_and_in_a_commit_with_two_parents(self, desk: Desk) -> None:
        theirs = on(desk, "noir", lines(*records(e4="Noir.")))
        ours = on(desk, "main", lines(*records(e1="Mine.")))
        result = merge(desk)
        assert desk.read() == desk.exported() == lines(*records(e1="Mine.", e4="Noir."))
        assert (result.outcome, result.files) == ("merged", (NAME,))
        assert desk.store.commit_at("HEAD")[1].parents == (ours, theirs)
        assert desk.store.head == result.head == result.commits[-1]
        assert desk.store.status().clean
        assert desk.seen_afresh() == desk.dataset()

    def test_the_message_says_what_merged(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir."), talk(9, id="e9")))
        on(desk, "main", lines(*records(e1="Mine.")))
        merge(desk)
        assert message(desk) == f"Merge branch 'noir'\n\nMerged:\n  {NAME}: 1 added, 1 edited\n"
        assert desk.store.commit_at("HEAD")[1].counts == desk.store.commit_at("HEAD")[1].counts

    def test_a_message_of_ones_own_is_followed_by_what_merged(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        merge(desk, message="Noir it is")
        assert message(desk) == f"Noir it is\n\nMerged:\n  {NAME}: 1 edited\n"

    def test_the_counts_of_the_commit_are_those_of_a_comparison(self, desk: Desk) -> None:
        base = records()
        on(desk, "noir", lines(base[5], *base[:3], talk(9, id="e9"), records(e4="Noir.")[4]))
        on(desk, "main", lines(*records(e1="Mine.")))
        result = merge(desk)
        assert result.datasets == desk.store.changes("HEAD^", "HEAD")
        assert dict(desk.store.commit_at("HEAD")[1].counts) == {c.path: c.counts for c in result.datasets}

    def test_merging_again_does_nothing(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        merge(desk)
        operations = len(list(desk.store.operations()))
        assert merge(desk).outcome == "up to date"
        assert len(list(desk.store.operations())) == operations

    def test_uncommitted_changes_in_other_datasets_stay(self, desk: Desk) -> None:
        on(desk, "main", lines(talk(1)), "tom.jsonl")
        on(desk, "noir", lines(*records(e4="Noir.")))
        desk.write(lines(talk(1), talk(2)), "tom.jsonl")
        merge(desk)
        assert desk.read("tom.jsonl") == lines(talk(1), talk(2))
        assert desk.exported("HEAD", "tom.jsonl") == lines(talk(1))
        assert desk.change("tom.jsonl").counts.added == 1

    def test_one_undo_takes_it_back_and_one_redo_does_it_again(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        ours = on(desk, "main", lines(*records(e1="Mine.")))
        result = merge(desk)
        desk.store.undo()
        assert desk.read() == lines(*records(e1="Mine."))
        assert desk.store.head == ours
        desk.store.redo()
        assert desk.store.head == result.head
        assert desk.read() == lines(*records(e1="Mine.", e4="Noir."))

    def test_a_dataset_that_one_side_added_or_removed(self, desk: Desk) -> None:
        on(desk, "main", lines(talk(1)), "gone.jsonl")
        desk.store.create_branch("fewer")
        on(desk, "noir", lines(talk(2)), "new.jsonl")
        desk.store.switch("fewer")
        desk.delete("gone.jsonl")
        desk.commit()
        desk.store.switch("main")
        merge(desk)
        assert desk.read("new.jsonl") == lines(talk(2))
        result = merge(desk, "fewer", ff=False)
        assert not desk.exists("gone.jsonl")
        assert result.files == ("gone.jsonl",)
        assert sorted(desk.store["HEAD"]) == [NAME, "new.jsonl"]
        assert sorted(desk.tracked) == [NAME, "new.jsonl"]


class TestFastForward:
    def test_the_branch_moves_and_the_file_follows(self, desk: Desk) -> None:
        theirs = on(desk, "noir", lines(*records(e4="Noir.")))
        result = merge(desk)
        assert (result.outcome, result.head, result.commits) == ("fast-forward", theirs, ())
        assert desk.store.head == theirs
        assert desk.read() == lines(*records(e4="Noir."))
        assert desk.store.status().clean

    def test_a_commit_can_be_asked_for(self, desk: Desk) -> None:
        ours, theirs = desk.store.head, on(desk, "noir", lines(*records(e4="Noir.")))
        merge(desk, ff=False)
        assert desk.store.commit_at("HEAD")[1].parents == (ours, theirs)

    def test_nothing_else_can_be_asked_for(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        with pytest.raises(RevisionError, match="cannot be fast-forwarded"):
            merge(desk, ff=True)

    def test_a_branch_without_commits_gets_them(self, desk: Desk) -> None:
        desk.store.create_branch("keep")
        theirs = on(desk, "noir", lines(*records(e4="Noir.")))
        with new_desk() as other:
            other.track(lines(talk(1)))
            other.commit()
            other.store.switch("side", create=True)
            assert other.store.merge("main", author=AUTHOR).outcome == "up to date"
        assert theirs


class TestSquash:
    def test_the_outcome_is_left_to_be_committed(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        ours = on(desk, "main", lines(*records(e1="Mine.")))
        result = merge(desk, squash=True)
        assert (result.outcome, result.head, result.commits) == ("squashed", ours, ())
        assert desk.read() == lines(*records(e1="Mine.", e4="Noir."))
        assert desk.change().counts.edited == 1
        desk.commit("by hand")
        assert desk.store.commit_at("HEAD")[1].parents == (ours,)

    def test_into_another_branch_it_is_one_commit(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        before = on(desk, "main", lines(*records(e1="Mine.")))
        desk.store.switch("noir")
        merge(desk, "noir", into="main", squash=True)
        assert desk.store.commit_at("main")[1].parents == (before,)

    def test_it_goes_with_no_kind_of_fast_forward(self, desk: Desk) -> None:
        with pytest.raises(UsageError, match="squash"):
            merge(desk, squash=True, ff=False)


class TestIntoAnotherBranch:
    def test_no_working_file_is_touched(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e4="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        desk.store.switch("side", create=True)
        desk.write(b"no dataset at all\n")
        result = merge(desk, into="main")
        assert result.files == ()
        assert desk.exported("main") == lines(*records(e1="Mine.", e4="Noir."))
        assert desk.read() == b"no dataset at all\n"
        assert desk.store.current_branch == "side"
        assert message(desk, "main").startswith("Merge branch 'noir'\n")

    def test_the_message_names_a_branch_that_is_not_main(self, desk: Desk) -> None:
        on(desk, "main", lines(*records(e1="Mine.")))
        on(desk, "noir", lines(*records(e4="Noir.")))
        merge(desk, "main", into="noir")
        assert message(desk, "noir").startswith("Merge branch 'main' into noir\n")

    def test_it_can_be_fast_forwarded(self, desk: Desk) -> None:
        ours = on(desk, "main", lines(*records(e1="Mine.")))
        assert merge(desk, "main", into="noir").outcome == "fast-forward"
        assert desk.store.branches()["noir"] == ours

    def test_conflicts_are_an_error(self, desk: Desk) -> None:
        before = on(desk, "noir", lines(*records(e1="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        with pytest.raises(ConflictsError, match="which is not checked out"):
            merge(desk, "main", into="noir")
        assert desk.store.branches()["noir"] == before
        merge(desk, "main", into="noir", choose="ours")
        assert desk.exported("noir") == lines(*records(e1="Noir."))

    def test_a_branch_that_is_not_there(self, desk: Desk) -> None:
        with pytest.raises(RevisionError, match="'nior' not found"):
            merge(desk, into="nior")


class TestRefusals:
    def test_files_that_are_not_clean_are_in_the_way_and_named(self, desk: Desk) -> None:
        on(desk, "main", lines(talk(1)), "tom.jsonl")
        desk.store.create_branch("both")
        desk.store.switch("both")
        desk.write(lines(*records(e4="Noir.")))
        desk.write(lines(talk(7)), "tom.jsonl")
        desk.commit()
        desk.store.switch("main")
        desk.write(lines(*records(e1="Mine.")))
        desk.delete("tom.jsonl")
        files = desk.files()
        for ff in (None, False):
            with pytest.raises(UncommittedChangesError, match=r"tom\.jsonl is missing") as caught:
                merge(desk, "both", ff=ff)
            assert caught.value.entries == (NAME, "tom.jsonl")
        assert desk.files() == files

    def test_a_file_nobody_tracks_is_in_the_way(self, desk: Desk) -> None:
        on(desk, "noir", lines(talk(2)), "new.jsonl")
        desk.write(b"mine\n", "new.jsonl")
        with pytest.raises(UncommittedChangesError, match="not tracked and would be overwritten"):
            merge(desk)
        assert desk.read("new.jsonl") == b"mine\n"

    def test_histories_with_nothing_in_common(self, desk: Desk) -> None:
        # The commit of another history can only be had from another store: here one without parents is made.
        workspace = desk.store._workspace
        from rtstore.workspace.record import store_commit

        with workspace.lock, workspace.transaction() as transaction:
            id, _ = store_commit(transaction, {}, (), AUTHOR, "stranger", ())
            transaction.finish()
        with pytest.raises(RevisionError, match="no commit in common"):
            merge(desk, id.hex())

    def test_options_that_make_no_sense(self, desk: Desk) -> None:
        with pytest.raises(UsageError, match="'mine' cannot decide"):
            merge(desk, choose="mine")

    def test_what_has_to_wait_for_a_merge(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e1="Noir.")))
        first = on(desk, "main", lines(*records(e1="Mine.")))
        merge(desk)
        for command in (
            lambda: merge(desk),
            lambda: merge(desk, into="noir"),
            lambda: desk.store.switch("noir"),
            lambda: desk.store.cherry_pick([first.hex()], AUTHOR),
            lambda: desk.store.revert([first.hex()], AUTHOR),
            lambda: desk.store.move(NAME, "other.jsonl"),
        ):
            with pytest.raises(InProgressError) as caught:
                command()
            assert "rtstore merge --abort" in (caught.value.hint or "")
        with pytest.raises(InProgressError), desk.store.edit("main", "edit", AUTHOR) as edit:
            edit[NAME][2].set("note", 1)
        with pytest.raises(UsageError, match="as a whole"):
            desk.commit(names=[NAME])

    def test_what_needs_a_merge(self, desk: Desk) -> None:
        for command in (
            desk.store.conflicts,
            desk.store.continue_merge,
            desk.store.abort_merge,
            lambda: desk.store.resolve_conflict(None, "ours"),
        ):
            with pytest.raises(NothingToDoError, match="no merge is in progress"):
                command()


class TestCrissCross:
    def test_what_the_bases_agree_on_is_no_conflict(self, desk: Desk) -> None:
        """Both branches merge what the other had; each then goes on from the same words."""
        on(desk, "noir", lines(*records(e4="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        desk.store.create_branch("noir-1", "noir")
        desk.store.create_branch("main-1", "main")
        merge(desk, "noir-1")
        desk.store.switch("noir")
        merge(desk, "main-1")
        on(desk, "noir", lines(*records(e1="Mine, and noir.", e4="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.", e4="Noir, and mine.")))
        result = merge(desk)
        assert result.outcome == "merged"
        assert desk.read() == lines(*records(e1="Mine, and noir.", e4="Noir, and mine."))
        assert desk.store.fsck().problems == ()

    def test_what_the_bases_contradict_each_other_about_is_as_their_own_base_has_it(self, desk: Desk) -> None:
        on(desk, "noir", lines(*records(e1="Noir.")))
        on(desk, "main", lines(*records(e1="Mine.")))
        desk.store.create_branch("noir-1", "noir")
        desk.store.create_branch("main-1", "main")
        merge(desk, "noir-1", choose="ours")
        desk.store.switch("noir")
        merge(desk, "main-1", choose="ours")
        desk.store.switch("main")
        result = merge(desk)
        (conflict,) = result.conflicts
        assert conflict.base is not None
        assert replies(conflict.base) == ["Very well, thank you."]
        assert desk.store.fsck().problems == ()
        desk.store.gc(retention_days=0)
        assert desk.store.conflicts() == (conflict,)
        assert desk.store.fsck().problems == ()


def test_stamps_that_were_saved_since_are_kept(desk: Desk) -> None:
    def stamped(when: str, **replies: str) -> bytes:
        return lines(*({**one, "_rolethread": {"validated_at": when}} for one in records(**replies)))

    on(desk, "main", stamped("2026-01-01"), "stamped.jsonl")
    desk.store.create_branch("other")
    on(desk, "other", stamped("2026-01-02", e4="Noir."), "stamped.jsonl")
    on(desk, "main", stamped("2026-01-03", e1="Mine."), "stamped.jsonl")
    desk.write(stamped("2026-01-04", e1="Mine."), "stamped.jsonl")
    merge(desk, "other")
    assert desk.read("stamped.jsonl") == stamped("2026-01-04", e1="Mine.", e4="Noir.")
    assert desk.store.status().clean


def test_format_of_the_file_merges_field_by_field(desk: Desk) -> None:
    on(desk, "noir", lines(*records(e4="Noir."), ending="\r\n"))
    on(desk, "main", b"\xef\xbb\xbf" + lines(*records(e1="Mine.")))
    merge(desk)
    expected = b"\xef\xbb\xbf" + lines(*records(e1="Mine.", e4="Noir."), ending="\r\n")
    assert desk.read() == expected
    assert desk.seen_afresh() == desk.dataset()


def test_a_file_all_of_whose_entries_were_removed_is_empty(desk: Desk) -> None:
    on(desk, "noir", lines(*records()[3:]))
    on(desk, "main", lines(*records()[:3]))
    (change,) = merge(desk).datasets
    assert (desk.read(), change.counts.removed, change.framing_changed) == (b"", 3, False)
    assert desk.seen_afresh() == desk.dataset()
    with desk.store.diff("HEAD^", "HEAD") as difference:
        assert difference.datasets[0].file == ()


def test_notices_without_end_are_counted_in_the_message(desk: Desk) -> None:
    for branch, start in (("noir", 100), ("main", 1000)):
        on(desk, branch, lines(*records(), *(talk(start + n, id=f"n{n}") for n in range(60))))
    result = merge(desk)
    assert len(result.notices) == 60
    assert message(desk).splitlines()[-2:] == [f"  {result.notices[49]}", "  and 10 more"]


def test_an_id_that_both_counted_to(desk: Desk) -> None:
    on(desk, "noir", lines(*records(), talk(70, id="e6")))
    on(desk, "main", lines(*records(), talk(60, id="e6")))
    result = merge(desk)
    assert desk.read() == lines(*records(), talk(60, id="e6"), talk(70, id="e6"))
    assert "both sides added an entry with the id" in result.notices[0]
    assert result.notices[0] in message(desk)
    assert desk.seen_afresh() == desk.dataset()
