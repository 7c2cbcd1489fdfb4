from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, stranger, write


@pytest.fixture
def flawed(work: Path) -> Path:
    """Two faults in the working file that HEAD does not have, five times one of them."""
    replies = {1: "As an AI, \x1b[2J no.", **dict.fromkeys(range(10, 15), "")}
    write(work / "osk.jsonl", *(entry(n, replies.get(n, "Aye.")) for n in (*range(1, 5), *range(10, 15))))
    return work


def test_findings_are_grouped_by_code_with_examples(flawed: Path) -> None:
    result = run("validate")
    assert (result.code, result.stderr) == (1, "")
    assert result.stdout == (
        "error  empty-content  5 times: a turn says nothing\n"
        "  osk.jsonl#5 turn 3: the assistant says nothing\n"
        "  osk.jsonl#6 turn 3: the assistant says nothing\n"
        "  osk.jsonl#7 turn 3: the assistant says nothing\n"
        "warning  refusal  1 time: an assistant refuses, or speaks of being a model\n"
        "  osk.jsonl#1 turn 3: the assistant says 'as an ai'\n"
        "\n"
        "9 entries checked: 5 errors, 1 warning; 5 entries invalid\n"
    )


def test_nothing_found_is_the_answer_yes(work: Path) -> None:
    assert ok("validate") == "4 entries checked: nothing to report\n"
    assert ok("validate", "HEAD:osk.jsonl", "--level", "info") == "4 entries checked: nothing to report\n"


def test_warnings_alone_are_not_the_answer_no(flawed: Path) -> None:
    shown = ok("validate", "--where", "position < 5")
    assert shown.endswith("4 entries checked: 1 warning\n")
    assert ok("validate", "--where", "position < 5", "--level", "error").endswith("nothing to report\n")


def test_a_version_is_named_where_something_is_found(flawed: Path) -> None:
    ok("commit", "-m", "Flawed")
    assert "\n  HEAD:osk.jsonl#5 turn 3: " in run("validate", "HEAD:osk.jsonl").stdout
    assert run("validate", "HEAD~1:osk.jsonl", "HEAD:osk.jsonl", "--json").json["datasets"] == [
        {"path": "osk.jsonl", "commit": run("log", "--json").json[1]["id"], "entries": 4, "invalid": 0},
        {"path": "osk.jsonl", "commit": run("log", "--json").json[0]["id"], "entries": 9, "invalid": 5},
    ]


def test_a_revision_stands_for_its_datasets(flawed: Path) -> None:
    write(flawed / "nell.jsonl", entry(77))
    ok("add", "nell.jsonl")
    assert ok("validate", "HEAD") == "4 entries checked: nothing to report\n"
    ok("commit", "-m", "Nell")
    assert [each["path"] for each in run("validate", "main", "--json").json["datasets"]] == [
        "nell.jsonl",
        "osk.jsonl",
    ]


def test_only_what_is_new_since_a_version(flawed: Path) -> None:
    assert run("validate", "--since", "HEAD").stdout.endswith(
        "6 entries checked: 5 errors, 1 warning; 5 entries invalid\n"
    )
    ok("commit", "-m", "Flawed")
    assert ok("validate", "--since", "HEAD") == "0 entries checked: nothing to report\n"


def test_datasets_and_directories(flawed: Path) -> None:
    write(flawed / "more" / "nell.jsonl", stranger(1), entry(77, ""))
    ok("add", "more")
    assert run("validate", "more").stdout.endswith("2 entries checked: 1 error; 1 entry invalid\n")
    assert "nell.jsonl#2 turn 3" in run("validate", "nell.jsonl", cwd="more").stdout
    assert "11 entries checked" in run("validate").stdout


def test_an_entry_is_selected_by_an_expression(flawed: Path) -> None:
    for what in ("osk.jsonl#5", "HEAD:osk.jsonl#5"):
        result = run("validate", what)
        assert (result.code, "'position = 12'" in result.stderr) == (2, True), what


def test_json_has_every_finding(flawed: Path) -> None:
    result = run("validate", "--json")
    assert result.code == 1
    assert [each["position"] for each in result.json["findings"]] == [1, 5, 6, 7, 8, 9]
    assert result.json["findings"][1] | {"id": "", "message": ""} == {
        "path": "osk.jsonl",
        "commit": None,
        "position": 5,
        "id": "",
        "turn": 2,
        "code": "empty-content",
        "level": "error",
        "message": "",
    }


def test_stored_roles_cannot_steer_the_terminal(work: Path) -> None:
    record = entry(1)
    record["messages"][1]["role"] = "\x1b[2J"
    write(work / "osk.jsonl", record)
    assert "'\\x1b[2J' where 'user' is due" in run("validate").stdout
    assert "\x1b" not in run("validate").stdout


def test_what_is_not_there(work: Path) -> None:
    assert run("validate", "nell.jsonl").code == 5
    assert run("validate", "HEAD~3:osk.jsonl").code == 5
    assert run("validate", "--since", "nowhere").code == 5
    (work / "osk.jsonl").write_text("no JSON\n")
    assert run("validate").code == 4
    assert ok("validate", "HEAD:osk.jsonl") == "4 entries checked: nothing to report\n"
