from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write
from test_cli_startup import imported_by_command


def test_cat_prints_what_is_meant_one_a_line(work: Path) -> None:
    result = run("cat", "HEAD:osk.jsonl", "--where", "position in (2, 4)")
    assert result.raw == b"".join(json.dumps(entry(n)).encode() + b"\n" for n in (2, 4))
    assert ok("cat", "HEAD:osk.jsonl", "--where", "tag = draft") == ""


def test_cat_prints_records_of_an_array_on_one_line_each(work: Path) -> None:
    told = [{"prompt": "A\nB", "completion": " two  spaces "}, entry(9)]
    (work / "told.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    ok("add", "told.json")
    ok("commit", "-m", "Told")
    printed = ok("cat", "HEAD:told.json", "--where", "valid").splitlines()
    assert [json.loads(line) for line in printed] == told


def test_cat_takes_an_expression_for_a_whole_dataset_only(work: Path) -> None:
    for arguments in (["HEAD:osk.jsonl#1"], ["HEAD:osk.jsonl", "--sidecar"]):
        assert run("cat", *arguments, "--where", "valid").code == 2


def test_grep_looks_only_into_what_is_meant(work: Path) -> None:
    write(work / "osk.jsonl", *map(entry, range(1, 5)), entry(5, "No."))
    ok("commit", "-m", "Second")
    assert ok("grep", "-l", "Crossing", "--where", "added since HEAD~1 or position = 1").split() == [
        "osk.jsonl#1",
        "osk.jsonl#5",
    ]
    assert ok("grep", "-l", "Crossing", "HEAD~1", "--where", "position > 3") == "osk.jsonl#4\n"
    assert run("grep", "Crossing", "--where", "tag = draft").code == 1


@pytest.mark.parametrize("command", [["cat", "HEAD:osk.jsonl"], ["grep", "Aye"], ["validate"]])
def test_an_expression_that_is_none_is_shown_with_the_place(work: Path, command: list[str]) -> None:
    result = run(*command, "--where", "tag = a and raiting > 4")
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[:3] == [
        "error: in the expression, column 13: there is no field 'raiting'",
        "  tag = a and raiting > 4",
        "              ^",
    ]


def test_only_an_expression_loads_the_parser(work: Path) -> None:
    assert "lark" not in imported_by_command("grep", "Aye")
    assert "lark" not in imported_by_command("validate")
    assert "lark" in imported_by_command("grep", "Aye", "--where", "valid")
