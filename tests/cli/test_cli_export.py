"""``rtstore export`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, write


def test_an_export_says_what_it_wrote(work: Path) -> None:
    assert masked(ok("export", "main:osk.jsonl", "-o", "train.jsonl", "--format", "sharegpt", "--clean")) == (
        "train.jsonl: 4 rows, SIZE\n"
    )
    first = json.loads(Path("train.jsonl").read_text().splitlines()[0])
    assert first["conversations"][2] == {"from": "gpt", "value": "Aye."}


def test_a_dataset_alone_is_that_of_head(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "Not committed."))
    ok("export", "osk.jsonl", "-o", "train.jsonl")
    assert len(Path("train.jsonl").read_text().splitlines()) == 4


def test_entries_without_a_place_are_named_and_nothing_is_written(work: Path) -> None:
    write(work / "osk.jsonl", entry(1), entry(2, " "), {"text": "Once"})
    ok("commit", "-m", "Second")
    result = run("export", "osk.jsonl", "-o", "train.jsonl")
    assert (result.code, result.stdout) == (4, "")
    assert result.stderr == (
        "error: 2 entries have no place in this export:\n"
        "  osk.jsonl#2: no answer of the conversation has text, and would train as empty text\n"
        "  osk.jsonl#3: the record has no shape that is known: no conversation is found in it\n"
        "hint: Edit them, choose others with --where, or leave them out with --skip.\n"
    )
    assert not Path("train.jsonl").exists()


def test_entries_that_are_skipped_are_named(work: Path) -> None:
    write(work / "osk.jsonl", entry(1), entry(2, " "))
    ok("commit", "-m", "Second")
    assert masked(ok("export", "osk.jsonl", "-o", "train.jsonl", "--skip")) == (
        "train.jsonl: 1 row, SIZE\n"
        "  1 entry skipped:\n"
        "    osk.jsonl#2: no answer of the conversation has text, and would train as empty text\n"
    )


def test_a_file_is_verified(work: Path) -> None:
    ok(
        "export",
        "osk.jsonl",
        "-o",
        "train.jsonl",
        "--format",
        "sharegpt",
        "--clean",
        "--shuffle",
        "--seed",
        "7",
    )
    assert masked(ok("export", "--verify", "train.jsonl")) == (
        "train.jsonl: 4 rows of osk.jsonl\n"
        "  from commit ID (HEAD -> main)\n"
        "  options: --format sharegpt --clean --shuffle --seed 7\n"
        "  it is what was written\n"
    )
    Path("train.jsonl").write_text("{}\n")
    result = run("export", "--verify", "train.jsonl")
    assert result.code == 1
    assert (
        result.stdout.endswith("bytes, and was written with 780\n")
        or "changed: it has 3 bytes" in result.stdout
    )


def test_pairs_of_what_was_rewritten(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "Aye, at dawn."), *map(entry, range(2, 5)))
    ok("commit", "-m", "Second")
    assert masked(ok("export", "osk.jsonl", "-o", "pairs.jsonl", "--rejected", "HEAD~1", "--clean")) == (
        "pairs.jsonl: 1 pair, SIZE\n"
    )
    (row,) = map(json.loads, Path("pairs.jsonl").read_text().splitlines())
    assert [row[side][0]["content"] for side in ("chosen", "rejected")] == ["Aye, at dawn.", "Aye."]
    assert ok("export", "--verify", "pairs.jsonl").count("--rejected") == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "export needs a dataset"),
        (("osk.jsonl",), "export needs --output FILE"),
        (("osk.jsonl", "-o", "x", "--since", "HEAD"), "--since is about pairs"),
        (("osk.jsonl", "-o", "x", "--seed", "1"), "--seed is about --shuffle"),
        (("osk.jsonl", "-o", "x", "--format", "yaml"), "there is no format 'yaml'"),
        (
            ("main:osk.jsonl", "-o", "x", "--rejected", "main", "--chosen", "HEAD~0"),
            "'HEAD~0' is another",
        ),
        (("osk.jsonl", "--verify", "x"), "--verify only looks at a file"),
    ],
)
def test_what_makes_no_sense(work: Path, arguments: tuple[str, ...], problem: str) -> None:
    result = run("export", *arguments)
    assert (result.code, problem in result.stderr) == (2, True), result


def test_a_dataset_that_is_not_there(work: Path) -> None:
    assert run("export", "mara.jsonl", "-o", "x").code == 5


def test_progress_is_shown_on_a_terminal(work: Path) -> None:
    result = run("export", "osk.jsonl", "-o", "train.jsonl", terminal=True)
    assert "exporting: 4 of 4 entries (100 %)" in result.stderr
