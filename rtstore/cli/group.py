"""The top of the command line: global options, and commands that are imported when they are used."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Final

import click

from rtstore.cli.help import Context
from rtstore.cli.output import ColorMode
from rtstore.cli.session import Session
from rtstore.cli.table import COMMANDS, SECTIONS
from rtstore.errors import UsageError

#: What is there instead of git's commands that are called otherwise here, by the whole of their names.
_INSTEAD: Final = {
    "checkout": "`rtstore switch BRANCH` goes to a branch, `rtstore restore DATASET` brings a file back.",
    "help": "`rtstore --help` lists the commands, `rtstore COMMAND --help` explains one.",
    "ls-files": "`rtstore status --json` lists all datasets.",
    "mergetool": "`rtstore resolve` goes through the conflicts of a merge.",
    "rebase": "`rtstore merge BRANCH` brings a branch's work in, `rtstore cherry-pick REV` that of single commits.",
    "reflog": "`rtstore op log` lists what was done, `rtstore undo` takes it back.",
    "remote get-url": "`rtstore remote show NAME` shows its address.",
    "remote prune": "`rtstore fetch` always forgets what the backup does not have any more.",
    "remote rm": "`rtstore remote remove NAME` forgets one.",
    "remote set-url": "`rtstore remote remove NAME`, then `rtstore remote add NAME URL --fingerprint F`.",
    "remote update": "`rtstore fetch REMOTE` brings what a backup has.",
    "reset": "`rtstore undo` takes back a commit, `rtstore restore DATASET` changes of a file.",
    "stash": "Changes come along with `rtstore switch`; `rtstore switch -c NAME` and a commit put them aside.",
}


class SuggestingGroup(click.Group):
    """A group that says which command may have been meant, and lays out the help of all."""

    context_class = Context

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that ``args`` start with.

        Raises:
            UsageError: there is none of that name.
        """
        name = args[0]
        if not (ctx.resilient_parsing or name.startswith("-") or self.get_command(ctx, name)):
            raise _unknown_command(ctx.command_path, name, self.list_commands(ctx))
        found = super().resolve_command(ctx, args)
        if found[1] is not None:
            found[1].context_class = Context
        return found


class LazyGroup(SuggestingGroup):
    """The group of all commands in the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        command = getattr(import_module(f"rtstore.cli.{listed.module}"), listed.function)
        assert isinstance(command, click.Command)
        if isinstance(ctx.obj, Session):
            ctx.obj.could_change = listed.changes
            ctx.obj.command = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands by section, from the table alone."""
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), listed.summary) for name, listed in commands.items()])


def _unknown_command(path: str, name: str, known: list[str]) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3, cutoff=0.6)
    called = f"{path} {name}".removeprefix("rtstore ")
    if called in _INSTEAD:
        hint = _INSTEAD[called]
    elif near:
        hint = f"Did you mean {' or '.join(repr(match) for match in near)}?"
    else:
        hint = f"`{path} --help` lists the commands."
    return UsageError(f"unknown command {name!r}", hint=hint)


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from rtstore import __version__

        click.echo(f"rtstore {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("-C", "directory", metavar="DIR", help="Work as if started in DIR.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    help="Colours: 'auto' is on a terminal only. The default is ui.color of the configuration.",
)
@click.option("--no-pager", is_flag=True, help="Print long output as it is, without a pager.")
@click.option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def rtstore(ctx: click.Context, directory: str | None, color: ColorMode | None, no_pager: bool) -> Any:
    """Version control for conversation datasets.

    rtstore keeps a history of JSONL files of conversations where they are: commit a session, branch a
    variant, see what really changed, and take anything back. `rtstore demo` shows it in ten seconds.

    \b
    Example:
      rtstore init && rtstore add . && rtstore commit -m "First version"
    """
    session = ctx.ensure_object(Session)
    session.out.color = color
    session.out.pager_allowed = not no_pager
    if directory is not None:
        _enter(directory)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot work in {directory}: {reason}", hint="-C takes an existing directory."
        ) from None
