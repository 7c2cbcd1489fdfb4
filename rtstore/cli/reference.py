"""Makes ``docs/cli.md`` from the commands themselves: ``python -m rtstore.cli.reference > docs/cli.md``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc
from typing import Final

import click

from rtstore import errors
from rtstore.cli.failures import BROKEN_PIPE, INTERNAL
from rtstore.cli.group import rtstore
from rtstore.cli.jsonout import dump
from rtstore.cli.schemas import EXAMPLES, NOTES
from rtstore.cli.table import SECTIONS
from rtstore.workspace.config import KNOWN

_INTRODUCTION: Final = """\
# The command line

This page is made from the commands: `python -m rtstore.cli.reference > docs/cli.md`.

Revisions are written as in git: a branch, a version tag, the first digits of a commit id, `HEAD`, `main~2`,
`main^2`. `REV:DATASET` is a dataset in a version, `REV:DATASET#ENTRY` an entry of it: its position from 1, or
the first digits of its id. Datasets are named by their path from the current directory, everywhere, also
after `REV:`; what commands print can be given to commands. JSON has paths from the workspace instead.

With `--json` a command prints one JSON value and nothing else on standard output; warnings go to standard
error. The keys shown here stay; new ones may come. Ids are in hex, times in ISO 8601.

`--where EXPR` selects entries: [Selecting entries](where.md) has the language of its expressions.
"""
_VARIABLES: Final = """\
## Environment

| variable | meaning |
|---|---|
| `RTSTORE_CONFIG_DIR` | the directory of your configuration, else `rtstore` in the next |
| `XDG_CONFIG_HOME`, `APPDATA` | where configuration is; default `~/.config`; the second on Windows |
| `RTSTORE_AUTHOR_NAME`, `..._EMAIL` | who makes commits, if no configuration says it, git's neither |
| `GIT_AUTHOR_NAME`, `..._EMAIL`, `EMAIL` | the same, where those are not set |
| `RTSTORE_PASSPHRASE` | the passphrase, where one is asked for: of a backup or of a key file |
| `VISUAL`, `EDITOR` | the program `commit` asks for a message with |
| `PAGER` | the program long output is shown with, if `core.pager` is not set; default `less -FRX` |
| `NO_COLOR` | no colours, if neither `--color` nor `ui.color` says otherwise |
| `COLUMNS` | the width of the output |
| `RTSTORE_DEBUG` | `1` shows the traceback of an internal error |
"""


def reference() -> str:
    """Return the whole page."""
    context = click.Context(rtstore, info_name="rtstore")
    parts = [_INTRODUCTION, _options("## Global options", rtstore)]
    for title, commands in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name in commands:
            command = rtstore.get_command(context, name)
            assert command is not None
            parts += _command(command, click.Context(command, context, info_name=name))
    return "\n".join(part for part in [*parts, _keys(), _VARIABLES, _exit_codes()] if part)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    name = context.command_path.removeprefix("rtstore ")
    yield f"### {name}\n"
    if not isinstance(command, click.Group):
        yield f"    {context.command_path} {' '.join(command.collect_usage_pieces(context))}\n"
    yield _prose(command.help or "")
    yield _options("", command)
    yield from _schemas(name, isinstance(command, click.Group))
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            child = command.get_command(context, sub)
            assert child is not None
            yield from _command(child, click.Context(child, context, info_name=sub))


def _prose(text: str) -> str:
    """Return a help text as Markdown: paragraphs filled by the reader, examples as code."""
    paragraphs = []
    for paragraph in cleandoc(text).split("\n\n"):
        if not paragraph.startswith("\b"):
            paragraphs.append(paragraph)
            continue
        title, *lines = paragraph.splitlines()[1:]
        paragraphs.append("\n".join([title, "", "```sh", *(line.strip() for line in lines), "```"]))
    return "\n\n".join(paragraphs) + "\n"


def _options(title: str, command: click.Command) -> str:
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            names = ", ".join(f"`{name}`" for name in parameter.opts)
            value = "" if parameter.is_flag else f" `{_value(parameter)}`"
            rows.append(f"| {names}{value} | {parameter.help} |")
    if not rows:
        return ""
    table = "\n".join(["| option | meaning |", "|---|---|", *rows])
    return f"{title}\n\n{table}\n" if title else f"{table}\n"


def _value(parameter: click.Option) -> str:
    if isinstance(parameter.type, click.Choice):
        # Inside a table a bar has to be escaped, in code as well.
        return "\\|".join(str(choice) for choice in parameter.type.choices)
    return parameter.metavar or ""


def _schemas(name: str, is_group: bool) -> Iterator[str]:
    for title, example in EXAMPLES.items():
        if title == name or (title.startswith(f"{name} ") and not is_group):
            yield f"`{title} --json`:\n\n```json\n{dump(example)}\n```\n"
            if title in NOTES:
                yield f"{NOTES[title]}\n"


def _keys() -> str:
    rows = [
        f"| `{key}` | {known.meaning} | {'' if known.default is None else f'`{known.default}`'} |"
        for key, known in KNOWN.items()
    ]
    return "\n".join(["## Configuration keys\n", "| key | meaning | default |", "|---|---|---|", *rows, ""])


def _exit_codes() -> str:
    """Return the table of exit codes that the module of errors begins with, as Markdown."""
    found = re.findall(r"^(\d+)\s{2,}(.+)$", errors.__doc__ or "", re.MULTILINE)
    rows = [
        *found,
        (str(INTERNAL), "a bug in rtstore"),
        (str(BROKEN_PIPE), "nobody reads the output any more"),
    ]
    rows.sort(key=lambda row: int(row[0]))
    lines = [f"| {code} | {meaning.replace('``', '`')} |" for code, meaning in rows]
    return "\n".join(["## Exit codes\n", "| code | meaning |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(reference())
