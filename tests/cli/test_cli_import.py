from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, ok, run, write


def test_what_came_in_and_what_was_there(work: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    write(more, entry(1), entry(7), entry(8))
    assert ok("import", str(more), "--into", "osk.jsonl", "--dedupe") == (
        f"osk.jsonl: 2 entries added from {more}\n  1 entry there already\n"
    )
    assert "2 added" in ok("status")
    assert ok("undo").startswith("Took back: import more.jsonl into osk.jsonl\n")


def test_a_file_that_is_not_there(work: Path) -> None:
    result = run("import", "nothing.jsonl", "--into", "osk.jsonl")
    assert (result.code, result.stdout) == (4, "")
    assert result.stderr == "error: nothing.jsonl: there is no such file\nnothing was changed\n"


def test_a_dataset_that_was_not_there_is_said_to_be_made(work: Path) -> None:
    assert ok("import", "osk.jsonl", "--into", "new.jsonl") == (
        "Made the dataset new.jsonl\nnew.jsonl: 4 entries added from osk.jsonl\n"
    )
    assert run("import", "osk.jsonl", "--into", "newer.jsonl", "--json").json["made"] is True
    assert run("import", "osk.jsonl", "--into", "newer.jsonl", "--json").json["made"] is False


def test_the_usage_line_has_what_is_required(work: Path) -> None:
    assert run("import", "--help").stdout.startswith("Usage: rtstore import [OPTIONS] --into DATASET FILE\n")
