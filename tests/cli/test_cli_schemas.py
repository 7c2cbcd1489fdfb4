"""What commands print as JSON has the keys the documentation shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from cli_helpers import entry, make_host, ok, run, write
from merge_scenes import conflict_over

from rtstore.cli.group import rtstore
from rtstore.cli.schemas import EXAMPLES, NOTES

#: How each documented answer is asked for, in a workspace with a commit and a change.
ASKED: dict[str, tuple[str, ...]] = {
    "add": ("add", "."),
    "rm": ("rm", "osk.jsonl"),
    "mv": ("mv", "osk.jsonl", "ferry.jsonl"),
    "status": ("status",),
    "apply": ("apply", "patch.json"),
    "import": ("import", "osk.jsonl", "--into", "osk.jsonl"),
    "export": ("export", "osk.jsonl", "-o", "train.jsonl", "--skip"),
    "export --verify": ("export", "--verify", "train.jsonl"),
    "partition": ("partition", "osk.jsonl", "--val", "0.25"),
    "commit": ("commit", "-m", "Second"),
    "log": ("log",),
    "log DATASET#ENTRY": ("log", "osk.jsonl#1"),
    "grep": ("grep", "Aye"),
    "validate": ("validate", "odd.jsonl"),
    "blame": ("blame", "osk.jsonl#1"),
    "show": ("show", "HEAD"),
    "show REV:DATASET": ("show", "HEAD:osk.jsonl"),
    "show REV:DATASET#ENTRY": ("show", "HEAD:osk.jsonl#1"),
    "diff": ("diff",),
    "diff --stat": ("diff", "--stat"),
    "branch": ("branch",),
    "switch": ("switch", "-c", "noir"),
    "tag": ("tag", "v1"),
    "merge": ("merge", "noir"),
    "conflicts": ("conflicts",),
    "resolve": ("resolve", "osk.jsonl#1", "--ours"),
    "cherry-pick": ("cherry-pick", "noir"),
    "revert": ("revert", "HEAD~1"),
    "restore": ("restore", "osk.jsonl"),
    "undo": ("undo",),
    "redo": ("redo",),
    "op log": ("op", "log"),
    "op show": ("op", "show"),
    "gc": ("gc",),
    "fsck": ("fsck",),
    "remote add": ("remote", "add", "second", "other.git"),
    "remote list": ("remote", "list"),
    "remote show": ("remote", "show", "backup"),
    "remote remove": ("remote", "remove", "backup"),
    "remote rename": ("remote", "rename", "backup", "home"),
    "remote recipients": ("remote", "recipients", "backup"),
    "remote verify": ("remote", "verify"),
    "remote compact": ("remote", "compact"),
    "push": ("push", "--tags"),
    "fetch": ("fetch",),
    "pull": ("pull",),
    "clone": ("clone", "../host.git", "../clone"),
    "key show": ("key", "show"),
    "key export": ("key", "export", "other.key"),
    "key import": ("key", "import", "laptop.key"),
    "config --list": ("config", "--list"),
    "config KEY": ("config", "ui.color"),
}
#: Keys whose value is one of several things: those below them are not compared.
OPEN = {"record", "options", "checked", "base", "ours", "theirs"}
#: What is asked where there are conflicts; some answer with those that are left, and exit with 1.
WITH_CONFLICTS = {"merge": 1, "conflicts": 1, "resolve": 0, "cherry-pick": 1, "revert": 1}
EXIT_CODES = {**WITH_CONFLICTS, "validate": 1}


def keys(value: Any, path: str = "") -> set[str]:
    """Return the paths of all keys in a JSON value."""
    if isinstance(value, dict):
        below = (keys(item, f"{path}.{key}") for key, item in value.items() if key not in OPEN)
        return {f"{path}.{key}" for key in value}.union(*below)
    if isinstance(value, list):
        return set().union(*(keys(item, f"{path}[]") for item in value))
    return set()


def lists_of_objects(value: Any) -> set[str]:
    return {key.rpartition("[]")[0] for key in keys(value) if "[]" in key}


def backed_up(work: Path, title: str) -> None:
    """Make a backup of a workspace; for what comes from there, with a commit that the workspace does not have."""
    host = str(make_host(work.parent / "host.git"))
    make_host(work / "other.git")
    ok("remote", "add", "backup", host)
    if title in ("remote list", "remote show", "remote remove", "remote rename"):
        ok("tag", "sent-to-trainer")
    ok("push", "--tags")
    if title in ("fetch", "pull"):
        ok("restore", "osk.jsonl")
        ok("clone", host, "../elsewhere")
        write(work.parent / "elsewhere/osk.jsonl", *map(entry, range(2, 5)))
        ok("tag", "v2", cwd="../elsewhere")
        ok("commit", "-m", "Elsewhere", cwd="../elsewhere")
        ok("push", "--tags", cwd="../elsewhere")
    if title == "push":
        ok("commit", "-m", "Second")
        ok("tag", "v1")


@pytest.fixture
def changed(work: Path) -> Path:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))
    write(work / "new.jsonl", entry(9))
    (work / "no.json").write_text("{}")
    return work


def test_every_json_option_is_documented() -> None:
    context = click.Context(rtstore)
    asked = {arguments[0] for arguments in ASKED.values()}
    for name in rtstore.list_commands(context):
        command = rtstore.get_command(context, name)
        options = {option for parameter in command.params for option in parameter.opts} if command else set()
        assert ("--json" in options) <= (name in asked), name
    assert set(ASKED) == set(EXAMPLES)
    assert set(NOTES) <= set(EXAMPLES)


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_answer_has_the_documented_keys(changed: Path, title: str) -> None:
    if title == "redo":
        ok("tag", "v0")
        ok("undo")
    if title == "validate":
        write(changed / "odd.jsonl", entry(1, ""))
        ok("add", "odd.jsonl")
    if title == "apply":
        Path("patch.json").write_text(ok("diff", "--json"), encoding="utf-8")
        ok("restore", "osk.jsonl")
    if title.startswith("export"):
        write(changed / "osk.jsonl", entry(1, " "), entry(2))
        ok("commit", "-m", "Silence")
    if title == "export --verify":
        ok("export", "osk.jsonl", "-o", "train.jsonl", "--skip")
    if title.startswith("key "):
        ok("key", "show", "--create")
        ok("key", "export", "laptop.key")
    if title.partition(" ")[0] in ("remote", "push", "fetch", "pull", "clone"):
        backed_up(changed, title)
    if title in WITH_CONFLICTS:
        conflict_over(changed / "osk.jsonl")
        if title in ("conflicts", "resolve"):
            assert run("merge", "noir").code == 1
    result = run(*ASKED[title], "--json")
    assert result.code == EXIT_CODES.get(title, 0), result
    example, answer = EXAMPLES[title], result.json
    # A list that is empty this time says nothing of what would be in it.
    empty = lists_of_objects(example) - lists_of_objects(answer)
    documented = {key for key in keys(example) if not any(key.startswith(f"{path}[]") for path in empty)}
    assert keys(answer) == documented
