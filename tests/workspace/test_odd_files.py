"""What is in the place of a dataset and is none, or cannot be read: that is the trouble of this dataset alone."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from unittest.mock import patch

import pytest
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import (
    InputError,
    RtstoreError,
    StorageError,
    UncommittedChangesError,
    UnreadableError,
    WorkspaceError,
)

OTHER = "other.jsonl"
SIDECAR = "mara.registry.json"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A workspace with two committed datasets, the other one edited since, and a branch without either edit."""
    desk.commit_file(lines(talk(1)), OTHER)
    desk.commit_file(lines(talk(1)))
    desk.store.create_branch("before")
    desk.commit_file(lines(talk(1), talk(2)))
    desk.write(lines(talk(1), talk(2)), OTHER)
    return desk


def a_directory(path: str) -> None:
    os.mkdir(path)


def a_pipe(path: str) -> None:
    os.mkfifo(path)


def a_link(path: str) -> None:
    os.symlink("other.jsonl", path)


ODD = [
    pytest.param(a_directory, "a directory", id="directory"),
    pytest.param(a_pipe, "a device, pipe or socket", id="pipe"),
    pytest.param(a_link, "a symbolic link", id="link"),
]


@pytest.mark.parametrize(("make", "what"), ODD)
class TestInThePlaceOfTheFile:
    @pytest.fixture(autouse=True)
    def in_the_way(self, desk: Desk, make: Callable[[str], None]) -> None:
        desk.delete()
        make(desk.path())

    def test_status_lists_it_and_the_others(self, desk: Desk, what: str) -> None:
        changes = {change.path: change for change in desk.store.status().datasets}
        assert (changes[NAME].change, changes[NAME].problem) == ("invalid", what)
        assert changes[OTHER].change == "edited"

    def test_only_what_would_record_it_refuses(self, desk: Desk, what: str) -> None:
        with pytest.raises(WorkspaceError, match=f"^{NAME} is {what}, not a file$") as caught:
            desk.commit()
        assert "Move it away" in (caught.value.hint or "")
        with pytest.raises(WorkspaceError, match=f"^{NAME} is {what}"):
            desk.store.diff()
        desk.commit(names=[OTHER])
        assert desk.store.status().datasets[0].change == "invalid"

    def test_nothing_replaces_it(self, desk: Desk, what: str) -> None:
        with pytest.raises(WorkspaceError, match=f"^{NAME} is {what}") as caught:
            desk.store.restore([NAME])
        assert f"rtstore restore {NAME}" in (caught.value.hint or "")
        with pytest.raises(UncommittedChangesError, match=f"{NAME} cannot be replaced: .* is {what}"):
            desk.store.switch("before")
        with pytest.raises(RtstoreError):
            desk.store.move(NAME, "new.jsonl")

    def test_the_others_are_restored_and_moved(self, desk: Desk, what: str) -> None:
        desk.store.restore([OTHER])
        desk.store.move(OTHER, "new.jsonl")
        assert desk.read("new.jsonl") == lines(talk(1))

    def test_it_can_be_tracked_no_more(self, desk: Desk, what: str) -> None:
        desk.store.remove([NAME])
        assert desk.change().change == "removed"
        desk.commit()

    def test_when_it_is_gone_the_dataset_comes_back(self, desk: Desk, what: str) -> None:
        os.rename(desk.path(), desk.path("aside"))
        desk.store.restore([NAME])
        assert desk.read() == lines(talk(1), talk(2))
        assert desk.change().change == "unchanged"


@pytest.mark.parametrize(("make", "what"), ODD)
def test_in_the_place_of_the_sidecar(desk: Desk, make: Callable[[str], None], what: str) -> None:
    make(desk.path(SIDECAR))
    changes = {change.path: change for change in desk.store.status().datasets}
    assert (changes[NAME].change, changes[NAME].problem) == ("invalid", f"{SIDECAR} is {what}")
    assert changes[OTHER].change == "edited"
    desk.commit(names=[OTHER])
    for command in (desk.commit, lambda: desk.store.restore([NAME], source="HEAD~1")):
        with pytest.raises(WorkspaceError, match=f"^{SIDECAR} is {what}") as caught:
            command()
        assert "Move it away" in (caught.value.hint or "")
    desk.store.remove([NAME])
    assert desk.read() == lines(talk(1), talk(2))


@pytest.mark.parametrize("name", [NAME, SIDECAR])
def test_a_file_that_cannot_be_read(desk: Desk, name: str) -> None:
    desk.write(lines(talk(3)))
    desk.write(b"{}", SIDECAR)
    real = builtins.open

    def refuse(path: object, *args: object, **kwargs: object) -> object:
        if str(path).endswith(name):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)  # type: ignore[call-overload]

    with patch("builtins.open", refuse):
        changes = {change.path: change for change in desk.store.status().datasets}
        assert changes[NAME].change == "invalid"
        assert f"{name}: permission denied" in (changes[NAME].problem or "")
        assert changes[OTHER].change == "edited"
        desk.commit(names=[OTHER])
        with pytest.raises(UnreadableError, match=f"cannot read {name}: permission denied") as caught:
            desk.commit()
        assert "owner and permissions" in (caught.value.hint or "")
        with pytest.raises(StorageError, match="permission denied"):
            desk.store.restore([NAME])
        desk.store.remove([NAME])
    assert desk.read() == lines(talk(3))


def test_undo_overwrites_nothing_that_it_cannot_keep(desk: Desk) -> None:
    desk.store.restore([NAME], source="HEAD~1")
    desk.delete()
    os.mkdir(desk.path())
    for force in (False, True):
        with pytest.raises(RtstoreError, match="is a directory"):
            desk.store.undo(force=force)
    assert os.path.isdir(desk.path())


def test_a_record_that_is_wrong_is_still_an_input_error(desk: Desk) -> None:
    desk.write(b"oops\n")
    with pytest.raises(InputError, match=f"{NAME}:1:1: not JSON"):
        desk.commit()


def test_a_directory_that_cannot_be_looked_into_is_not_one_without_the_dataset(desk: Desk) -> None:
    desk.track(lines(talk(1)), "below/new.jsonl")
    desk.write(lines(talk(3)))
    real = os.lstat

    def refuse(path: str) -> os.stat_result:
        if "below" in path:
            raise PermissionError(13, "Permission denied")
        return real(path)

    with patch("os.lstat", refuse):
        change = desk.change("below/new.jsonl")
        assert (change.change, change.problem) == (
            "invalid",
            "cannot look at below/new.jsonl: permission denied",
        )
        desk.commit(names=[NAME])
    assert desk.change("below/new.jsonl").change == "added"
