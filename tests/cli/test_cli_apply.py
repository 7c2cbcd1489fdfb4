from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write


@pytest.fixture
def patch(work: Path, tmp_path: Path) -> str:
    """A patch that edits the first entry and adds one; the files are as before it."""
    write(work / "osk.jsonl", entry(1, "Rain."), *(entry(n) for n in (2, 3, 4)), entry(9))
    made = tmp_path / "patch.json"
    made.write_text(ok("diff", "--json"), encoding="utf-8")
    ok("restore", "osk.jsonl")
    return str(made)


def test_a_difference_is_done_again_and_undone(work: Path, patch: str) -> None:
    before = (work / "osk.jsonl").read_bytes()
    assert ok("apply", patch) == "  edited   osk.jsonl   1 edited, 1 added\n"
    assert ok("apply", patch) == "nothing changed: the files have it already\n"
    assert ok("apply", "--reverse", patch) == "  edited   osk.jsonl   1 edited, 1 removed\n"
    assert (work / "osk.jsonl").read_bytes() == before


def test_what_contradicts_the_files(work: Path, patch: str) -> None:
    write(work / "osk.jsonl", entry(1, "Snow."), *(entry(n) for n in (2, 3, 4)))
    result = run("apply", patch)
    assert result.code == 1
    assert result.stderr.startswith("error: the patch contradicts what is in osk.jsonl: osk.jsonl#")
    assert result.stderr.endswith("nothing was changed\n")


def test_what_is_no_patch(work: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("[]")
    result = run("apply", str(other))
    assert (result.code, result.stderr.splitlines()[0][:60]) == (4, f"error: {other}: not a patch: "[:60])
