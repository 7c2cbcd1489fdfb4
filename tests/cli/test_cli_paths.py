"""In a directory below the workspace's root, all paths are from there: those in messages and hints, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write

from rtstore.cli.paths import from_here


@pytest.fixture
def crew(work: Path) -> Path:
    """The directory ``crew``, with ``crew/nell.jsonl`` committed; there is ``osk.jsonl`` above it."""
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    ok("commit", "-m", "Nell")
    return work / "crew"


def test_an_error_names_a_file_as_the_user_would(crew: Path) -> None:
    (crew / "nell.jsonl").write_text("{]\n")
    assert run("commit", "-m", "Broken", cwd=crew).stderr.startswith("error: nell.jsonl:1:2: ")
    assert run("commit", "-m", "Broken", cwd=crew.parent).stderr.startswith("error: crew/nell.jsonl:1:2: ")


def test_a_hint_can_be_pasted(crew: Path) -> None:
    (crew / "nell.jsonl").unlink()
    result = run("restore", "nell.jsonl#1", cwd=crew)
    assert result.stderr == (
        "error: nell.jsonl is missing\nhint: Run: rtstore restore nell.jsonl\nnothing was changed\n"
    )
    ok("restore", "nell.jsonl", cwd=crew)


def test_a_path_nobody_has_heard_of_is_from_here_too(crew: Path) -> None:
    assert run("commit", "-m", "?", "tam.jsonl", cwd=crew).stderr.startswith(
        "error: tam.jsonl is not tracked\nhint: Run: rtstore add tam.jsonl\n"
    )
    result = run("restore", "crew/nell.jsonl", cwd=crew)
    assert result.stderr.startswith(
        "error: HEAD has no dataset crew/nell.jsonl\nhint: Did you mean nell.jsonl?\n"
    )


def test_a_warning_names_a_file_as_the_user_would(crew: Path) -> None:
    write(crew / "nell.jsonl", entry(9), entry(9, "No."))
    assert run("status", cwd=crew).stderr.startswith("warning: nell.jsonl#2: another entry has the same id")
    assert run("status", cwd=crew.parent / "crew" / "..").stderr.startswith("warning: crew/nell.jsonl#2: ")


def test_what_the_user_typed_is_not_taken_for_another_file(crew: Path) -> None:
    write(crew / "osk.jsonl", entry(10))
    assert (
        "hint: As it is in the last commit: rtstore show 'HEAD:osk.jsonl'"
        in run("show", "osk.jsonl", cwd=crew).stderr
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/b.jsonl#3: x", "<a/b.jsonl>#3: x"),
        ("in a/b.jsonl.", "in <a/b.jsonl>."),
        ("/tmp/a/b.jsonl and a/b.jsonl2", "/tmp/a/b.jsonl and a/b.jsonl2"),
        ("HEAD:b.jsonl, a/b.registry.json", "HEAD:<b.jsonl>, <a/b.registry.json>"),
        ("changes in notes", "changes in notes"),
    ],
)
def test_only_whole_names_are_replaced(text: str, expected: str) -> None:
    assert from_here(text, {"a/b.jsonl", "b.jsonl", "notes"}, "<{}>".format) == expected
