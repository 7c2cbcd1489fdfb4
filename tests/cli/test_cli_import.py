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
