"""What ``rtstore merge`` does and says."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, write
from merge_scenes import conflict_over, crossings, diverge, merged, replies


@pytest.fixture
def osk(work: Path) -> Path:
    return work / "osk.jsonl"


def parents(revision: str = "HEAD") -> int:
    return len(run("log", "--json", "-n", "1", revision).json[0]["parents"])


def test_work_on_different_entries_comes_together(osk: Path) -> None:
    result = merged(osk, crossings(_1="Aye, and back."), [*crossings(_3="Nay."), entry(9)])
    assert (result.code, result.stderr) == (0, "")
    assert masked(result.stdout) == (
        "Merged noir into main: ID\n  edited   osk.jsonl   1 edited, 1 added\nSIZE added to the store\n"
    )
    assert list(replies(osk)) == ["Aye, and back.", "Aye.", "Nay.", "Aye.", "Aye."]
    assert parents() == 2
    assert ok("status").endswith("clean\n")


def test_the_commit_says_what_merged(osk: Path) -> None:
    merged(osk, crossings(_1="Aye, and back."), crossings(_3="Nay."))
    assert run("log", "--json", "-n", "1").json[0]["message"] == (
        "Merge branch 'noir'\n\nMerged:\n  osk.jsonl: 1 edited"
    )


def test_a_message_can_be_given(osk: Path) -> None:
    diverge(osk, crossings(_1="Aye, and back."), crossings(_3="Nay."))
    ok("merge", "noir", "-m", "The dark one", "-m", "It is raining.")
    assert run("log", "--json", "-n", "1").json[0]["message"].startswith("The dark one\n\nIt is raining.\n\n")


def test_a_branch_without_commits_of_its_own_moves_on(osk: Path) -> None:
    diverge(osk, None, crossings(_3="Nay."))
    assert masked(ok("merge", "noir")) == "Updating ID..ID\nFast-forward\n  edited   osk.jsonl   1 edited\n"
    assert parents() == 1
    assert ok("merge", "noir") == "Already up to date.\n"


def test_a_merge_commit_can_be_asked_for(osk: Path) -> None:
    diverge(osk, None, crossings(_3="Nay."))
    assert masked(ok("merge", "--no-ff", "noir")).startswith("Merged noir into main: ID\n")
    assert parents() == 2


def test_a_merge_commit_can_be_refused(osk: Path) -> None:
    diverge(osk, crossings(_1="Aye, and back."), crossings(_3="Nay."))
    result = run("merge", "--ff-only", "noir")
    assert (result.code, result.stderr) == (
        5,
        "error: main cannot be fast-forwarded to noir: it has commits of its own\n"
        "hint: Merge without --ff-only.\nnothing was changed\n",
    )


def test_squashed_work_waits_for_a_commit(osk: Path) -> None:
    diverge(osk, crossings(_1="Aye, and back."), crossings(_3="Nay."))
    assert ok("merge", "--squash", "noir") == (
        "Merged noir into the files; main stays where it is\n"
        "  edited   osk.jsonl   1 edited\n"
        "hint: `rtstore commit` records it as one change\n"
    )
    ok("commit", "-m", "All of noir")
    assert parents() == 1
    assert list(replies(osk)) == ["Aye, and back.", "Aye.", "Nay.", "Aye."]


def test_conflicts_are_named_and_leave_a_valid_file_with_ours(osk: Path) -> None:
    theirs = crossings(_1="Aye, for a price.", _3="Nay.", _4="Not tonight.")
    result = merged(osk, crossings(_1="Aye, and back.", _4="Never.")[1:], theirs)
    assert (result.code, result.stderr) == (1, "")
    assert result.stdout == (
        "Merging noir into main\n"
        "  edited   osk.jsonl   1 edited\n"
        "CONFLICT osk.jsonl#00000001: removed by us, edited by them\n"
        "CONFLICT osk.jsonl#3 00000004: both edited turn 3\n"
        "2 conflicts left to resolve; until then the files have ours there\n"
        "hint: `rtstore resolve` goes through them one by one\n"
        "hint: `rtstore merge --abort` gives it all up\n"
    )
    assert list(replies(osk)) == ["Aye.", "Nay.", "Never."]


def test_of_a_great_many_conflicts_the_first_are_named(work: Path) -> None:
    path = work / "many.jsonl"
    write(path, *map(entry, range(30)))
    ok("add", "many.jsonl")
    ok("commit", "-m", "Many")
    ours, theirs = ([entry(number, reply) for number in range(30)] for reply in ("Aye, and back.", "Nay."))
    lines = merged(path, ours, theirs).stdout.splitlines()
    assert sum(line.startswith("CONFLICT") for line in lines) == 20
    assert "and 10 more: `rtstore conflicts` lists all" in lines
    assert sum("both edited turn 3" in line for line in run("conflicts").stdout.splitlines()) == 30


@pytest.mark.parametrize(("side", "kept"), [("ours", "Aye, and back."), ("theirs", "Aye, for a price.")])
def test_a_side_can_decide_about_conflicts(osk: Path, side: str, kept: str) -> None:
    diverge(osk, crossings(_1="Aye, and back."), crossings(_1="Aye, for a price.", _3="Nay."))
    ok("merge", "noir", "-X", side)
    assert list(replies(osk)) == [kept, "Aye.", "Nay.", "Aye."]


def test_what_is_decided_without_asking_is_told(osk: Path) -> None:
    first, *rest = crossings()
    result = merged(osk, [*rest[:2], first, *rest[2:]], [*rest, first])
    assert result.code == 0
    assert "note: osk.jsonl#00000001: both sides moved it; it stays where ours has it\n" in result.stdout


def test_a_merge_can_be_given_up(osk: Path) -> None:
    diverge(osk, crossings(_1="Aye, and back."), crossings(_1="Aye, for a price.", _3="Nay."))
    before = osk.read_bytes()
    assert run("merge", "noir").code == 1
    assert osk.read_bytes() != before
    assert ok("merge", "--abort") == "Gave up the merge\n  osk.jsonl is as it was before\n"
    assert osk.read_bytes() == before
    assert run("merge", "--abort").stderr == "error: no merge is in progress\n"


def test_a_merge_goes_on_when_its_conflicts_are_resolved(osk: Path) -> None:
    conflict_over(osk)
    assert run("merge", "noir").code == 1
    refused = run("merge", "--continue")
    assert (refused.code, refused.stderr) == (
        1,
        "error: the merge has conflicts that are not resolved: osk.jsonl#00000001, osk.jsonl#00000002\n"
        "hint: `rtstore conflicts` shows them, `rtstore resolve` goes through them one by one.\n"
        "nothing was changed\n",
    )
    ok("resolve", "--all", "--theirs")
    assert masked(ok("merge", "--continue")) == (
        "[main ID] Merge branch 'noir'\n  edited   osk.jsonl   2 edited\nSIZE added to the store\n"
    )
    message = run("log", "--json", "-n", "1").json[0]["message"]
    assert message.endswith(
        "Resolved:\n  osk.jsonl#00000001 (changed by both): theirs\n"
        "  osk.jsonl#00000002 (changed by both): theirs"
    )
    assert parents() == 2


def test_commit_finishes_a_merge_too(osk: Path) -> None:
    conflict_over(osk)
    assert run("merge", "noir").code == 1
    assert run("commit", "-m", "Both").code == 1
    ok("resolve", "--all", "--ours")
    assert masked(ok("commit", "-m", "Both")).startswith("[main ID] Both\n")
    assert parents() == 2


def test_another_merge_has_to_wait(osk: Path) -> None:
    conflict_over(osk)
    assert run("merge", "noir").code == 1
    result = run("merge", "noir")
    assert (result.code, result.stderr) == (
        6,
        "error: a merge is in progress: another merge has to wait\n"
        "hint: Finish it: rtstore merge --continue. Or give it up: rtstore merge --abort\n"
        "nothing was changed\n",
    )


def test_uncommitted_changes_are_in_the_way(osk: Path) -> None:
    diverge(osk, crossings(_1="Aye, and back."), crossings(_3="Nay."))
    write(osk, *crossings(_1="Aye, and back.", _2="Perhaps."))
    result = run("merge", "noir")
    assert result.code == 6
    assert "osk.jsonl" in result.stderr
    assert result.stderr.endswith("nothing was changed\n")


def test_status_tells_of_a_merge_in_progress(osk: Path) -> None:
    conflict_over(osk)
    assert run("merge", "noir").code == 1
    assert ok("status") == (
        "On branch main\n"
        "A merge of noir is in progress\n"
        "2 conflicts left to resolve; until then the files have ours there\n"
        "hint: `rtstore resolve` goes through them one by one\n"
        "hint: `rtstore merge --abort` gives it all up\n"
        "nothing to commit, 1 dataset clean\n"
    )
    merging = run("status", "--json").json["merging"]
    noir = next(branch["commit"] for branch in run("branch", "--json").json if branch["name"] == "noir")
    assert merging == {"kind": "merge", "commits": [noir], "conflicts": 2, "remaining": []}
    ok("resolve", "--all", "--ours")
    assert ok("status") == (
        "On branch main\n"
        "A merge of noir is in progress\n"
        "All conflicts are resolved\n"
        "hint: `rtstore merge --continue` makes the commit\n"
        "nothing to commit, 1 dataset clean\n"
    )


def test_json_has_what_the_lines_say(osk: Path) -> None:
    conflict_over(osk)
    result = run("merge", "noir", "--json")
    answer = result.json
    assert (result.code, answer["outcome"], answer["commits"]) == (1, "conflicts", [])
    assert [conflict["position"] for conflict in answer["conflicts"]] == [1, 2]
    ok("resolve", "--all", "--both")
    answer = run("merge", "--continue", "--json").json
    assert (answer["outcome"], answer["datasets"][0]["counts"]["added"]) == ("merged", 2)
    assert answer["head"] == answer["commits"][-1] == run("log", "--json", "-n", "1").json[0]["id"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "a branch to merge is missing"),
        (("noir", "--abort"), "--continue and --abort are about the merge that is in progress"),
        (("--abort", "--continue"), "--continue and --abort are about the merge that is in progress"),
        (("--continue", "--squash"), "--continue and --abort are about the merge that is in progress"),
        (("noir", "--ff-only", "--no-ff"), "--no-ff and --ff-only contradict each other"),
        (("noir", "--squash", "--no-ff"), "--squash makes no merge commit and moves no branch"),
        (("noir", "-X", "both"), "invalid value for '-x': 'both' is not one of 'ours', 'theirs'"),
    ],
)
def test_options_that_make_no_sense_are_refused(osk: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("merge", *arguments)
    assert result.code == 2
    assert result.stderr.lower().startswith(f"error: {message}")


def test_a_branch_that_is_not_there_is_refused(osk: Path) -> None:
    assert run("merge", "ghost").code == 5


def test_a_merge_can_be_undone(osk: Path) -> None:
    conflict_over(osk)
    before = osk.read_bytes()
    run("merge", "noir")
    ok("resolve", "1", "--theirs")
    ok("undo")
    assert [one["position"] for one in run("conflicts", "--json").json] == [1, 2]
    ok("undo")
    assert osk.read_bytes() == before
    assert run("status", "--json").json["merging"] is None


def test_a_fast_forward_counts_what_came(osk: Path) -> None:
    diverge(osk, None, crossings(_3="Nay."))
    assert masked(ok("merge", "noir")) == ("Updating ID..ID\nFast-forward\n  edited   osk.jsonl   1 edited\n")
