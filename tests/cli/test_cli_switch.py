from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, masked, ok, run, write


def test_a_new_branch(work: Path) -> None:
    assert ok("switch", "-c", "noir") == "Switched to the new branch 'noir'\n"
    assert ok("status").startswith("On branch noir\n")


def test_the_files_follow(work: Path) -> None:
    before = (work / "osk.jsonl").read_bytes()
    ok("switch", "-c", "noir")
    write(work / "osk.jsonl", entry(1, "No."))
    write(work / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    ok("commit", "-m", "Noir")
    assert ok("switch", "main") == ("Switched to branch 'main'\n  wrote osk.jsonl\n  removed nell.jsonl\n")
    assert (work / "osk.jsonl").read_bytes() == before
    assert not (work / "nell.jsonl").exists()


def test_a_new_branch_starts_at_a_revision(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("commit", "-m", "Second")
    assert ok("switch", "-c", "old", "HEAD~1") == ("Switched to the new branch 'old'\n  wrote osk.jsonl\n")


def test_uncommitted_changes_come_along(work: Path) -> None:
    ok("switch", "-c", "noir")
    write(work / "osk.jsonl", *map(entry, range(1, 4)), entry(4, "Noir."))
    ok("commit", "-m", "Noir")
    write(work / "osk.jsonl", entry(1, "Mine."), *map(entry, range(2, 4)), entry(4, "Noir."))
    assert ok("switch", "main") == (
        "Switched to branch 'main'\n  wrote osk.jsonl\n  osk.jsonl keeps its uncommitted changes\n"
    )
    assert ok("status").splitlines()[1] == "  edited   osk.jsonl   1 edited"


def test_changes_that_collide_are_in_the_way(work: Path) -> None:
    ok("switch", "-c", "noir")
    write(work / "osk.jsonl", entry(1, "Noir."), *map(entry, range(2, 5)))
    ok("commit", "-m", "Noir")
    mine = write(work / "osk.jsonl", entry(1, "Mine."), *map(entry, range(2, 5))).read_bytes()
    result = run("switch", "main")
    assert result.code == 6
    assert "osk.jsonl#" in result.stderr
    assert result.stderr.endswith("nothing was changed\n")
    assert (work / "osk.jsonl").read_bytes() == mine


def test_no_branch_at_all(work: Path) -> None:
    assert masked(ok("switch", "--detach")) == "HEAD is now at ID, on no branch\n"


def test_a_revision_that_is_no_branch_needs_detach(work: Path) -> None:
    ok("tag", "v1")
    result = run("switch", "v1")
    assert result.code == 5
    assert "rtstore switch --detach v1" in result.stderr


def test_a_misspelt_branch_is_recognised(work: Path) -> None:
    result = run("switch", "mian")
    assert result.code == 5
    assert "hint: Did you mean 'main'?\n" in result.stderr


def test_switch_as_json(work: Path) -> None:
    head = run("log", "--json").json[0]["id"]
    assert run("switch", "--json", "-c", "noir").json == {
        "branch": "noir",
        "head": head,
        "written": [],
        "removed": [],
        "carried": [],
    }


def test_wrong_uses(work: Path) -> None:
    assert run("switch").stderr == (
        "error: a branch to go to is missing\n"
        "hint: `rtstore branch` lists the branches.\n"
        "nothing was changed\n"
    )
    assert run("switch", "main", "HEAD").stderr == (
        "error: START is for a new branch\n"
        "hint: Make it with -c: `rtstore switch -c main HEAD`\n"
        "nothing was changed\n"
    )


def test_to_the_branch_one_is_on(work: Path) -> None:
    before = run("op", "log", "--json").json
    assert ok("switch", "main") == "Already on branch 'main'\n"
    assert run("op", "log", "--json").json == before


def test_a_commit_that_is_left_on_no_branch_is_named(work: Path) -> None:
    ok("switch", "--detach")
    write(work / "osk.jsonl", entry(1, "Nowhere."))
    ok("commit", "-m", "On no branch")
    result = run("switch", "main")
    assert masked(result.stderr) == (
        "warning: ID, which you leave, is on no branch: `rtstore branch NAME ID` keeps it\n"
    )
    ok("undo")
    ok("tag", "kept")
    ok("switch", "main")


def test_a_hyphen_is_the_branch_before(work: Path) -> None:
    assert "you were on before" in run("switch", "-").stderr
    ok("switch", "-c", "inn")
    ok("tag", "ferry")
    assert ok("switch", "-") == "Switched to branch 'main'\n"
    assert ok("switch", "-") == "Switched to branch 'inn'\n"
    assert run("op", "log", "--json").json[0]["command"] == "switch inn"


def test_a_hyphen_leads_back_to_a_detached_commit(work: Path) -> None:
    head = run("log", "--json").json[0]["id"]
    ok("switch", "--detach")
    ok("switch", "main")
    assert ok("switch", "-") == f"HEAD is now at {head[:12]}, on no branch\n"
    assert ok("switch", "-") == "Switched to branch 'main'\n"


def test_a_branch_that_is_gone_is_not_the_one_before(work: Path) -> None:
    ok("switch", "-c", "inn")
    ok("switch", "main")
    ok("branch", "-D", "inn")
    assert run("switch", "-").code == 5


def test_a_branch_needs_a_name(work: Path) -> None:
    assert run("switch", "-c", "").stderr.startswith("error: '' is not a valid branch name: it is empty\n")
