from __future__ import annotations

import io
import json
from pathlib import Path
from unittest.mock import patch

import pytest
from cli_helpers import entry, ok, run, write

from rtstore.formats.sources.base import Options
from tests.workspace.imports import Told, item


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


POSTS = {"conversations": [{"from": "human", "value": "Late?"}, {"from": "Osk", "value": "Never."}]}


def test_a_shape_and_what_comes_with_it(work: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.txt"
    write(more, POSTS, {"a": 1}, {"a": 2}, {"b": 3}, {"c": 4})
    assert ok("import", str(more), "--into", "new/new.jsonl", "--as", "messages") == (
        "Made the dataset new/new.jsonl\n"
        f"new/new.jsonl: 1 entry added from {more}\n"
        "  1 character added to its registry\n"
        "  4 could not be used:\n"
        "    4 x no conversation is found in the record\n"
        "  the first at line 2, line 3, line 4\n"
        "  all of it is in new/more.rejects.jsonl\n"
    )
    assert (work / "new" / "more.rejects.jsonl").read_bytes().count(b"\n") == 4


def test_what_came_in_as_json(work: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.txt"
    write(more, POSTS, {"a": 1})
    answer = run("import", str(more), "--into", "osk.jsonl", "--as", "sharegpt", "--json").json
    reason = "no conversation is found in the record"
    assert (answer["kind"], answer["added"], answer["rejected"]) == ("jsonl", 1, 1)
    assert answer["reasons"] == [{"reason": reason, "count": 1}]
    assert answer["examples"] == [{"place": "line 2", "reason": reason, "text": '{"a": 1}'}]
    assert answer["rejects"] == "more.rejects.jsonl"


def test_where_nothing_can_be_used_it_is_an_error(work: Path, tmp_path: Path) -> None:
    more = write(tmp_path / "more.jsonl", {"a": 1})
    result = run("import", str(more), "--into", "osk.jsonl", "--as", "messages")
    assert (result.code, result.stdout) == (4, "")
    assert result.stderr == (
        "error: more.jsonl: nothing in it can be used: line 1: no conversation is found in the record\n"
        "hint: Give it another shape (--as SHAPE), or none: then records of a dataset file stay as they are.\n"
        "nothing was changed\n"
    )


def test_standard_input(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(json.dumps(one) + "\n" for one in (entry(7), {"a": 1})).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    said = ok("import", "-", "--into", "osk.jsonl", "--as", "messages")
    assert said.startswith("osk.jsonl: 1 entry added from stdin\n")
    assert (work / "stdin.rejects.jsonl").exists()
    assert "Took back: import stdin into osk.jsonl\n" in ok("undo")


def test_a_file_of_another_kind_is_named(work: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Mara,\n")
    told = Told([item(entry(9))])
    with patch("rtstore.workspace.importing.opened.source_of", lambda sample: told):
        said = ok("import", str(letter), "--into", "osk.jsonl", "--map", "a=b=c", "--branches")
    assert said.startswith("Found a letter\nosk.jsonl: 1 entry added from")
    assert told.options == Options({"a=b": "c"}, True)


@pytest.mark.parametrize("given", ["question", "=user", "question="])
def test_what_maps_no_column_is_a_mistake(work: Path, given: str) -> None:
    result = run("import", "osk.jsonl", "--into", "new.jsonl", "--map", given)
    assert result.code == 2
    assert result.stderr.startswith(f"error: --map {given}: not COLUMN=FIELD\n")


@pytest.mark.parametrize(("option", "what"), [("--from", "kind of file"), ("--as", "shape")])
def test_a_mistyped_name_is_answered_with_those_there_are(work: Path, option: str, what: str) -> None:
    result = run("import", "osk.jsonl", "--into", "new.jsonl", option, "jsonll")
    assert result.code == 2
    assert result.stderr.startswith(f"error: there is no {what} 'jsonll'\nhint: There are: ")


CHAT = [
    {"user_name": "Kai", "character_name": "Mara", "create_date": "2026-01-02@10h11m", "chat_metadata": {}},
    {"name": "Kai", "is_user": True, "is_system": False, "mes": "Is the ferry late?"},
    {
        "name": "Mara",
        "is_user": False,
        "is_system": False,
        "mes": "Not tonight.",
        "swipes": ["Not tonight.", "It is."],
        "swipe_id": 0,
    },
]


@pytest.mark.parametrize(
    ("branches", "replies"), [(False, ["Not tonight."]), (True, ["Not tonight.", "It is."])]
)
def test_a_chat_log_of_another_program(
    work: Path, tmp_path: Path, branches: bool, replies: list[str]
) -> None:
    log = write(tmp_path / "log.jsonl", *CHAT)
    said = ok("import", str(log), "--into", "mara/mara.jsonl", *["--branches"] * branches)
    assert said.startswith("Found a SillyTavern chat log\nMade the dataset mara/mara.jsonl\n")
    assert "  2 characters added to its registry\n" in said
    found = [json.loads(line) for line in (work / "mara" / "mara.jsonl").read_text().splitlines()]
    assert [record["messages"][1]["content"] for record in found] == replies
    registry = json.loads((work / "mara" / "mara.registry.json").read_text())
    assert [one["entry_uuid"] for one in registry["entry_character_mappings"]] == [
        record["_rolethread"]["entry_uuid"] for record in found
    ]
