"""``rtstore cherry-pick`` and ``revert``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_helpers import entry, masked, ok, run, write
from merge_scenes import conflict_over, crossings, diverge, replies


@pytest.fixture
def osk(work: Path) -> Path:
    return work / "osk.jsonl"


def newest(count: int = 1) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run("log", "--json", "-n", str(count)).json
    return found


def three_edits(path: Path) -> None:
    """Commit three edits, of one entry each, on a branch ``noir``; ``main`` stays behind."""
    ok("switch", "-c", "noir")
    said: dict[str, str] = {}
    for number, reply in ((1, "For a price."), (2, "Drowned."), (3, "Nay.")):
        said[f"_{number}"] = reply
        write(path, *crossings(**said))
        ok("commit", "-m", f"Noir {number}", "--author", "Ines Quarrie <ines@example.org>")
    ok("switch", "main")


def test_a_commit_is_done_once_more(osk: Path) -> None:
    three_edits(osk)
    assert masked(ok("cherry-pick", "noir~1")) == (
        "[main ID] Noir 2\n  edited   osk.jsonl   1 edited\nSIZE added to the store\n"
    )
    assert list(replies(osk)) == ["Aye.", "Drowned.", "Aye.", "Aye."]
    (commit,) = newest()
    assert (commit["author"], commit["message"]) == ("Ines Quarrie <ines@example.org>", "Noir 2")


def test_several_are_done_in_the_order_given(osk: Path) -> None:
    three_edits(osk)
    write(osk, *crossings(_4="Not tonight."))
    ok("commit", "-m", "Main")
    ok("cherry-pick", "noir~2", "noir")
    assert [commit["message"] for commit in newest(3)] == ["Noir 3", "Noir 1", "Main"]
    assert list(replies(osk)) == ["For a price.", "Aye.", "Nay.", "Not tonight."]


def test_a_commit_is_taken_back(osk: Path) -> None:
    write(osk, *crossings(_1="Never."))
    ok("commit", "-m", "No ferry")
    write(osk, *crossings(_1="Never.", _2="Perhaps."))
    ok("commit", "-m", "Second thoughts")
    assert masked(ok("revert", "HEAD~1")).startswith(
        '[main ID] Revert "No ferry"\n  edited   osk.jsonl   1 edited\n'
    )
    assert list(replies(osk)) == ["Aye.", "Perhaps.", "Aye.", "Aye."]
    assert newest()[0]["message"].startswith('Revert "No ferry"\n\nThis reverts commit ')


def test_what_is_there_already_makes_no_commit(osk: Path) -> None:
    three_edits(osk)
    ok("cherry-pick", "noir~1")
    shown = masked(ok("cherry-pick", "noir~1"))
    assert shown == "Nothing to do: no commit was made\nnote: ID: nothing is left to be done of it\n"
    assert len(newest(9)) == 2


@pytest.mark.parametrize(
    ("command", "revision", "subject"),
    [("cherry-pick", "noir", "Noir"), ("revert", "HEAD~1", "First crossing")],
)
def test_conflicts_are_those_of_a_merge(osk: Path, command: str, revision: str, subject: str) -> None:
    if command == "revert":
        write(osk, *crossings(_1="Aye, and back.", _2="Never."))
        ok("commit", "-m", "Nothing is free")
    else:
        conflict_over(osk)
    result = run(command, revision)
    assert (result.code, result.stderr) == (1, "")
    lines = masked(result.stdout).splitlines()
    assert lines[0] == f"Stopped at ID {subject}"
    assert sum(line.startswith("CONFLICT osk.jsonl") for line in lines) >= 1
    assert lines[-1] == f"hint: `rtstore {command} --abort` gives it all up"
    assert run("conflicts").code == 1
    assert ok("status").splitlines()[1].startswith(f"A {command} of ")


def test_it_goes_on_with_the_rest_when_conflicts_are_resolved(osk: Path) -> None:
    three_edits(osk)
    write(osk, *crossings(_2="Never."))
    ok("commit", "-m", "Main")
    result = run("cherry-pick", "noir~2", "noir~1", "noir")
    assert (result.code, masked(result.stdout)) == (
        1,
        "[main ID] Noir 1\n"
        "  edited   osk.jsonl   1 edited\n"
        "Stopped at ID Noir 2\n"
        "CONFLICT osk.jsonl#2 00000002: both edited turn 3\n"
        "1 conflict left to resolve; until then the files have ours there\n"
        "hint: `rtstore resolve` goes through them one by one\n"
        "hint: `rtstore cherry-pick --abort` gives it all up\n",
    )
    assert masked(ok("status")).splitlines()[1] == (
        "A cherry-pick of ID Noir 2 is in progress, then 1 more commit"
    )
    assert ok("resolve", "2", "--theirs").endswith(
        "hint: `rtstore cherry-pick --continue` makes the commit\n"
    )
    assert masked(ok("cherry-pick", "--continue")) == (
        "[main ID] Noir 2\n  edited   osk.jsonl   1 edited\n"
        "[main ID] Noir 3\n  edited   osk.jsonl   1 edited\nSIZE added to the store\n"
    )
    assert list(replies(osk)) == ["For a price.", "Drowned.", "Nay.", "Aye."]


def test_it_can_stop_once_more(osk: Path) -> None:
    three_edits(osk)
    write(osk, *crossings(_1="Never.", _3="Perhaps."))
    ok("commit", "-m", "Main")
    assert run("cherry-pick", "noir~2", "noir").code == 1
    ok("resolve", "--all", "--theirs")
    result = run("cherry-pick", "--continue")
    assert (result.code, masked(result.stdout)) == (
        1,
        "[main ID] Noir 1\n"
        "  edited   osk.jsonl   1 edited\n"
        "Stopped at ID Noir 3\n"
        "CONFLICT osk.jsonl#3 00000003: both edited turn 3\n"
        "1 conflict left to resolve; until then the files have ours there\n"
        "hint: `rtstore resolve` goes through them one by one\n"
        "hint: `rtstore cherry-pick --abort` gives it all up\n",
    )


def test_all_of_it_can_be_given_up(osk: Path) -> None:
    three_edits(osk)
    write(osk, *crossings(_2="Never."))
    ok("commit", "-m", "Main")
    before = osk.read_bytes()
    assert run("cherry-pick", "noir~2", "noir~1").code == 1
    assert ok("cherry-pick", "--abort") == "Gave up the cherry-pick\n  osk.jsonl is as it was before\n"
    assert osk.read_bytes() == before
    assert newest()[0]["message"] == "Main"


@pytest.mark.parametrize(("side", "reply"), [("ours", "Never."), ("theirs", "Drowned.")])
def test_a_side_can_decide(osk: Path, side: str, reply: str) -> None:
    three_edits(osk)
    write(osk, *crossings(_2="Never."))
    ok("commit", "-m", "Main")
    ok("cherry-pick", "-X", side, "noir~2", "noir~1")
    assert list(replies(osk)) == ["For a price.", reply, "Aye.", "Aye."]


def test_a_merge_is_not_picked(osk: Path) -> None:
    diverge(osk, crossings(_1="Never."), crossings(_2="Drowned."))
    ok("merge", "noir")
    for command in ("cherry-pick", "revert"):
        result = run(command, "HEAD")
        assert result.code == 2
        assert "is a merge: which of its sides is meant cannot be told\nhint: " in result.stderr


@pytest.mark.parametrize("command", ["cherry-pick", "revert"])
def test_what_makes_no_sense_is_refused(osk: Path, command: str) -> None:
    for arguments in ((), ("HEAD", "--abort"), ("--abort", "--continue"), ("--continue", "-X", "ours")):
        assert run(command, *arguments).code == 2
    assert run(command, "ghost").code == 5
    assert run(command, "--abort").stderr == f"error: no {command} is in progress\n"


def test_json_tells_of_what_was_made_and_what_is_left(osk: Path) -> None:
    three_edits(osk)
    write(osk, *crossings(_2="Never."), entry(9))
    ok("commit", "-m", "Main")
    answer = run("cherry-pick", "noir~2", "noir~1", "--json").json
    assert (answer["outcome"], len(answer["commits"])) == ("conflicts", 1)
    assert [conflict["position"] for conflict in answer["conflicts"]] == [2]
    ok("resolve", "2", "--ours")
    answer = run("cherry-pick", "--continue", "--json").json
    assert (answer["outcome"], answer["commits"]) == ("merged", [])
    assert run("status", "--json").json["merging"] is None


def test_only_what_is_in_progress_can_be_given_up(work: Path) -> None:
    conflict_over(work / "osk.jsonl")
    assert run("merge", "noir").code == 1
    for option in ("--abort", "--continue"):
        result = run("cherry-pick", option)
        assert (result.code, result.stderr) == (
            6,
            "error: no cherry-pick is in progress, but a merge is\n"
            f"hint: `rtstore merge {option}`\nnothing was changed\n",
        )
    assert run("conflicts").code == 1
    ok("merge", "--abort")
    assert run("revert", "--abort").stderr == "error: no revert is in progress\n"
