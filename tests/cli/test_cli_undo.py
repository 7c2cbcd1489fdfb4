from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, masked, ok, run, write


def test_a_commit_is_taken_back_and_made_again(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("commit", "-m", "Second")
    assert masked(ok("undo")) == "Took back: commit: Second\n  branch 'main' is at ID\n"
    assert ok("status").splitlines()[1] == "  edited   osk.jsonl   3 removed"
    assert masked(ok("redo")) == "Did again: commit: Second\n  branch 'main' is at ID\n"
    assert ok("status") == "On branch main\nnothing to commit, 1 dataset clean\n"


def test_the_files_follow(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("restore", "osk.jsonl")
    assert masked(ok("undo")) == (
        "Took back: restore osk.jsonl\n  osk.jsonl is as it was before\n  branch 'main' is at ID\n"
    )
    assert masked(ok("redo")) == (
        "Did again: restore osk.jsonl\n  osk.jsonl is as it was after it\n  branch 'main' is at ID\n"
    )


def test_a_file_that_was_made_is_removed(work: Path) -> None:
    ok("import", "osk.jsonl", "--into", "new.jsonl")
    said = ok("undo")
    assert "\n  new.jsonl is removed\n" in said
    assert not (work / "new.jsonl").exists()
    assert "\n  new.jsonl is as it was after it\n" in ok("redo")


def test_back_to_before_the_first_commit(work: Path) -> None:
    assert ok("undo") == "Took back: commit: First crossing\n  branch 'main' has no commits\n"


def test_nothing_to_undo_or_redo(empty: Path) -> None:
    assert (run("undo").code, run("undo").stderr) == (1, "error: there is nothing to undo\n")
    assert (run("redo").code, run("redo").stderr) == (1, "error: there is nothing to redo\n")


def test_undo_and_redo_as_json(work: Path) -> None:
    head = run("log", "--json").json[0]["id"]
    ok("tag", "v1")
    answer = run("undo", "--json").json
    assert len(answer.pop("operation")) == 64
    assert answer == {"command": "tag v1", "files": [], "removed": [], "branch": "main", "head": head}
    assert run("redo", "--json").json["command"] == "tag v1"


def test_what_is_in_the_way_of_undo_can_be_overwritten_and_comes_back(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "First."), *map(entry, range(2, 5)))
    ok("restore", "osk.jsonl")
    write(work / "osk.jsonl", entry(1, "Second."), *map(entry, range(2, 5)))
    result = run("undo")
    assert result.code == 6
    assert "\nhint: Overwrite these edits with --force: " in result.stderr
    assert ok("undo", "--force").startswith("Took back: restore osk.jsonl\n")
    assert "First." in (work / "osk.jsonl").read_text()
    ok("undo")
    assert "Second." in (work / "osk.jsonl").read_text()


def test_where_a_switch_was_taken_back_to_is_said(work: Path) -> None:
    ok("switch", "-c", "inn")
    assert masked(ok("undo")) == (
        "Took back: switch -c inn\n  you are on branch 'main' again, which is at ID\n"
    )
    ok("switch", "--detach")
    assert masked(ok("undo")).endswith("  you are on branch 'main' again, which is at ID\n")
