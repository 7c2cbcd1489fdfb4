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
    assert run("restore", "--json", "osk.jsonl#1").json == {"files": ["osk.jsonl"], "entries": 1}
