"""Annotations: a note, a rating and a review state stay with their entry, and are versioned with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from backups import Office, check_sound
from workspaces import AUTHOR, NAME, Desk, lines, talk

from rtstore.errors import (
    ConflictsError,
    InProgressError,
    InputError,
    RevisionError,
    UsageError,
    WorkspaceError,
)
from rtstore.model.objects import Counts
from tests.workspace.test_apply import patch

FILE = lines(*map(talk, range(6)))
NOTED: dict[str, Any] = {"note": "Too short.", "rating": 2, "review": "needs_edit"}


@pytest.fixture
def mara(desk: Desk) -> Desk:
    """A workspace with one commit of six entries."""
    desk.commit_file(FILE)
    return desk


def noted(desk: Desk, position: int, revision: str = "HEAD") -> dict[str, Any]:
    """Return what an entry of a version has in its annotation."""
    entry = desk.store[revision][NAME][position]
    found = {"note": entry.note, "rating": entry.rating, "review": entry.review}
    return {name: value for name, value in found.items() if value}


def annotate(desk: Desk, position: int, **fields: Any) -> None:
    """Annotate an entry of the working file."""
    desk.store.annotate(NAME, {position: fields})


def committed_on(desk: Desk, branch: str, position: int, **fields: Any) -> None:
    """Annotate an entry on a branch, which is made if need be, and commit; then be on main again."""
    desk.store.switch(branch, create=branch not in desk.store.branches())
    annotate(desk, position, **fields)
    desk.commit()
    desk.store.switch("main")


def inode(desk: Desk) -> tuple[int, int]:
    """Return what changes when the working file is written anew."""
    status = os.stat(desk.path())
    return status.st_ino, status.st_mtime_ns


class TestInAnEdit:
    def test_it_becomes_a_commit_and_the_file_is_not_touched(self, mara: Desk) -> None:
        before = inode(mara)
        with mara.store.edit("main", "reviewed", AUTHOR) as edit:
            edit[NAME][1].rating = 2
            edit[NAME][1].review = "needs_edit"
            edit[NAME][1].note = "Too short."
        assert edit.result is not None
        assert edit.result.datasets[0].counts == Counts(edited=1)
        assert noted(mara, 1) == NOTED
        assert [noted(mara, at) for at in (0, 2)] == [{}, {}]
        assert inode(mara) == before
        assert mara.store.status().clean

    def test_what_is_as_it_was_makes_no_commit(self, mara: Desk) -> None:
        with mara.store.edit("main", "nothing", AUTHOR) as edit:
            edit[NAME][1].rating = 3
            edit[NAME][1].rating = 0
        assert edit.result is None

    def test_a_new_entry_can_have_one(self, mara: Desk) -> None:
        with mara.store.edit("main", "more", AUTHOR) as edit:
            edit[NAME].append(talk(9))
            edit[NAME][-1].rating = 5
        assert noted(mara, 6) == {"rating": 5}
        assert mara.tracked_dataset() == mara.seen_afresh()

    def test_a_side_that_there_is_not_is_refused_as_a_whole(self, mara: Desk) -> None:
        before = mara.store.head
        refused = pytest.raises(UsageError, match="has no side val; it is not divided")
        with refused, mara.store.edit("main", "wrong", AUTHOR) as edit:
            edit[NAME][0].rating = 4
            edit[NAME][1].partition = "val"
        assert mara.store.head == before
        mara.store.partition(NAME, {"train": 0.5, "val": 0.5})
        mara.commit()
        with mara.store.edit("main", "right", AUTHOR) as edit:
            edit[NAME][1].partition = "val"
        assert mara.store["HEAD"][NAME][1].annotation.partition == "val"

    def test_words_and_annotation_at_once(self, mara: Desk) -> None:
        with mara.store.edit("main", "both", AUTHOR) as edit:
            edit[NAME][2].turns[2].content = "Foggy."
            edit[NAME][2].rating = 4
        assert b"Foggy." in mara.read()
        assert noted(mara, 2) == {"rating": 4}

    @pytest.mark.parametrize(
        ("field", "value", "problem"),
        [
            ("rating", 6, "the rating goes from 1 to 5"),
            ("rating", -1, "the rating goes from 1 to 5"),
            ("rating", "4", "the rating of an entry is a whole number"),
            ("rating", True, "the rating of an entry is a whole number"),
            ("review", "Needs edit", "the review is a slug"),
            ("review", "a" * 65, "the review is a slug"),
            ("note", "x" * 70_000, "the note is longer than 65,536 bytes"),
            ("note", "\ud800", "the note is not UTF-8 text"),
            ("partition", "no side", "the partition has letters"),
        ],
    )
    def test_what_cannot_be_is_refused_at_once(
        self, mara: Desk, field: str, value: Any, problem: str
    ) -> None:
        with mara.store.edit("main", "wrong", AUTHOR) as edit, pytest.raises(UsageError, match=problem):
            setattr(edit[NAME][0], field, value)
        assert edit.result is None


class TestOfTheWorkingDataset:
    def test_it_shows_in_status_and_diff_until_it_is_committed(self, mara: Desk) -> None:
        before = inode(mara)
        result = mara.store.annotate(NAME, {1: NOTED, 3: {"rating": 5}, 4: {"rating": 0}})
        assert result.changed == 2
        assert mara.change().counts == Counts(edited=2)
        with mara.store.diff() as difference:
            (dataset,) = difference.datasets
            fields = [field for entry in dataset.entries for field in entry.fields]
        assert {field.path: field.new for field in fields[:3]} == {
            f"annotation/{name}": value for name, value in NOTED.items()
        }
        assert noted(mara, 1) == {}
        mara.commit()
        assert noted(mara, 1) == NOTED
        assert mara.store.status().clean
        assert inode(mara) == before

    def test_an_empty_value_takes_one_away(self, mara: Desk) -> None:
        annotate(mara, 1, **NOTED)
        mara.commit()
        annotate(mara, 1, note="", review="")
        mara.commit()
        assert noted(mara, 1) == {"rating": 2}

    def test_an_entry_goes_by_its_id_too(self, mara: Desk) -> None:
        mara.store.annotate(NAME, {mara.ids()[3][:8]: {"rating": 1}})
        mara.commit()
        assert noted(mara, 3) == {"rating": 1}

    def test_undo_takes_it_back_and_redo_does_it_again(self, mara: Desk) -> None:
        annotate(mara, 1, rating=4)
        assert mara.store.undo().command == f"annotate {NAME}"
        assert mara.store.status().clean
        mara.store.redo()
        mara.commit()
        assert noted(mara, 1) == {"rating": 4}

    def test_undo_keeps_what_was_edited_since(self, mara: Desk) -> None:
        annotate(mara, 1, rating=4)
        mara.write(lines(talk(0, "Edited since."), *map(talk, range(1, 6))))
        mara.store.undo()
        assert b"Edited since." in mara.read()
        assert mara.change().counts == Counts(edited=1)

    def test_uncommitted_edits_of_the_file_stay(self, mara: Desk) -> None:
        edited = lines(talk(0, "Edited."), *map(talk, range(1, 7)))
        mara.write(edited)
        annotate(mara, 6, rating=3)
        assert mara.read() == edited
        mara.commit()
        assert noted(mara, 6) == {"rating": 3}

    def test_nothing_is_changed_where_one_of_several_cannot_be(self, mara: Desk) -> None:
        newest = mara.store.operation("@")[0]
        with pytest.raises(UsageError):
            mara.store.annotate(NAME, {0: {"rating": 1}, 1: {"rating": 9}})
        with pytest.raises(UsageError, match="no field 'stars'"):
            mara.store.annotate(NAME, {0: {"stars": 1}})
        with pytest.raises(UsageError, match="it is not divided"):
            mara.store.annotate(NAME, {0: {"partition": "val"}})
        with pytest.raises(IndexError):
            mara.store.annotate(NAME, {6: {"rating": 1}})
        with pytest.raises(RevisionError):
            mara.store.annotate(NAME, {"0123456789": {"rating": 1}})
        with pytest.raises(WorkspaceError, match="is not tracked"):
            mara.store.annotate("osk.jsonl", {0: {"rating": 1}})
        assert mara.store.operation("@")[0] == newest

    def test_a_file_that_is_missing_is_refused(self, mara: Desk) -> None:
        mara.delete()
        with pytest.raises(WorkspaceError, match="is missing"):
            annotate(mara, 0, rating=1)

    def test_while_a_merge_is_in_progress_it_has_to_wait(self, mara: Desk) -> None:
        committed_on(mara, "noir", 1, rating=1)
        committed_on(mara, "main", 1, rating=2)
        mara.store.merge("noir", author=AUTHOR)
        with pytest.raises(InProgressError):
            annotate(mara, 0, rating=1)

    def test_the_next_look_need_not_read_the_file(self, mara: Desk) -> None:
        annotate(mara, 1, rating=4)
        mara.reopen()
        os.chmod(mara.path(), 0o644)
        assert mara.change().counts == Counts(edited=1)
        assert mara.tracked_dataset() == mara.seen_afresh()


class TestStaysWithItsEntry:
    @pytest.fixture
    def rated(self, mara: Desk) -> Desk:
        """Its second entry is rated, and committed."""
        annotate(mara, 1, **NOTED)
        mara.commit()
        return mara

    def test_through_edits_and_moves_of_the_file(self, rated: Desk) -> None:
        rated.commit_file(lines(talk(3), talk(0), talk(2), talk(1, "Other words."), talk(5), talk(4)))
        assert noted(rated, 3) == NOTED
        assert sum(bool(noted(rated, at)) for at in range(6)) == 1

    def test_out_of_the_file_and_back(self, rated: Desk) -> None:
        rated.write(lines(talk(0), *map(talk, range(2, 6))))
        assert rated.change().counts == Counts(removed=1)
        rated.write(FILE)
        assert rated.store.status().clean
        rated.write(lines(talk(0), *map(talk, range(2, 6))))
        rated.commit()
        rated.store.restore([f"{NAME}#2"], "HEAD~1")
        rated.commit()
        assert noted(rated, 1) == NOTED

    def test_over_a_switch(self, rated: Desk) -> None:
        rated.store.create_branch("noir", "HEAD~1")
        annotate(rated, 4, rating=5)
        rated.store.switch("noir")
        rated.commit()
        assert [noted(rated, 1), noted(rated, 4)] == [{}, {"rating": 5}]
        rated.store.switch("main")
        assert noted(rated, 1) == NOTED

    def test_in_a_whole_dataset_that_is_restored(self, rated: Desk) -> None:
        annotate(rated, 4, rating=5)
        rated.store.restore([NAME])
        assert rated.store.status().clean

    def test_in_a_file_that_was_renamed(self, rated: Desk) -> None:
        rated.store.move(NAME, "osk.jsonl")
        rated.commit()
        assert rated.store["HEAD"]["osk.jsonl"][1].rating == 2

    def test_in_an_array(self, desk: Desk) -> None:
        desk.commit_file(b'[\n {"a": 1},\n {"a": 2}\n]\n', "mara.json")
        desk.store.annotate("mara.json", {1: {"rating": 3}})
        desk.commit()
        desk.commit_file(b'[\n {"a": 2},\n {"a": 1}\n]\n', "mara.json")
        assert [entry.rating for entry in desk.store["HEAD"]["mara.json"]] == [3, 0]

    def test_over_collection_and_a_check_of_the_store(self, rated: Desk) -> None:
        rated.store.gc(retention_days=0)
        check_sound(rated)
        assert noted(rated, 1) == NOTED

    def test_its_log_has_a_line(self, rated: Desk) -> None:
        steps = list(rated.store.entry_log(NAME, "2"))
        assert [step.change.change for step in steps] == ["edited", "added"]
        assert [field.path for field in steps[0].change.fields] == [
            "annotation/note",
            "annotation/rating",
            "annotation/review",
        ]

    def test_blame_still_names_who_wrote_the_turns(self, rated: Desk) -> None:
        first = rated.store.resolve("HEAD~1")
        assert {turn.commit_id for turn in rated.store.blame(NAME, "2")} == {first}

    def test_to_a_backup_and_back(self, tmp_path: Path) -> None:
        office = Office(tmp_path / "office")
        ann = office.owner()
        ann.commit_file(FILE)
        annotate(ann, 1, **NOTED)
        ann.commit()
        ann.store.push()
        bob = office.clone()
        assert noted(bob, 1) == NOTED
        check_sound(bob)


class TestMerge:
    def test_what_one_side_noted(self, mara: Desk) -> None:
        mara.store.create_branch("noir")
        committed_on(mara, "noir", 1, **NOTED)
        mara.commit_file(lines(talk(0), talk(1, "Edited by us."), *map(talk, range(2, 6))))
        mara.store.merge("noir", author=AUTHOR)
        assert noted(mara, 1) == NOTED
        assert b"Edited by us." in mara.read()

    def test_different_fields_of_one_entry(self, mara: Desk) -> None:
        mara.store.create_branch("noir")
        committed_on(mara, "noir", 1, rating=2)
        committed_on(mara, "main", 1, review="needs_edit", note="Too short.")
        assert mara.store.merge("noir", author=AUTHOR).outcome == "merged"
        assert noted(mara, 1) == NOTED

    @pytest.mark.parametrize(("side", "rating"), [("ours", 4), ("theirs", 2), ("base", 0)])
    def test_two_ratings_are_a_conflict(self, mara: Desk, side: str, rating: int) -> None:
        mara.store.create_branch("noir")
        committed_on(mara, "noir", 1, rating=2, note="Too short.")
        committed_on(mara, "main", 1, rating=4)
        (conflict,) = mara.store.merge("noir", author=AUTHOR).conflicts
        (clash,) = conflict.clashes
        assert (clash.kind, clash.path, clash.ours, clash.theirs) == ("annotation", "rating", 4, 2)
        mara.store.resolve_conflict(None, side)
        mara.store.continue_merge()
        entry = mara.store["HEAD"][NAME][1]
        assert (entry.rating, entry.note) == (rating, "Too short.")

    def test_what_was_rated_and_removed_is_a_conflict(self, mara: Desk) -> None:
        mara.store.create_branch("noir")
        committed_on(mara, "noir", 1, rating=2)
        mara.commit_file(lines(talk(0), *map(talk, range(2, 6))))
        (conflict,) = mara.store.merge("noir", author=AUTHOR).conflicts
        assert conflict.kind == "removed/edited"


class TestPatch:
    def test_it_brings_annotations_and_takes_them_back(self, mara: Desk) -> None:
        annotate(mara, 1, **NOTED)
        mara.commit()
        made = patch(mara, "HEAD~1", "HEAD")
        mara.store.switch("again", create=True, start="HEAD~1")
        assert mara.store.apply(made).datasets[0].counts == Counts(edited=1)
        mara.commit()
        assert noted(mara, 1) == NOTED
        assert mara.dataset().root == mara.dataset("main").root
        mara.store.apply(made, reverse=True)
        mara.commit()
        assert noted(mara, 1) == {}

    def test_what_contradicts_a_rating_changes_nothing(self, mara: Desk) -> None:
        annotate(mara, 1, rating=2)
        made = patch(mara, "HEAD")
        mara.store.undo()
        annotate(mara, 1, rating=4)
        with pytest.raises(ConflictsError):
            mara.store.apply(made)

    @pytest.mark.parametrize(
        ("old", "new"), [(b'"rating":2', b'"rating":20'), (b'"needs_edit"', b'"Needs edit"')]
    )
    def test_a_rating_that_cannot_be_is_refused(self, mara: Desk, old: bytes, new: bytes) -> None:
        annotate(mara, 1, **NOTED)
        made = patch(mara, "HEAD")
        mara.store.undo()
        with pytest.raises(InputError, match=r"rating goes|review is"):
            mara.store.apply(made.replace(old, new))
