"""The fault harness, tried on atomic writes that are right and on writers that forget to sync."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtstore.errors import StorageError
from rtstore.storage.files import Files, is_temporary
from tests.faults import (
    FaultyFiles,
    RecordingFiles,
    disk_of,
    every_fault,
    every_power_cut,
    lay_out,
    power_cut_states,
)

OLD, NEW = b"old content", b"the new content, longer"


def write_without_sync(files: Files, path: str, data: bytes) -> None:
    files.write_atomically(path, data, durable=False)
    files.sync_directory(os.path.dirname(path))


def write_in_two_parts(files: Files, path: str, data: bytes) -> None:
    with files.create(path) as file:
        file.write(data[:5])
        file.write(data[5:])
        file.sync()


def prepared(tmp_path: Path) -> tuple[Path, Path]:
    root = tmp_path / "root"
    root.mkdir()
    path = root / "head"
    path.write_bytes(OLD)
    return root, path


@pytest.mark.parametrize("when", ["before", "half", "after"])
@pytest.mark.parametrize("forever", [False, True])
def test_a_failing_call_leaves_the_old_content_or_the_new(tmp_path: Path, when: str, forever: bool) -> None:
    root, path = prepared(tmp_path)
    for files in every_fault(forever=forever, when=when):  # type: ignore[arg-type]
        path.write_bytes(OLD)
        try:
            files.write_atomically(str(path), NEW)
        except StorageError as error:
            assert "no space left" in error.message
            assert path.read_bytes() in (OLD, NEW)
        else:
            assert path.read_bytes() == NEW
        if not forever:
            # Creating may leave one behind if it fails after all: nobody knows of the file then.
            assert all(is_temporary(name) for name in os.listdir(root) if name != "head")
    assert files.calls == 5


def test_without_a_later_failure_no_temporary_file_is_left(tmp_path: Path) -> None:
    root, path = prepared(tmp_path)
    for files in every_fault(when="half"):
        try:
            files.write_atomically(str(path), NEW)
        except StorageError:
            assert os.listdir(root) == ["head"]


def test_faults_fire_once_or_forever(tmp_path: Path) -> None:
    once, forever = FaultyFiles(2), FaultyFiles(2, forever=True)
    for files, expected in ((once, [False, True, False, False]), (forever, [False, True, True, True])):
        failed = []
        for _ in range(4):
            try:
                files.sync_directory(str(tmp_path))
            except StorageError:
                failed.append(True)
            else:
                failed.append(False)
        assert failed == expected
        assert files.fired


def test_a_half_write_leaves_half(tmp_path: Path) -> None:
    files = FaultyFiles(2, when="half")
    file = files.create(str(tmp_path / "new"))
    with pytest.raises(StorageError):
        file.write(b"01234567")
    file.close()
    assert (tmp_path / "new").read_bytes() == b"0123"


def test_the_log_has_every_change_in_order(tmp_path: Path) -> None:
    root, path = prepared(tmp_path)
    files = RecordingFiles(root)
    files.write_atomically(str(path), NEW)
    files.make_directory(str(root / "a" / "b"))
    files.remove(str(path))
    files.remove(str(path), missing_ok=True)
    assert [step.call for step in files.log] == [
        *("create", "write", "sync", "replace", "syncdir"),
        *("mkdir", "syncdir", "mkdir", "syncdir", "remove"),
    ]
    assert files.log[3].target == "head"
    assert files.log[1].data == NEW


def test_an_atomic_write_survives_every_power_cut_whole(tmp_path: Path) -> None:
    root, path = prepared(tmp_path)
    files = RecordingFiles(root)
    files.write_atomically(str(path), NEW)
    found = {(point == len(files.log), disk.files["head"]) for point, disk in every_power_cut(files)}
    assert found == {(False, OLD), (False, NEW), (True, NEW)}


def test_a_writer_that_forgets_to_sync_the_file_is_caught(tmp_path: Path) -> None:
    root, path = prepared(tmp_path)
    files = RecordingFiles(root)
    write_without_sync(files, str(path), NEW)
    found = {disk.files["head"] for _, disk in every_power_cut(files)}
    assert {b"", bytes(len(NEW)), NEW[: len(NEW) // 2]} <= found


def test_a_writer_that_forgets_to_sync_the_directory_is_caught(tmp_path: Path) -> None:
    root, _ = prepared(tmp_path)
    files = RecordingFiles(root)
    write_in_two_parts(files, str(root / "new"), NEW)
    found = [disk.files.get("new") for disk in power_cut_states(files, len(files.log))]
    assert found == [NEW, None]


def test_unsynced_renames_may_be_found_out_of_order(tmp_path: Path) -> None:
    root, _ = prepared(tmp_path)
    for name in ("one", "two"):
        (root / name).write_bytes(name.encode())
    files = RecordingFiles(root)
    files.replace(str(root / "one"), str(root / "1"))
    files.replace(str(root / "two"), str(root / "2"))
    found = {frozenset(disk.files) - {"head"} for disk in power_cut_states(files, 2)}
    assert found == {frozenset(names) for names in (("1", "2"), ("1", "two"), ("one", "2"), ("one", "two"))}


def test_what_is_in_a_directory_is_lost_with_its_name(tmp_path: Path) -> None:
    root, _ = prepared(tmp_path)
    files = RecordingFiles(root)
    files._make_one_directory(str(root / "sub"))
    files.write_atomically(str(root / "sub" / "file"), NEW)
    found = [disk.files.get("sub/file") for disk in power_cut_states(files, len(files.log))]
    assert found == [NEW, None]


def test_directories_are_made_so_that_what_is_in_them_stays(tmp_path: Path) -> None:
    root, _ = prepared(tmp_path)
    files = RecordingFiles(root)
    files.make_directory(str(root / "a" / "b"))
    files.write_atomically(str(root / "a" / "b" / "file"), NEW)
    assert [disk.files["a/b/file"] for disk in power_cut_states(files, len(files.log))] == [NEW]


def test_many_names_in_doubt_give_a_bounded_number_of_states(tmp_path: Path) -> None:
    root, _ = prepared(tmp_path)
    files = RecordingFiles(root)
    for number in range(40):
        files.create(str(root / str(number))).close()
    states = list(power_cut_states(files, len(files.log)))
    assert 80 <= len(states) <= 200
    assert set(states[0].files) == {"head", *map(str, range(40))}


def test_a_state_can_be_laid_out_as_a_directory(tmp_path: Path) -> None:
    root, path = prepared(tmp_path)
    files = RecordingFiles(root)
    files.make_directory(str(root / "a"))
    files.write_atomically(str(root / "a" / "file"), NEW)
    killed = next(power_cut_states(files, len(files.log)))
    lay_out(killed, tmp_path / "copy")
    assert disk_of(tmp_path / "copy") == killed == disk_of(root)
    lay_out(files.before, tmp_path / "copy")
    assert os.listdir(tmp_path / "copy") == [path.name]
