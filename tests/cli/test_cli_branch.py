from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, masked, ok, run, write


def test_branches_are_listed_with_the_current_one_marked(work: Path) -> None:
    assert masked(ok("branch", "noir")) == "Branch 'noir' starts at ID\n"
    assert ok("branch") == "* main\n  noir\n"
    assert masked(ok("branch", "-v")) == "* main  ID First crossing\n  noir  ID First crossing\n"


def test_a_branch_starts_at_a_revision(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("commit", "-m", "Second")
    ok("branch", "old", "HEAD~1")
    assert run("log", "old", "--json").json[0]["message"] == "First crossing"


def test_a_branch_that_exists_is_not_moved_without_force(work: Path) -> None:
    ok("branch", "noir")
    result = run("branch", "noir")
    assert result.code != 0
    assert result.stderr.endswith("nothing was changed\n")
    assert masked(ok("branch", "-f", "noir")) == "Branch 'noir' starts at ID\n"


def test_branches_are_deleted(work: Path) -> None:
    ok("branch", "one")
    ok("branch", "two")
    assert masked(ok("branch", "-d", "one", "two")) == (
        "Deleted branch 'one', which was at ID\nDeleted branch 'two', which was at ID\n"
    )
    assert ok("branch") == "* main\n"


def test_a_misspelt_branch_is_recognised(work: Path) -> None:
    ok("branch", "noir")
    result = run("branch", "-d", "nior")
    assert result.code == 5
    assert "hint: Did you mean 'noir'?\nnothing was changed\n" in result.stderr


def test_branches_are_renamed(work: Path) -> None:
    assert ok("branch", "-m", "trunk") == "Branch 'main' is now 'trunk'\n"
    ok("branch", "noir")
    assert ok("branch", "-m", "noir", "dark") == "Branch 'noir' is now 'dark'\n"
    assert ok("branch") == "  dark\n* trunk\n"


def test_a_detached_head_is_listed(work: Path) -> None:
    ok("switch", "--detach")
    assert masked(ok("branch")) == "* (HEAD is detached at ID)\n  main\n"


def test_branches_as_json(work: Path) -> None:
    head = run("log", "--json").json[0]["id"]
    assert run("branch", "--json", "noir").json == [
        {"name": "main", "commit": head, "current": True},
        {"name": "noir", "commit": head, "current": False},
    ]


def test_wrong_uses(work: Path) -> None:
    for arguments in (("-d",), ("-m",), ("-d", "-m", "x"), ("a", "b", "c"), ("-m", "a", "b", "c")):
        result = run("branch", *arguments)
        assert (result.code, "hint: " in result.stderr) == (2, True), arguments


def test_several_are_deleted_in_one_operation(work: Path) -> None:
    for name in ("noir", "storm"):
        ok("branch", name)
    assert ok("branch", "-d", "noir", "storm").count("Deleted branch") == 2
    assert [one["command"] for one in run("op", "log", "-n", "1", "--json").json] == ["branch -d noir storm"]
    ok("undo")
    assert {"noir", "storm"} <= {one["name"] for one in run("branch", "--json").json}


def test_if_one_cannot_be_deleted_none_is(work: Path) -> None:
    ok("branch", "noir")
    result = run("branch", "-d", "noir", "nior")
    assert (result.code, result.stderr.endswith("nothing was changed\n")) == (5, True)
    assert "noir" in ok("branch")
