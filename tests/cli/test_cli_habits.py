"""Options that people bring from git."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, write
from merge_scenes import crossings, replies

from rtstore.cli.group import rtstore
from rtstore.cli.habits import _INSTEAD


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("commit --amend", "`rtstore undo` takes the last commit back"),
        ("log -p", "`rtstore show --patch REV` shows"),
        ("log --stat", "`rtstore log` counts what each commit changed already"),
        ("log --since=yesterday", "`rtstore log -n N`"),
        ("switch -b noir", "`rtstore switch -c NAME` makes"),
        ("diff --cached", "There is no staging area: `rtstore diff` shows"),
        ("diff --staged", "There is no staging area: `rtstore diff` shows"),
        ("add -A", "`rtstore add .` tracks all"),
        ("status -s", "`rtstore status` has a line a dataset"),
        ("revert -m 1 HEAD", "name the commits of one: `rtstore revert A..B`"),
        ("diff --color always", "It goes before the command: `rtstore --color=always diff`"),
        ("push --force", "`rtstore push --force-with-lease` does it"),
        ("push -u backup main", "the branch of the same name"),
        ("fetch --prune", "always forgets"),
        ("pull --rebase", "`rtstore pull` merges"),
        ("branch -r", "`rtstore remote show REMOTE`"),
        ("remote -v", "`rtstore remote list`"),
        ("log --no-pager", "It goes before the command: `rtstore --no-pager log`"),
    ],
)
def test_an_option_of_git_has_a_hint(work: Path, line: str, hint: str) -> None:
    result = run(*line.split())
    assert (result.code, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()[:2]
    assert first.startswith("error: unknown option -")
    assert second.startswith("hint: ")
    assert hint in second


def test_no_hint_is_for_an_option_that_is_there() -> None:
    for name, options in _INSTEAD.items():
        command = rtstore.get_command(rtstore.make_context("rtstore", [], resilient_parsing=True), name)
        assert command is not None
        there = {option for parameter in command.params for option in parameter.opts}
        assert there.isdisjoint(options)


def test_a_range_is_picked_oldest_first_and_reverted_newest_first(work: Path) -> None:
    path = work / "osk.jsonl"
    ok("switch", "-c", "noir")
    for reply in ("Nay.", "Never."):
        write(path, *crossings(_1=reply))
        ok("commit", "-m", reply)
    ok("switch", "main")
    said = ok("cherry-pick", "main..noir")
    assert [line for line in masked(said).splitlines() if line.startswith("[")] == [
        "[main ID] Nay.",
        "[main ID] Never.",
    ]
    assert next(replies(path)) == "Never."
    ok("revert", "HEAD~2..HEAD")
    assert next(replies(path)) == "Aye."
    assert run("cherry-pick", "HEAD..HEAD").stderr == "error: HEAD..HEAD has no commits\n"


def test_tags_are_listed_by_pattern(work: Path) -> None:
    for name in ("sent-1", "sent-2", "draft"):
        ok("tag", name)
    assert ok("tag", "-l") == "draft\nsent-1\nsent-2\n"
    assert ok("tag", "-l", "sent-*") == "sent-1\nsent-2\n"
    assert run("tag", "-l", "-d", "draft").code == 2


def test_a_commit_is_shown_with_its_words(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "Aye, and back."), *map(entry, range(2, 5)))
    ok("commit", "-m", "Both ways")
    shown = ok("show", "-p")
    assert shown.startswith(ok("show"))
    assert shown.endswith("~ assistant\n    Aye{+, and back+}.\n")
    assert ok("show", "--patch", "HEAD~1").endswith("All of it is new: this is the first commit.\n")
    result = run("show", "-p", "HEAD:osk.jsonl#1")
    assert (result.code, "rtstore diff HEAD~1..HEAD -- 'osk.jsonl#1'" in result.stderr) == (2, True)
    assert run("show", "-p", "--json").code == 2


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("remote rm backup", "`rtstore remote remove NAME`"),
        ("remote set-url backup x", "`rtstore remote add NAME URL --fingerprint F`"),
        ("remote renam a b", "Did you mean 'rename'?"),
    ],
)
def test_a_command_of_git_below_remote_has_a_hint(work: Path, line: str, hint: str) -> None:
    result = run(*line.split())
    assert result.code == 2
    assert hint in result.stderr
