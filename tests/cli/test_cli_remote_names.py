"""Names of branches and version tags, here and in backups: what is hidden, refused, deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import make_host, masked, ok, run


@pytest.fixture
def pushed(work: Path) -> Path:
    """A workspace whose branch ``main``, and a branch and a version tag called ``noir``, were pushed."""
    ok("remote", "add", "backup", str(make_host(work.parent / "host.git")))
    ok("tag", "noir")
    ok("switch", "-c", "noir")
    ok("commit", "--allow-empty", "-m", "Darker")
    ok("switch", "main")
    ok("push", "--all", "--tags")
    return work


def newest(revision: str) -> str:
    return str(run("log", "--json", revision).json[0]["id"])


def test_a_branch_and_a_tag_of_one_name_are_both_reached(pushed: Path) -> None:
    branch, tag = newest("noir"), newest("tags/noir")
    assert branch != tag == newest("main") == newest("refs/tags/noir")
    ok("clone", "../host.git", "../clone")
    with_names = ("-C", "../clone")
    assert newest("noir") == branch
    for revision, commit in (("backup/noir", branch), ("backup/tags/noir", tag)):
        assert run(*with_names, "log", "--json", revision).json[0]["id"] == commit
    assert "(HEAD -> main, backup/main, backup/tags/noir)" in ok(*with_names, "log", "--oneline")


def test_the_tag_of_a_backup_that_a_branch_hides_is_not_collected(pushed: Path) -> None:
    ok("commit", "--allow-empty", "-m", "Only the tag has this")
    assert "the tag is `tags/noir`" in run("tag", "--force", "noir").stderr
    ok("push", "backup", "tags/noir", "--force-with-lease")
    ok("clone", "../host.git", "../clone")
    ok("-C", "../clone", "gc", "--retention-days", "0")
    assert "Only the tag" in ok("-C", "../clone", "log", "backup/tags/noir")
    ok("-C", "../clone", "fsck")


@pytest.mark.parametrize(
    "command", [("branch", "backup/x"), ("switch", "-c", "backup/x"), ("branch", "-m", "noir", "backup/x")]
)
def test_a_branch_that_would_hide_one_of_a_backup_is_refused(pushed: Path, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: a branch 'backup/x' would hide what is called that in the backup 'backup'\n"
        "hint: Choose another name: 'x' or 'backup-x'.\n"
        "nothing was changed\n"
    )


def test_so_is_a_tag_and_other_names_with_slashes_are_fine(pushed: Path) -> None:
    assert "a tag 'backup/x' would hide" in run("tag", "backup/x").stderr
    ok("branch", "lora/backup")
    ok("tag", "backups/1")


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_a_remote_whose_branches_would_be_hidden_is_refused(pushed: Path, kind: str) -> None:
    ok(kind, "home/x")
    for command in (("remote", "add", "home", "other.git"), ("remote", "rename", "backup", "home")):
        result = run(*command)
        assert result.code == 2
        assert f"a {kind} here is called 'home/x', and would hide what a remote 'home' has" in result.stderr
    assert run("remote", "list", "--json").json[0]["name"] == "backup"


def hide(work: Path, kind: str, name: str) -> None:
    """Make a branch or tag that hides what the backup has, as could be done before that was refused."""
    ok("-C", str(work), "remote", "rename", "backup", "home")
    ok("-C", str(work), kind, name)
    remotes = work / ".rtstore/remotes"
    for path in list(remotes.glob("home*")):
        path.rename(remotes / path.name.replace("home", "backup"))


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_a_pull_is_not_misled_by_a_name_here(pushed: Path, kind: str) -> None:
    ok("clone", "../host.git", "../clone")
    hide(pushed.parent / "clone", kind, "backup/main")
    ok("commit", "--allow-empty", "-m", "Later")
    ok("push")
    assert "Fast-forward" in ok("-C", "../clone", "pull")
    assert run("-C", "../clone", "log", "--json").json[0]["id"] == newest("main")


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_what_was_called_so_before_is_still_of_use(pushed: Path, kind: str) -> None:
    """Made before that was refused: it is what the name means, and the backup's can be named in full."""
    hide(pushed, kind, "backup/noir")
    here = newest("backup/noir")
    assert newest("backup/noir") == here
    assert newest("remotes/backup/noir") == newest("noir") != here
    ok("commit", "--allow-empty", "-m", "Later")
    if kind == "branch":
        ok(kind, "--force", "backup/noir")
        ok(kind, "-m", "backup/noir", "other")
    else:
        ok(kind, "--force", "backup/noir")


def test_a_branch_is_deleted_in_a_backup(pushed: Path) -> None:
    assert masked(ok("push", "backup", "--delete", "noir")) == (
        "  noir is gone, it was at ID\nDeleted in backup, SIZE encrypted sent\n"
    )
    assert "backup/noir" not in ok("log", "--oneline", "noir").split("\n")[0]
    assert run("branch", "--json").json[1]["name"] == "noir"
    result = run("push", "backup", "-d", "--tags", "noir", "--json").json
    assert [each["name"] for each in result["tags"]] == ["noir"] and result["branches"] == []
    ok("clone", "../host.git", "../clone")
    assert run("-C", "../clone", "remote", "show", "backup", "--json").json["tags"] == {}
    unknown = run("push", "backup", "--delete", "noir")
    assert (unknown.code, unknown.stderr.splitlines()[0]) == (5, "error: backup has no 'noir'")


@pytest.mark.parametrize("arguments", [("--delete",), ("--delete", "noir"), ("backup", "--delete", "--all")])
def test_what_is_to_be_deleted_must_be_named(pushed: Path, arguments: tuple[str, ...]) -> None:
    result = run("push", *arguments)
    assert result.code == 2
    assert "hint: `rtstore push REMOTE --delete NAME`" in result.stderr


def test_all_branches_and_some_are_too_much(pushed: Path) -> None:
    result = run("push", "backup", "main", "--all")
    assert (result.code, result.stderr.splitlines()[0]) == (2, "error: all branches, or those named?")


def test_a_fetch_says_what_is_gone(pushed: Path) -> None:
    ok("clone", "../host.git", "../clone")
    ok("push", "backup", "--delete", "noir")
    assert "  backup/noir is gone, it was at ID\n" in masked(ok("-C", "../clone", "fetch"))
