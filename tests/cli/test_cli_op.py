from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, masked, ok, run, write


def test_operations_are_listed_newest_first(work: Path) -> None:
    ok("tag", "v1")
    ok("undo")
    assert masked(ok("op", "log")) == (
        "ID  AGO undo: tag v1 (ID)\n"
        "ID  AGO tag v1\n"
        "ID  AGO commit: First crossing\n"
        "ID  AGO add osk.jsonl\n"
        "ID  AGO init\n"
    )


def test_at_most_n(work: Path) -> None:
    assert masked(ok("op", "log", "-n", "1")) == "ID  AGO commit: First crossing\n"


def test_an_operation_shows_the_names_it_changed(work: Path) -> None:
    ok("switch", "-c", "noir")
    assert masked(ok("op", "show")) == (
        "operation ID\n"
        "Date:    DATE\n"
        "Command: switch -c noir\n"
        "  HEAD: main -> noir\n"
        "  branch noir: nothing -> ID\n"
    )


def test_an_operation_shows_the_files_it_changed(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("restore", "osk.jsonl")
    assert ok("op", "show", "@").endswith("Command: restore osk.jsonl\n  osk.jsonl: file replaced\n")
    (work / "osk.jsonl").unlink()
    ok("restore", "osk.jsonl")
    assert ok("op", "show").endswith("  osk.jsonl: file written\n")
    ok("undo")
    assert ok("op", "show").endswith("  osk.jsonl: file removed\n")


def test_an_operation_is_named_by_the_start_of_its_id(work: Path) -> None:
    second = run("op", "log", "--json").json[1]
    assert ok("op", "show", second["id"][:8]).splitlines()[2:] == [
        "Command: add osk.jsonl",
        "  tracked osk.jsonl: nothing -> yes",
    ]


def test_the_first_operation(work: Path) -> None:
    first = run("op", "log", "--json").json[-1]
    assert masked(ok("op", "show", first["id"])) == "operation ID\nDate:    DATE\nCommand: init\n"


def test_an_operation_that_is_not_there(work: Path) -> None:
    result = run("op", "show", "ffffffffffff")
    assert result.code == 5
    assert result.stderr.startswith("error: there is no operation ffffffffffff\n")


def test_operations_as_json(work: Path) -> None:
    newest, *others = run("op", "log", "--json").json
    assert (newest["kind"], newest["command"], newest["target"]) == (
        "command",
        "commit: First crossing",
        None,
    )
    shown = run("op", "show", "--json").json
    assert shown["id"] == newest["id"]
    assert shown["parent"] == others[0]["id"]
    assert [(name["name"], name["before"]) for name in shown["names"]] == [("branch main", None)]
    assert shown["files"] == []


def test_the_group_alone_shows_its_commands(work: Path) -> None:
    shown = run("op", "--help").stdout
    assert "log   List operations, newest first." in shown
    assert "show  Show what an operation changed." in shown


def test_an_empty_id_is_no_operation(work: Path) -> None:
    result = run("op", "show", "")
    assert (result.code, result.stderr.splitlines()[0]) == (5, "error: the id of an operation is empty")


def test_alone_it_shows_its_help(work: Path) -> None:
    result = run("op")
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: rtstore op ")
    assert "error:" not in result.stderr
