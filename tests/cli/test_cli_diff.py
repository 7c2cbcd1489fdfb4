from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write

FIRST = "  edited   osk.jsonl   1 edited, 1 added\n1 dataset changed: 1 edited, 1 added\n"


@pytest.fixture
def changed(work: Path) -> Path:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))
    return work


def test_the_files_against_head(changed: Path) -> None:
    assert ok("diff", "--stat") == FIRST


def test_the_count_is_the_default(changed: Path) -> None:
    assert ok("diff") == FIRST


def test_no_differences(work: Path) -> None:
    assert ok("diff", "--stat") == "no differences\n"


def test_the_files_against_a_revision(changed: Path) -> None:
    ok("commit", "-m", "Second")
    assert ok("diff", "--stat") == "no differences\n"
    assert ok("diff", "--stat", "HEAD~1") == FIRST


def test_two_commits(changed: Path) -> None:
    ok("commit", "-m", "Second")
    assert ok("diff", "--stat", "HEAD~1..HEAD") == FIRST
    assert ok("diff", "--stat", "HEAD..HEAD~1").startswith("  edited   osk.jsonl   1 edited, 1 removed\n")


def test_only_the_datasets_named(changed: Path) -> None:
    write(changed / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    assert ok("diff", "--stat", "--", "osk.jsonl") == FIRST
    assert ok("diff", "--stat", "HEAD", "nell.jsonl").startswith("  added    nell.jsonl   1 entry\n")


def test_a_dataset_that_is_not_there(changed: Path) -> None:
    result = run("diff", "--stat", "--", "oks.jsonl")
    assert result.code == 5
    assert "hint: Did you mean osk.jsonl?\n" in result.stderr


def test_the_exit_code_can_tell(changed: Path) -> None:
    assert run("diff", "--exit-code").code == 1
    ok("commit", "-m", "Second")
    assert run("diff", "--exit-code").code == 0


def test_two_revisions_are_written_as_a_range(changed: Path) -> None:
    result = run("diff", "HEAD", "main")
    assert result.code == 2
    assert result.stderr == "error: diff compares two versions\nhint: Write them like 'HEAD..main'.\n"


def test_diff_as_json(changed: Path) -> None:
    answer = run("diff", "--stat", "--json").json
    assert (answer["old"], answer["new"]) == ("HEAD", None)
    assert [(c["path"], c["change"], c["counts"]["edited"]) for c in answer["datasets"]] == [
        ("osk.jsonl", "edited", 1)
    ]
