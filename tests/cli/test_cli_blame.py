from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write


@pytest.fixture
def ferry(work: Path) -> Path:
    """Two commits: the reply of the second entry was edited."""
    write(work / "osk.jsonl", entry(1), entry(2, "No.\nNever."), entry(3), entry(4))
    ok("commit", "-m", "No crossing")
    return work


def test_each_turn_with_the_commit_that_last_changed_it(ferry: Path) -> None:
    first, second = (commit["id"][:12] for commit in reversed(run("log", "--json").json))
    shown = ok("blame", "osk.jsonl#2")
    today = shown.partition("Lind ")[2][:10]
    assert shown == (
        f"{first} (Mara Lind {today}) 1 system: You are Osk, ferryman of the Pa...\n"
        f"{first} (Mara Lind {today}) 2 user: Crossing number 2?\n"
        f"{second} (Mara Lind {today}) 3 assistant: No. Never.\n"
    )


def test_as_of_another_version_and_by_id(ferry: Path) -> None:
    assert ok("blame", "osk.jsonl#00000002", "HEAD~1").splitlines()[2].endswith(" 3 assistant: Aye.")


def test_blame_as_json(ferry: Path) -> None:
    answer = run("blame", "--json", "osk.jsonl#2").json
    assert (answer["path"], answer["position"]) == ("osk.jsonl", 2)
    assert answer["id"] == "0000000200004000800000000000beef"
    assert [turn["message"] for turn in answer["turns"]] == [
        "First crossing",
        "First crossing",
        "No crossing",
    ]
    assert [turn["index"] for turn in answer["turns"]] == [0, 1, 2]


def test_an_entry_has_to_be_named(ferry: Path) -> None:
    result = run("blame", "osk.jsonl")
    assert result.code == 2
    assert result.stderr == ("error: 'osk.jsonl' names no entry\nhint: Write it like 'mara.jsonl#12'.\n")


def test_a_dataset_that_is_not_there(ferry: Path) -> None:
    result = run("blame", "osc.jsonl#1")
    assert result.code == 5
    assert "has no dataset osc.jsonl\nhint: Did you mean osk.jsonl?\n" in result.stderr


def test_a_record_without_turns(work: Path) -> None:
    write(work / "osk.jsonl", {"poem": "The sea."})
    ok("commit", "-m", "Poem")
    result = run("blame", "osk.jsonl#1")
    assert (result.stdout, result.code) == ("", 0)
    assert result.stderr == "osk.jsonl#1 has no turns: it is of no shape that rtstore knows\n"


def test_the_revision_can_stand_before_the_dataset(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 5)))
    ok("commit", "-m", "Second")
    assert ok("blame", "HEAD~1:osk.jsonl#1") == ok("blame", "osk.jsonl#1", "HEAD~1")
    assert run("blame", "HEAD~1:osk.jsonl#1", "HEAD").code == 2


def test_an_entry_that_is_not_there_says_where_positions_are_shown(work: Path) -> None:
    assert run("blame", "osk.jsonl#99").stderr == (
        "error: there is no entry 99: the dataset has 4\n"
        "hint: Positions go from 1 to 4; `rtstore show HEAD:osk.jsonl` shows them with their ids.\n"
    )
    assert run("show", "HEAD:osk.jsonl#99999").stderr == (
        "error: osk.jsonl has no entry 99999\n"
        "hint: Positions go from 1 to 4; `rtstore show HEAD:osk.jsonl` shows them with their ids.\n"
    )


def test_a_mistyped_dataset_has_a_hint(work: Path) -> None:
    assert "Did you mean osk.jsonl?" in run("blame", "oks.jsonl#1").stderr
