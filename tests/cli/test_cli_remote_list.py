"""What ``rtstore remote`` says of remotes, and how they are forgotten; paths that are away."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import make_host, ok, run


@pytest.fixture
def pushed(work: Path) -> Path:
    ok("remote", "add", "backup", str(make_host(work.parent / "host.git")))
    ok("push")
    return work


def test_alone_it_lists_the_remotes(work: Path) -> None:
    assert ok("remote") == "hint: `rtstore remote add backup URL` adds one\n"
    ok("remote", "add", "backup", str(make_host(work.parent / "host.git")))
    assert ok("remote") == ok("remote", "list") == f"backup  {work.parent / 'host.git'}  (master)\n"


def test_what_was_renamed_and_forgotten_is_told_as_json(pushed: Path) -> None:
    before = run("remote", "show", "backup", "--json").json
    assert run("remote", "rename", "backup", "home", "--json").json == {**before, "name": "home"}
    assert run("remote", "remove", "home", "--json").json == {**before, "name": "home"}
    assert run("remote", "list", "--json").json == []


def test_a_remote_of_which_the_file_is_damaged_is_forgotten(pushed: Path) -> None:
    (pushed / ".rtstore/remotes/backup").write_bytes(b"garbage")
    assert "`rtstore remote remove backup` forgets it" in run("fetch").stderr
    assert ok("remote", "remove", "backup") == "Forgot backup, of which the file was damaged\n"
    assert run("remote", "list", "--json").json == []


@pytest.mark.parametrize("mounted", [False, True])
def test_a_disk_that_is_not_there_is_no_reason_to_make_a_repository(pushed: Path, mounted: bool) -> None:
    host = pushed.parent / "host.git"
    host.rename(pushed.parent / "elsewhere")
    if mounted:  # the empty directory where it would be
        host.mkdir()
    for command in ("push", "fetch", "pull", "remote verify", "remote compact"):
        result = run(*command.split())
        assert (result.code, result.stdout) == (12, "")
        lines = result.stderr.splitlines()
        assert lines[:2] == [
            f"error: {host}, where the backup is, is not there now",
            "hint: Is it on a disk that is not connected, or not mounted? Nothing is known to be lost.",
        ]
    if mounted:
        host.rmdir()
    (pushed.parent / "elsewhere").rename(host)
    assert ok("fetch") == "Nothing new in backup\n"


def test_where_nothing_was_pushed_yet_one_can_be_made(work: Path) -> None:
    host = make_host(work.parent / "host.git")
    ok("remote", "add", "backup", str(host))
    host.rename(work.parent / "elsewhere")
    for command in (("push",), ("remote", "add", "other", str(host))):
        assert "hint: Make one: `git init --bare PATH`." in run(*command).stderr


def test_a_clone_inside_of_a_workspace_says_where_to_go(pushed: Path) -> None:
    result = run("clone", "../host.git", "inside")
    assert result.stderr.splitlines()[:2] == [
        f"error: {pushed / 'inside'} is inside the workspace {pushed}",
        "hint: Clone to a directory outside of it: `rtstore clone URL DIR`.",
    ]
    assert not Path("inside").exists()
