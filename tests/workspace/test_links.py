"""Symbolic links in a workspace or its store lead no command to files outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile import publish
from workspaces import NAME, Desk, lines, talk

import rtstore
from rtstore.errors import DamagedError, StorageError, WorkspaceError
from rtstore.model.objects import FileChange, Saved
from rtstore.storage.files import Files
from rtstore.storage.intent import Intent, Replacement, write_intent
from rtstore.storage.signature import signature

FAR = "sub/far.jsonl"


@pytest.fixture
def outside(desk: Desk, tmp_path: Path) -> Path:
    """Commit a file below a directory on one branch, and put a link out in the directory's place on the other."""
    desk.commit_file(lines(talk(1)))
    desk.store.switch("noir", create=True)
    desk.commit_file(lines(talk(2)), FAR)
    desk.store.switch("main")
    os.rmdir(desk.path("sub"))
    os.symlink(tmp_path, desk.path("sub"))
    return tmp_path


def test_switch_writes_nothing_through_a_link_that_leads_out(desk: Desk, outside: Path) -> None:
    with pytest.raises(WorkspaceError, match="outside the workspace"):
        desk.store.switch("noir")
    assert (desk.store.current_branch, os.listdir(outside)) == ("main", [])


def test_undo_writes_and_removes_nothing_through_a_link_that_leads_out(desk: Desk, outside: Path) -> None:
    with pytest.raises(WorkspaceError, match="outside the workspace"):
        desk.store.undo()
    assert os.listdir(outside) == []
    os.remove(desk.path("sub"))
    desk.store.switch("noir")
    os.rename(desk.path("sub"), outside / "sub")
    os.symlink(outside / "sub", desk.path("sub"))
    with pytest.raises(WorkspaceError, match="outside the workspace"):
        desk.store.switch("main")
    assert (outside / FAR).exists()


def test_a_link_into_the_store_is_no_way_into_it(desk: Desk, outside: Path) -> None:
    os.remove(desk.path("sub"))
    os.symlink(".rtstore", desk.path("sub"))
    with pytest.raises(WorkspaceError, match="outside the workspace"):
        desk.store.switch("noir")
    assert not desk.exists(".rtstore/far.jsonl")


def test_a_link_to_a_directory_inside_may_be_used(desk: Desk, outside: Path) -> None:
    os.remove(desk.path("sub"))
    os.mkdir(desk.path("real"))
    os.symlink("real", desk.path("sub"))
    desk.store.switch("noir")
    assert desk.read("real/far.jsonl") == lines(talk(2))


def test_what_is_left_of_a_command_is_not_finished_through_a_link_that_leads_out(
    desk: Desk, outside: Path
) -> None:
    temporary = ".far.jsonl.rtstore-001122334455"
    (outside / temporary).write_bytes(b"not ours")
    old, head = (publish(desk, {FAR: FileChange(Saved(), Saved())}) for _ in range(2))
    for operation in (head, old):
        replacement = Replacement(f"sub/{temporary}", FAR, None)
        write_intent(Files(), desk.path(".rtstore"), Intent(operation, (replacement,)))
        desk.reopen()
        assert not desk.exists(".rtstore/intent")
        assert os.listdir(outside) == [temporary]


def test_a_link_in_the_place_of_a_file_that_a_killed_command_was_to_replace_stays(
    desk: Desk, tmp_path: Path
) -> None:
    desk.commit_file(lines(talk(1)))
    expected = signature(desk.path())
    temporary = f".{NAME}.rtstore-001122334455"
    desk.write(lines(talk(2)), temporary)
    desk.delete()
    os.symlink(tmp_path, desk.path())
    head = publish(desk, {NAME: FileChange(Saved(), Saved())})
    intent = Intent(head, (Replacement(temporary, NAME, expected),))
    write_intent(Files(), desk.path(".rtstore"), intent)
    desk.reopen()
    assert os.readlink(desk.path()) == str(tmp_path)
    assert not desk.exists(temporary)
    assert not desk.exists(".rtstore/intent")


def test_a_lock_that_is_a_link_is_not_written_to(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    os.symlink(tmp_path / "precious", desk.path(".rtstore/lock"))
    with pytest.raises(StorageError, match="cannot open the lock"):
        desk.store.create_branch("x")
    assert (tmp_path / "precious").read_text() == "precious"


def test_clearing_a_cache_that_is_a_link_removes_no_other_files(desk: Desk, tmp_path: Path) -> None:
    desk.commit_file(lines(talk(1)))
    (tmp_path / "precious").write_text("precious")
    os.rename(desk.path(".rtstore/cache"), desk.path("cache"))
    os.symlink(tmp_path, desk.path(".rtstore/cache"))
    os.remove(desk.path(".rtstore/head"))
    rtstore.Store(desk.store._workspace).fsck(rescue=True)
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_pack_that_is_a_link_to_no_file_is_told_of(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    for pack in os.listdir(desk.path(".rtstore/packs")):
        os.remove(desk.path(f".rtstore/packs/{pack}"))
        os.symlink("nowhere", desk.path(f".rtstore/packs/{pack}"))
    desk.reopen()
    with pytest.raises(DamagedError, match="is a link to no file"):
        list(desk.store["HEAD"])
    assert any("is a link to no file" in problem.what for problem in desk.store.fsck().problems)
