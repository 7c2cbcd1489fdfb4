"""Restore: datasets and single entries as they were, over whatever is there."""

from __future__ import annotations

import os

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.errors import InputError, RevisionError, UsageError, WorkspaceError

OLD = [talk(number, id=f"k{number}") for number in range(8)]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A workspace with a dataset that has been committed once."""
    desk.commit_file(lines(*OLD))
    return desk


@pytest.mark.parametrize(
    "dirty",
    [lines(*OLD[:3]), b"", b"oops\n", b'{"cut": "of', b"\xff\xfe\x00", lines(*OLD).replace(b"\n", b"\r\n")],
    ids=["shorter", "empty", "no JSON", "cut off", "binary", "other endings"],
)
def test_whatever_is_there_comes_back_by_undo(desk: Desk, dirty: bytes) -> None:
    desk.write(dirty, mode=0o600)
    desk.store.restore([NAME])
    assert desk.read() == lines(*OLD)
    desk.store.undo()
    assert desk.read() == dirty
    desk.store.redo()
    assert desk.read() == lines(*OLD)
    desk.store.undo()
    assert desk.read() == dirty


def test_a_missing_file_comes_back_and_is_missing_again_after_undo(desk: Desk) -> None:
    desk.delete()
    desk.store.restore([NAME])
    assert desk.read() == lines(*OLD)
    desk.store.undo()
    assert not desk.exists()


def test_a_file_in_a_directory_that_is_gone_comes_back(desk: Desk) -> None:
    desk.commit_file(lines(*OLD), "deep/down/a.jsonl")
    desk.delete("deep/down/a.jsonl")
    os.removedirs(desk.path("deep/down"))
    desk.store.restore(["deep/down/a.jsonl"])
    assert desk.read("deep/down/a.jsonl") == lines(*OLD)


def test_what_is_as_it_was_is_left_alone(desk: Desk) -> None:
    operations = len(list(desk.store.operations()))
    assert desk.store.restore([NAME]).files == ()
    assert len(list(desk.store.operations())) == operations


def test_only_the_named_datasets_are_restored(desk: Desk) -> None:
    desk.commit_file(lines({"b": 1}), "b.jsonl")
    desk.write(b"oops", NAME)
    desk.write(b"oops", "b.jsonl")
    desk.store.restore(["b.jsonl"])
    assert (desk.read(), desk.read("b.jsonl")) == (b"oops", lines({"b": 1}))


class TestSingleEntries:
    def test_by_position_and_by_id(self, desk: Desk) -> None:
        changed = [{**record, "note": 1} for record in OLD]
        desk.write(lines(*changed))
        result = desk.store.restore([f"{NAME}#2", f"{NAME}#{desk.ids()[4]}"])
        assert result.entries == 2
        expected = list(changed)
        expected[1], expected[4] = OLD[1], OLD[4]
        assert desk.read() == lines(*expected)
        assert desk.tracked_dataset() == desk.seen_afresh()
        desk.store.undo()
        assert desk.read() == lines(*changed)

    def test_one_that_was_deleted_comes_back_after_its_neighbour(self, desk: Desk) -> None:
        desk.write(lines(OLD[7], *OLD[:2], *OLD[5:7]))
        desk.store.restore([f"{NAME}#4", f"{NAME}#3"])
        assert desk.read() == lines(OLD[7], *OLD[:4], *OLD[5:7])
        assert desk.tracked_dataset() == desk.seen_afresh()

    def test_one_that_was_added_goes(self, desk: Desk) -> None:
        desk.write(lines(*OLD, {"id": "new"}))
        desk.commit()
        new = desk.ids()[-1]
        desk.store.restore([f"{NAME}#{new[:12]}"], source="HEAD~1")
        assert desk.read() == lines(*OLD)

    @pytest.mark.parametrize("ending", ["\r\n", "\n\n", "\n"])
    @pytest.mark.parametrize("now", ["\r\n", "\n\n", "\n"])
    def test_between_files_of_different_endings(self, desk: Desk, ending: str, now: str) -> None:
        desk.commit_file(lines(*OLD, ending=ending))
        desk.write(lines(*OLD[1:3], *OLD[4:], ending=now))
        desk.store.restore([f"{NAME}#1", f"{NAME}#4", f"{NAME}#8"])
        assert desk.tracked_dataset() == desk.seen_afresh()
        assert desk.read().split() == lines(*OLD).split()

    @pytest.mark.parametrize("end", [b"\r", b"\r\r", b" \r", b""])
    def test_around_the_half_of_a_line_ending(self, desk: Desk, end: bytes) -> None:
        """What an editor leaves that takes the last byte off a file with CRLF endings."""
        whole = lines({"id": "first"}, {"id": "last"}).removesuffix(b"\n") + end
        desk.commit_file(whole, "half.jsonl")
        for gone in (1, 0):
            with desk.store.edit("main", "one less", AUTHOR) as edit:
                del edit["half.jsonl"][gone]
            desk.store.restore([f"half.jsonl#{gone + 1}"], source="HEAD~1")
            assert desk.read("half.jsonl") == whole
            assert desk.tracked_dataset("half.jsonl") == desk.seen_afresh("half.jsonl")
            assert desk.tracked_dataset("half.jsonl") == desk.dataset("HEAD~1", "half.jsonl")
            desk.store.undo()
            desk.store.undo()
        with desk.store.edit("main", "one more", AUTHOR) as edit:
            edit["half.jsonl"].append({"id": "new"})
        appended = desk.tracked_dataset("half.jsonl")
        with new_desk() as other:
            other.track(desk.read("half.jsonl"))
            assert appended == other.tracked_dataset()

    def test_all_of_them_into_an_emptied_file(self, desk: Desk) -> None:
        desk.write(b"")
        desk.store.restore([f"{NAME}#{number}" for number in range(1, 9)])
        assert desk.read() == lines(*OLD)
        assert desk.tracked_dataset() == desk.seen_afresh()

    def test_not_in_a_file_that_is_no_dataset(self, desk: Desk) -> None:
        desk.write(b"oops\n")
        with pytest.raises(InputError):
            desk.store.restore([f"{NAME}#1"])
        desk.delete()
        with pytest.raises(WorkspaceError, match="missing"):
            desk.store.restore([f"{NAME}#1"])

    @pytest.mark.parametrize("entry", ["99", "0", "zz", "ffffffff"])
    def test_none_that_is_not_there(self, desk: Desk, entry: str) -> None:
        with pytest.raises(RevisionError):
            desk.store.restore([f"{NAME}#{entry}"])
        assert desk.read() == lines(*OLD)


def test_errors(desk: Desk) -> None:
    with pytest.raises(UsageError):
        desk.store.restore([])
    with pytest.raises(RevisionError, match="nope"):
        desk.store.restore([NAME], source="nope")
    desk.track(lines({"x": 1}), "new.jsonl")
    with pytest.raises(RevisionError, match="never been committed"):
        desk.store.restore(["new.jsonl"])
