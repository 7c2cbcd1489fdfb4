from __future__ import annotations

import json
from pathlib import Path

from cli_helpers import entry, ok, run, write


def replies(path: Path) -> list[str]:
    return [json.loads(line)["messages"][2]["content"] for line in path.read_text().splitlines()]


def test_a_lost_file_comes_back(work: Path) -> None:
    path = work / "osk.jsonl"
    before = path.read_bytes()
    path.unlink()
    assert ok("restore", "osk.jsonl") == "Restored osk.jsonl\n"
    assert path.read_bytes() == before


def test_an_older_version(work: Path) -> None:
    path = work / "osk.jsonl"
    before = path.read_bytes()
    write(path, entry(1))
    ok("commit", "-m", "Second")
    assert ok("restore", "-s", "HEAD~1", "osk.jsonl") == "Restored osk.jsonl\n"
    assert path.read_bytes() == before


def test_a_single_entry(work: Path) -> None:
    path = write(work / "osk.jsonl", entry(1, "No."), entry(2, "No."), entry(3), entry(4))
    assert ok("restore", "osk.jsonl#2") == "Restored osk.jsonl\n  1 entry brought back\n"
    assert replies(path) == ["No.", "Aye.", "Aye.", "Aye."]


def test_an_entry_that_the_version_lacks_is_removed_and_said_to_be(work: Path) -> None:
    path = write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))
    said = ok("restore", "osk.jsonl#00000005", "osk.jsonl#1")
    assert said == "Restored osk.jsonl\n  1 entry brought back\n  1 entry removed: not in HEAD\n"
    assert replies(path) == ["Aye."] * 4
    ok("undo")
    assert run("restore", "osk.jsonl#00000005", "--json").json == {
        "files": ["osk.jsonl"],
        "entries": 1,
        "removed": 1,
    }


def test_nothing_to_restore(work: Path) -> None:
    assert ok("restore", "osk.jsonl") == "Nothing to restore: the files are the same already\n"


def test_from_another_directory(work: Path) -> None:
    (work / "deep").mkdir()
    write(work / "osk.jsonl", entry(1))
    assert ok("restore", "../osk.jsonl", cwd=work / "deep") == "Restored ../osk.jsonl\n"


def test_what_was_overwritten_comes_back_with_undo(work: Path) -> None:
    mine = write(work / "osk.jsonl", entry(1, "Mine.")).read_bytes()
    ok("restore", "osk.jsonl")
    ok("undo")
    assert (work / "osk.jsonl").read_bytes() == mine


def test_a_dataset_that_is_not_there(work: Path) -> None:
    result = run("restore", "oks.jsonl")
    assert result.code == 5
    assert result.stderr.endswith("nothing was changed\n")


def test_an_entry_that_is_not_there(work: Path) -> None:
    assert run("restore", "osk.jsonl#99").code == 5


def test_restore_as_json(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 5)))
    assert run("restore", "--json", "osk.jsonl#1").json == {
        "files": ["osk.jsonl"],
        "entries": 1,
        "removed": 0,
    }


def test_entries_that_are_the_same_already(work: Path) -> None:
    assert ok("restore", "osk.jsonl#2") == "Nothing to restore: the files are the same already\n"


def test_a_directory_stands_for_the_datasets_that_the_version_has_in_it(work: Path) -> None:
    nell = write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    ok("commit", "-m", "Nell")
    nell.unlink()
    nell.parent.rmdir()
    write(work / "osk.jsonl", entry(1, "Mine."))
    assert ok("restore", "crew") == "Restored crew/nell.jsonl\n"
    assert ok("restore", ".") == "Restored osk.jsonl\n"
    assert ok("restore", ".", cwd=work / "crew") == "Nothing to restore: the files are the same already\n"
    assert "outside the workspace" in run("restore", "..").stderr


def test_the_log_says_where_it_came_from(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("commit", "-m", "One")
    ok("restore", "--source", "HEAD~1", "osk.jsonl")
    assert run("op", "log", "--json").json[0]["command"] == "restore --source HEAD~1 osk.jsonl"
