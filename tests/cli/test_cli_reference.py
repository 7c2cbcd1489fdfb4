"""The documentation is what the commands say, and every capability has a command."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cli_helpers import run

from rtstore.cli.group import rtstore
from rtstore.cli.reference import reference
from rtstore.cli.table import COMMANDS
from rtstore.remote.store import Store

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"

#: Which command makes use of what a store can do; None: it is for programs, the reason beside it.
USED_BY = {
    "abort_merge": "merge",
    "add": "add",
    "add_recipients": "remote",
    "add_remote": "remote",
    "annotate": None,  # a note is made beside reading: by programs that show entries
    "apply": "apply",
    "blame": "blame",
    "branches": "branch",
    "changes": "diff",
    "changes_of": "show",
    "cherry_pick": "cherry-pick",
    "commit": "commit",
    "commit_at": "show",
    "compact_remote": "remote",
    "conflicts": "conflicts",
    "continue_merge": "merge",
    "counts_of": "log",
    "create_branch": "branch",
    "create_tag": "tag",
    "current_branch": "branch",
    "datasets": "status",
    "default_remote": "push",
    "delete_branch": "branch",
    "delete_tag": "tag",
    "diff": "diff",
    "distances": "status",
    "edit": None,  # a with block: the files are what the command line edits
    "entry_log": "log",
    "export": "export",
    "export_pairs": "export",
    "fetch": "fetch",
    "fsck": "fsck",
    "gc": "gc",
    "grep": "grep",
    "head": "branch",
    "import_file": "import",
    "log": "log",
    "merge": "merge",
    "move": "mv",
    "name_of": "add",
    "on_wait": "add",  # and all others
    "operation": "op",
    "operations": "op",
    "partition": "partition",
    "partition_of": "show",
    "partition_report": "partition",
    "pull": "pull",
    "push": "push",
    "recipients": "remote",
    "redo": "redo",
    "refs_at": "log",
    "remove": "rm",
    "remote": "remote",
    "remote_branches": "log",
    "remotes": "remote",
    "remove_partition": "partition",
    "remove_recipients": "remote",
    "remove_remote": "remote",
    "rename_remote": "remote",
    "rename_branch": "branch",
    "resolve": "log",
    "resolve_conflict": "resolve",
    "restore": "restore",
    "revert": "revert",
    "select": "cat",
    "status": "status",
    "switch": "switch",
    "tags": "tag",
    "tracked": "rm",
    "undo": "undo",
    "untracked": "status",
    "verify_export": "export",
    "validate": "validate",
    "verify_remote": "remote",
    "where": None,  # asked about entries one by one; the command line has --where
}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command and subcommand with its name."""
    context = click.Context(rtstore)
    for name in rtstore.list_commands(context):
        command = rtstore.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", child) for sub, child in command.commands.items())


def test_the_document_is_what_the_generator_makes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == reference(), (
        "run: python -m rtstore.cli.reference > docs/cli.md"
    )


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    assert command.help is not None
    assert "\n\n\b\nExample" in inspect.cleandoc(command.help)
    assert f"rtstore {name}" in command.help


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_option_has_help(name: str, command: click.Command) -> None:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_help_fits_80_columns(name: str, command: click.Command) -> None:
    shown = run(*name.split(), "--help").stdout
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_has_the_first_line_of_the_help(name: str) -> None:
    command = dict(commands())[name]
    assert COMMANDS[name].summary == inspect.cleandoc(command.help or "").partition("\n")[0]
    assert command.name == name


def test_every_capability_of_a_store_has_a_command() -> None:
    public = {name for name in dir(Store) if not name.startswith("_")}
    assert public == set(USED_BY)
    assert {command for command in USED_BY.values() if command is not None} <= set(COMMANDS)
    package = Path(inspect.getfile(run)).parents[2] / "rtstore" / "cli"
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    assert [name for name, command in USED_BY.items() if command and f"store.{name}" not in source] == []
