"""Files: whole writes, atomic replacement, errors that say what to do."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path

import pytest

from rtstore.errors import StorageError, WorkspaceError
from rtstore.storage import files as files_module
from rtstore.storage import renaming
from rtstore.storage.files import Files, is_temporary, refused, temporary_beside
from rtstore.storage.signature import Signature, signature

OLD, NEW = b"old content", b"the new content, longer"
SECOND = 1_000_000_000


def prepared(tmp_path: Path) -> tuple[Path, Path]:
    root = tmp_path / "root"
    root.mkdir()
    path = root / "head"
    path.write_bytes(OLD)
    return root, path


def test_a_new_file_holds_all_that_was_written(tmp_path: Path) -> None:
    with Files().create(str(tmp_path / "new")) as file:
        file.write(b"one ")
        file.write(memoryview(b"-two-")[1:4])
        file.write(bytearray(b" three"))
        file.sync()
    assert (tmp_path / "new").read_bytes() == b"one two three"


def test_short_writes_are_carried_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    with Files().create(str(tmp_path / "new")) as file:
        file.write(b"0123456789")
    assert (tmp_path / "new").read_bytes() == b"0123456789"


def test_creating_an_existing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(OLD)
    with pytest.raises(StorageError, match=r"cannot create .*there"):
        Files().create(str(tmp_path / "there"))
    assert (tmp_path / "there").read_bytes() == OLD


def test_closing_twice_is_fine(tmp_path: Path) -> None:
    file = Files().create(str(tmp_path / "new"))
    file.close()
    file.close()


def test_a_write_to_a_closed_file_is_an_error(tmp_path: Path) -> None:
    file = Files().create(str(tmp_path / "new"))
    file.close()
    with pytest.raises(StorageError, match="cannot write"):
        file.write(b"x")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_new_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    Files().write_atomically(str(path), b"x", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    Files().set_mode(str(path), 0o640)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_directories_are_made_with_their_parents_and_may_exist(tmp_path: Path) -> None:
    for _ in range(2):
        Files().make_directory(str(tmp_path / "a" / "b" / "c"))
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_the_way_of_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OLD)
    with pytest.raises(StorageError, match="cannot create"):
        Files().make_directory(str(tmp_path / "a"))


def test_removing_a_missing_file_is_an_error_unless_said_otherwise(tmp_path: Path) -> None:
    Files().remove(str(tmp_path / "none"), missing_ok=True)
    with pytest.raises(StorageError, match=r"cannot remove .*none"):
        Files().remove(str(tmp_path / "none"))
    with pytest.raises(StorageError, match="cannot remove"):
        Files().remove(str(tmp_path))


def test_reading_what_is_missing_raises_file_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Files().read(str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError):
        Files().names(str(tmp_path / "none"))


def test_reading_what_cannot_be_read_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(StorageError, match="cannot read"):
        Files().read(str(tmp_path))
    with pytest.raises(StorageError, match="cannot list"):
        Files().names(str(tmp_path / "file"))


def test_changes_in_a_missing_directory_are_storage_errors(tmp_path: Path) -> None:
    gone = str(tmp_path / "none")
    for change in (
        lambda: Files().sync_directory(gone),
        lambda: Files().set_mode(gone, 0o600),
        lambda: Files().replace(gone, gone + "2"),
        lambda: Files().write_atomically(os.path.join(gone, "file"), b""),
    ):
        with pytest.raises(StorageError, match="none"):
            change()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "no space left on the disk"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "I/O error"),
        (errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)),
    ],
)
def test_an_error_names_path_and_reason_and_hints_at_a_way_out(code: int, reason: str) -> None:
    error = refused(OSError(code, os.strerror(code)), "write", "mara.jsonl")
    assert error.message.startswith("cannot write mara.jsonl: ")
    assert reason in error.message
    assert error.hint


def test_on_windows_replacing_waits_for_an_open_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = prepared(tmp_path)
    refusals = iter([PermissionError(errno.EACCES, "denied")] * 2)
    real = os.replace

    def replace(source: str, target: str) -> None:
        for error in refusals:
            raise error
        real(source, target)

    monkeypatch.setattr(files_module, "WINDOWS", True)
    monkeypatch.setattr(os, "replace", replace)
    Files().write_atomically(str(path), NEW)
    assert path.read_bytes() == NEW


def test_on_windows_a_file_that_stays_open_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = prepared(tmp_path)

    def replace(source: str, target: str) -> None:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(files_module, "WINDOWS", True)
    monkeypatch.setattr(files_module, "_PATIENCE", 0.0)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(StorageError, match="another program has the file open") as raised:
        Files().write_atomically(str(path), NEW)
    assert "Close the programs" in (raised.value.hint or "")
    assert path.read_bytes() == OLD


def test_temporary_names_are_hidden_beside_the_file_and_recognised() -> None:
    path = temporary_beside(os.path.join("some", "mara.jsonl"))
    assert os.path.dirname(path) == "some"
    assert os.path.basename(path).startswith(".mara.jsonl.rtstore-")
    assert is_temporary(os.path.basename(path))
    assert path != temporary_beside(os.path.join("some", "mara.jsonl"))


@pytest.mark.parametrize(
    "name", ["mara.jsonl", ".rtstore", ".x.rtstore-", "x.rtstore-0123456789ab", ".gitignore"]
)
def test_other_names_are_not_taken_for_temporary(name: str) -> None:
    assert not is_temporary(name)


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 127)
    Files().write_atomically(str(path), NEW)
    assert path.read_bytes() == NEW


# --- signatures ---


def test_a_signature_changes_with_the_file(tmp_path: Path) -> None:
    _, path = prepared(tmp_path)
    first = signature(str(path))
    assert first is not None
    assert first == signature(str(path))
    assert first.size == len(OLD)
    Files().write_atomically(str(path), OLD)
    assert signature(str(path)) != first


def test_a_missing_file_has_no_signature(tmp_path: Path) -> None:
    _, path = prepared(tmp_path)
    assert signature(str(tmp_path / "none")) is None
    assert signature(str(path / "below a file")) is None


def test_only_ordinary_files_have_signatures(tmp_path: Path) -> None:
    root, path = prepared(tmp_path)
    with pytest.raises(WorkspaceError, match="is a directory"):
        signature(str(root))
    os.symlink(path, tmp_path / "link")
    with pytest.raises(WorkspaceError, match="is a symbolic link"):
        signature(str(tmp_path / "link"))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WorkspaceError, match="is a device, pipe or socket"):
        signature(str(tmp_path / "pipe"))


@pytest.mark.parametrize(
    ("mtime", "ctime", "settled"),
    [
        (5 * SECOND + 1, 5 * SECOND + 1, True),
        (10 * SECOND - 60_000_001, 5 * SECOND + 1, True),
        (10 * SECOND - 40_000_001, 5 * SECOND + 1, False),
        (5 * SECOND + 1, 10 * SECOND - 40_000_001, False),
        (20 * SECOND + 1, 5 * SECOND + 1, False),
        (9 * SECOND, 5 * SECOND + 1, False),
        (7 * SECOND, 7 * SECOND, True),
    ],
    ids=[
        "long ago",
        "a tick ago",
        "just now",
        "metadata just now",
        "in the future",
        "coarse clock",
        "coarse, long ago",
    ],
)
def test_a_signature_is_trusted_only_when_a_later_change_would_show(
    mtime: int, ctime: int, settled: bool
) -> None:
    assert Signature(1, mtime, ctime, 1, 0o644).settled(10 * SECOND) is settled


@pytest.mark.parametrize(
    ("action", "who"), [("read", "read it"), ("look at", "read it"), ("write", "write there")]
)
def test_the_hint_is_about_what_was_refused(action: str, who: str) -> None:
    error = refused(PermissionError(errno.EACCES, "denied"), action, "mara.jsonl")
    assert f"who may {who}" in (error.hint or "")


def test_a_part_of_a_file_is_copied_behind_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"0123456789")
    with FileIO(tmp_path / "source") as source, Files().create(str(tmp_path / "new")) as file:
        file.write(b"<")
        assert file.copy(source, 3, 4) == 4
        file.write(b">")
        assert file.copy(source, 8, 4) == 2, "the source ends there"
    assert (tmp_path / "new").read_bytes() == b"<3456>89"


@pytest.mark.parametrize("code", [errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP])
def test_it_is_copied_by_hand_where_the_system_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def cannot(*_: object) -> int:
        raise OSError(code, "cannot")

    monkeypatch.setattr(os, "copy_file_range", cannot, raising=False)
    monkeypatch.setattr(files_module, "_COPIED", 3)
    (tmp_path / "source").write_bytes(b"0123456789")
    with FileIO(tmp_path / "source") as source, Files().create(str(tmp_path / "new")) as file:
        assert file.copy(source, 1, 8) == 8
    assert (tmp_path / "new").read_bytes() == b"12345678"


def test_a_full_disk_is_no_reason_to_copy_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "copy_file_range", full, raising=False)
    monkeypatch.setattr(files_module.sys, "platform", "linux")
    (tmp_path / "source").write_bytes(b"0123456789")
    with (
        FileIO(tmp_path / "source") as source,
        Files().create(str(tmp_path / "new")) as file,
        pytest.raises(StorageError, match="no space left"),
    ):
        file.copy(source, 0, 10)


def test_a_name_that_is_free_is_given_and_one_that_is_not_is_left(tmp_path: Path) -> None:
    check_rename_to_free(tmp_path)


@pytest.mark.parametrize("links", [True, False])
def test_so_it_is_where_the_system_call_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(renaming, "_system_call", lambda: None)
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    check_rename_to_free(tmp_path)


def check_rename_to_free(directory: Path) -> None:
    source, target = directory / "source", directory / "target"
    source.write_bytes(NEW)
    assert Files().rename_to_free(str(source), str(target))
    assert (source.exists(), target.read_bytes()) == (False, NEW)
    source.write_bytes(OLD)
    assert not Files().rename_to_free(str(source), str(target))
    assert (source.read_bytes(), target.read_bytes()) == (OLD, NEW)
    with pytest.raises(StorageError, match="cannot create"):
        Files().rename_to_free(str(directory / "none"), str(directory / "other"))
