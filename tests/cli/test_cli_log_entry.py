"""``log DATASET#ENTRY`` and ``log -S``."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, write


@pytest.fixture
def ferry(work: Path) -> Path:
    """Three commits: an entry is edited, then another removed."""
    edited = {**entry(2, "No goats."), "tags": ["roleplay", "goats"]}
    write(work / "osk.jsonl", entry(1), edited, entry(3), entry(4))
    ok("commit", "-m", "No goats")
    write(work / "osk.jsonl", edited, entry(3), entry(4))
    ok("commit", "-m", "One less")
    return work


def test_what_was_done_to_an_entry(ferry: Path) -> None:
    assert masked(ok("log", "osk.jsonl#1")) == (
        "commit ID\n"
        "Author: Mara Lind <mara@example.org>\n"
        "Date:   DATE\n"
        "\n"
        "    No goats\n"
        "\n"
        "  osk.jsonl#2: edited: 1 turn, tags\n"
        "\n"
        "commit ID (tag: v1)\n"
        "Author: Mara Lind <mara@example.org>\n"
        "Date:   DATE\n"
        "\n"
        "    First crossing\n"
        "\n"
        "  osk.jsonl#2: added\n"
    ).replace(" (tag: v1)", "")


def test_each_commit_in_one_line(ferry: Path) -> None:
    assert (
        masked(ok("log", "--oneline", "-n", "1", "--", "osk.jsonl#1"))
        == "ID No goats [edited: 1 turn, tags]\n"
    )


def test_an_entry_that_is_gone(ferry: Path) -> None:
    gone = "0000000100004000800000000000beef"
    assert masked(ok("log", "--oneline", f"osk.jsonl#{gone}")) == (
        "ID (HEAD -> main) One less [removed]\nID First crossing [added]\n"
    )


def test_from_a_revision(ferry: Path) -> None:
    assert masked(ok("log", "--oneline", "HEAD~1", "osk.jsonl#1")) == "ID First crossing [added]\n"


def test_a_renamed_dataset(ferry: Path) -> None:
    ok("mv", "osk.jsonl", "ferry.jsonl")
    ok("commit", "-m", "Renamed")
    assert masked(ok("log", "--oneline", "ferry.jsonl#1")).splitlines() == [
        "ID (HEAD -> main) Renamed [moved: was in osk.jsonl]",
        "ID No goats [edited: 1 turn, tags]",
        "ID First crossing [added]",
    ]


def test_the_log_of_an_entry_as_json(ferry: Path) -> None:
    edited, added = run("log", "--json", "osk.jsonl#1").json
    assert edited["message"] == "No goats"
    assert edited["entry"]["turns"] == [{"change": "edited", "old_index": 2, "new_index": 2}]
    assert (edited["entry"]["fields"], edited["entry"]["new_position"]) == (["tags"], 2)
    assert (added["entry"]["change"], added["entry"]["old_position"]) == ("added", None)


def test_what_an_entry_log_does_not_take(ferry: Path) -> None:
    assert run("log", "-S", "goat", "osk.jsonl#1").code == 2
    assert run("log", "--graph", "osk.jsonl#1").code == 2


def test_commits_that_added_or_removed_a_text(ferry: Path) -> None:
    assert masked(ok("log", "--oneline", "-S", "goats")) == "ID No goats\n"
    assert masked(ok("log", "--oneline", "-S", "Crossing number 1?")).splitlines() == [
        "ID (HEAD -> main) One less", "ID First crossing",
    ]  # fmt: skip
    assert ok("log", "-S", "geese") == ""
    assert ok("log", "--oneline", "-S", "goats", "HEAD~1..HEAD", "--", "osk.jsonl") == ""
