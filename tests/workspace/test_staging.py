"""New working files in the place of old ones: what is copied, and what another program saves in that instant."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

import rtstore
from rtstore.errors import FileChangedError
from rtstore.storage.files import Files
from rtstore.storage.signature import signature
from rtstore.workspace.files import observe
from rtstore.workspace.files.ranges import cut_ranges
from rtstore.workspace.files.reuse import RangeCheck, Reused
from rtstore.workspace.files.seen import recall, remember

SAVED = lines(talk(1, "what the editor saved"))


class Meddling(Files):
    """Lets another program do something right before a file gets or loses its name, once."""

    def __init__(self, path: str, meddle: Callable[[], None]) -> None:
        self._path = path
        self._meddle: Callable[[], None] | None = meddle

    def exchange(self, first: str, second: str) -> bool:
        self._before(first, second)
        return super().exchange(first, second)

    def replace(self, source: str, target: str) -> None:
        self._before(source, target)
        super().replace(source, target)

    def rename_to_free(self, source: str, target: str) -> bool:
        self._before(source, target)
        return super().rename_to_free(source, target)

    def _before(self, *paths: str) -> None:
        if self._path in paths and self._meddle is not None:
            meddle, self._meddle = self._meddle, None
            meddle()


def meddled(desk: Desk, saved: bytes) -> rtstore.Store:
    """Open a desk's store so that an editor saves the dataset at the last instant before a command changes it."""
    return rtstore.open(desk.root, files=Meddling(desk.path(), lambda: desk.write(saved)))


def two_branches(desk: Desk, here: bytes, there: bytes | None) -> None:
    """Commit one version of the dataset on ``main`` and another, or none, on ``other``; check out ``main``."""
    desk.commit_file(lines(talk(0)), "beside.jsonl")
    desk.store.create_branch("other")
    desk.commit_file(here)
    if there is not None:
        desk.store.switch("other")
        desk.commit_file(there)
        desk.store.switch("main")


def test_a_save_in_the_instant_a_file_is_replaced_stays() -> None:
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2)))
        with pytest.raises(FileChangedError, match="at the same moment"):
            meddled(desk, SAVED).switch("other")
        assert desk.read() == SAVED


def test_a_save_in_the_instant_a_file_is_removed_stays() -> None:
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), None)
        with pytest.raises(FileChangedError, match="at the same moment"):
            meddled(desk, SAVED).switch("other")
        assert desk.files() == {"beside.jsonl": lines(talk(0)), NAME: SAVED}


def test_a_file_made_in_the_instant_a_new_one_is_put_there_stays() -> None:
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), None)
        desk.store.switch("other")
        with pytest.raises(FileChangedError, match="at the same moment"):
            meddled(desk, SAVED).switch("main")
        assert desk.files() == {"beside.jsonl": lines(talk(0)), NAME: SAVED}


class SavingLate(Files):
    """Lets an editor that has the dataset open write into it when the new one is in its place, durably."""

    def __init__(self, desk: Desk, content: bytes = SAVED) -> None:
        self._descriptor = os.open(desk.path(), os.O_WRONLY)
        self._inode = os.fstat(self._descriptor).st_ino
        self._path, self._content = desk.path(), content

    def sync_directory(self, path: str) -> None:
        super().sync_directory(path)
        if path == os.path.dirname(self._path) and self._is_replaced() and self._descriptor >= 0:
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, self._content)
            os.close(self._descriptor)
            self._descriptor = -1

    def _is_replaced(self) -> bool:
        return os.path.exists(self._path) and os.stat(self._path).st_ino != self._inode


def test_a_save_into_the_old_file_after_it_was_replaced_stays() -> None:
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2)))
        with pytest.raises(FileChangedError, match=f"another program saved {NAME} at the same moment"):
            rtstore.open(desk.root, files=SavingLate(desk)).switch("other")
        assert desk.files() == {"beside.jsonl": lines(talk(0)), NAME: SAVED}
        desk.reopen()
        assert desk.store.status().branch == "other"
        assert desk.change().change == "edited"
        desk.store.restore([NAME])
        assert desk.read() == lines(talk(2))


def test_it_stays_if_the_command_was_killed_then() -> None:
    class Killed(Exception):
        pass

    class Dying(SavingLate):
        def remove(self, path: str, *, missing_ok: bool = False) -> None:
            raise Killed

        def exchange(self, first: str, second: str) -> bool:
            if self._descriptor < 0:
                raise Killed
            return super().exchange(first, second)

    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2)))
        with pytest.raises(Killed):
            rtstore.open(desk.root, files=Dying(desk)).switch("other")
        desk.reopen()
        assert desk.store.status().branch == "other"
        assert desk.files() == {"beside.jsonl": lines(talk(0)), NAME: SAVED}


def test_what_was_saved_under_the_name_after_that_is_newer() -> None:
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2)))
        newest = lines(talk(1, "saved once more"))

        class Twice(SavingLate):
            def sync_directory(self, path: str) -> None:
                waiting = self._descriptor >= 0
                super().sync_directory(path)
                if waiting and self._descriptor < 0:
                    later = os.stat(desk.path()).st_mtime_ns + 10**9
                    desk.write(newest)
                    os.utime(desk.path(), ns=(later, later))

        with suppress(FileChangedError):
            rtstore.open(desk.root, files=Twice(desk)).switch("other")
        assert desk.files() == {"beside.jsonl": lines(talk(0)), NAME: newest}


def test_a_command_killed_while_it_removes_a_file_is_finished_by_the_next() -> None:
    class Killed(Exception):
        pass

    def die() -> None:
        raise Killed

    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), None)

        class Dying(Files):
            def remove(self, path: str, *, missing_ok: bool = False) -> None:
                if os.path.basename(path).startswith(f".{NAME}.rtstore-"):
                    die()
                super().remove(path, missing_ok=missing_ok)

        with pytest.raises(Killed):
            rtstore.open(desk.root, files=Dying()).switch("other")
        assert len(desk.files()) == 2, "the file lies aside"
        desk.reopen()
        assert desk.files() == {"beside.jsonl": lines(talk(0))}
        assert desk.store.status().branch == "other"


def test_what_a_file_holds_otherwise_than_it_was_seen_to_is_not_copied() -> None:
    """As after a flipped bit on the disk, which changes no time stamp."""
    with new_desk() as desk:
        records = [talk(number) for number in range(2_000)]
        first, second = lines(*records), lines(*records[:-1], talk(1, "another reply"))
        two_branches(desk, first, second)
        workspace = desk.store._workspace
        seen = recall(workspace, NAME)
        assert seen is not None
        desk.write(first.replace(b"lighthouse 0 today", b"lighthouse 0 toDay", 1))
        found = signature(desk.path())
        assert found is not None
        remember(workspace, NAME, replace(seen, signature=found, when=time.time_ns() + 10**9))
        desk.store.switch("other")
        assert desk.read() == second


def test_an_edit_copies_what_it_did_not_change() -> None:
    with new_desk() as desk:
        records = [talk(number) for number in range(1_000)]
        desk.commit_file(lines(*records))
        copied = []

        class Counting(Files):
            def create(self, path: str, mode: int = 0o666):  # type: ignore[no-untyped-def]
                file = super().create(path, mode)
                whole = file.copy
                file.copy = lambda source, offset, size: copied.append(size) or whole(source, offset, size)  # type: ignore[func-returns-value, method-assign]
                return file

        store = rtstore.open(desk.root, files=Counting())
        with store.edit("main", "one reply", AUTHOR) as edit:
            edit[NAME][500].turns[2].content = "Another reply."
        records[500]["messages"][2]["content"] = "Another reply."
        assert desk.read() == lines(*records)
        assert copied
        assert sum(copied) > len(desk.read()) // 3


@pytest.fixture
def three_ranges(tmp_path: Path) -> tuple[Path, Reused, RangeCheck]:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 100 + b"b" * 100 + b"c" * 100)
    ranges = cut_ranges(path.read_bytes()[:100], [100], [bytes(32)])
    for part in (b"b" * 100, b"c" * 100):
        ranges.extend(cut_ranges(part, [100], [bytes(32)]))
    return path, Reused(0, 3, 0, 300), RangeCheck(str(path), ranges)


def test_ranges_that_are_what_they_were_are_found_intact(
    three_ranges: tuple[Path, Reused, RangeCheck],
) -> None:
    _, whole, check = three_ranges
    check.add(whole)
    assert check.finish()


@pytest.mark.parametrize("content", [b"a" * 100 + b"b" * 99 + b"x" + b"c" * 100, b"a" * 100, b""])
def test_ranges_that_are_not_are_found_out(
    three_ranges: tuple[Path, Reused, RangeCheck], content: bytes
) -> None:
    path, whole, check = three_ranges
    path.write_bytes(content)
    check.add(whole)
    assert not check.finish()


def reads(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list to which the paths of working files are added that are read from now on."""
    read: list[str] = []
    real = observe.open_to_read
    monkeypatch.setattr(observe, "open_to_read", lambda path: read.append(path) or real(path))
    return read


def test_a_file_that_was_just_written_need_not_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2)))
        desk.store.switch("other")
        read = reads(desk, monkeypatch)
        desk.reopen()
        assert desk.change().clean
        assert desk.path() not in read


def test_a_save_of_the_same_size_right_after_it_was_written_is_seen() -> None:
    """Even within one tick of the clock, and into the same file."""
    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2, "Reply one")))
        for reply in ("Reply two", "Reply six"):
            desk.store.restore([NAME], "other")
            with open(desk.path(), "r+b") as file:
                file.write(lines(talk(2, reply)))
            desk.reopen()
            with desk.store.diff("other") as difference:
                assert difference.datasets[0].counts.edited == 1


def test_a_save_while_a_command_ends_is_not_taken_for_what_it_wrote() -> None:
    class Slow(Files):
        def sync_directory(self, path: str) -> None:
            if path == desk.root and desk.exists() and desk.read() == lines(talk(2, "Reply one")):
                with open(desk.path(), "r+b") as file:
                    file.write(lines(talk(2, "Reply two")))
                time.sleep(0.2)
            super().sync_directory(path)

    with new_desk() as desk:
        two_branches(desk, lines(talk(1)), lines(talk(2, "Reply one")))
        rtstore.open(desk.root, files=Slow()).switch("other")
        desk.reopen()
        assert desk.change().counts.edited == 1
