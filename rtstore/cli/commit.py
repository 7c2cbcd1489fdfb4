"""``rtstore commit``."""

from __future__ import annotations

import os
import sys

import click

from rtstore.cli import jsonout, text
from rtstore.cli.author import find_author
from rtstore.cli.changed import change_lines
from rtstore.cli.complete import datasets
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.cli.status import head_line
from rtstore.errors import NothingToDoError, UsageError
from rtstore.model.names import STORE_DIRECTORY
from rtstore.workspace.results import CommitResult


@click.command()
@click.argument("paths", metavar="[DATASET|DIR]...", nargs=-1, shell_complete=datasets)
@click.option("-m", "--message", metavar="MSG", multiple=True, help="What was done; several make paragraphs.")
@click.option("--author", metavar="'NAME <EMAIL>'", help="Name another author than you.")
@click.option("--allow-empty", is_flag=True, help="Make a commit even if nothing has changed.")
@click.option(
    "-a", "--all", "_all", is_flag=True, hidden=True, expose_value=False, help="As in git: always so."
)
@json_option
@click.pass_obj
def commit(
    session: Session,
    paths: tuple[str, ...],
    message: tuple[str, ...],
    author: str | None,
    allow_empty: bool,
    as_json: bool,
) -> None:
    """Record the datasets as they are now.

    All tracked datasets, or only those named; a directory stands for those in it. Without -m the editor in
    $EDITOR opens for the message.

    \b
    Example:
      rtstore commit -m "Session 12: tightened Osk's replies"
    """
    names = session.datasets(paths)
    words = "\n\n".join(message) if message else _message_from_editor(session, names, allow_empty)
    result = session.store.commit(words, _author(session, author), names, allow_empty=allow_empty)
    session.has_changed = True
    for change in result.datasets:
        session.warn(change.warnings)
    if as_json:
        session.out.json(_as_json(result))
    else:
        _present(session, result)
    if session.config().get("backup.auto") == "on-commit":
        from rtstore.cli.autopush import push_quietly

        push_quietly(session)


def _author(session: Session, given: str | None) -> str:
    if given is None:
        return find_author(session)
    from rtstore.workspace.author import format_author, parse_author

    return format_author(parse_author(given))


def _message_from_editor(session: Session, names: tuple[str, ...], allow_empty: bool) -> str:
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "a commit needs a message", hint='Give it with -m: `rtstore commit -m "What was done"`.'
        )
    state = session.store.status()
    changed = tuple(c for c in state.datasets if not c.clean and (not names or c.path in names))
    if not changed and not allow_empty:
        raise NothingToDoError("nothing to commit", hint="--allow-empty makes a commit all the same.")
    from rtstore.cli.editor import edit_message

    session.out.color = "never"
    lines = [
        "Say in the line above what was done. Lines that start with '#' are left out,",
        "and an empty message makes no commit.",
        "",
        head_line(session, state.branch, state.head),
        *change_lines(session, changed),
    ]
    return edit_message("\n".join(lines), os.path.join(session.store.root, STORE_DIRECTORY))


def _present(session: Session, result: CommitResult) -> None:
    out = session.out
    where = session.store.current_branch or "detached HEAD"
    first = "" if result.commit.parents else ", first commit"
    identity = out.styled(text.short(result.id), "yellow")
    out.line(f"[{where}{first} {identity}] {text.subject(result.commit.message)}")
    for line in change_lines(session, tuple(c for c in result.datasets if not c.clean)):
        out.line(line)
    out.line(f"{text.size(result.bytes_added)} added to the store")


def _as_json(result: CommitResult) -> dict[str, object]:
    return {
        **jsonout.commit(result.id, result.commit),
        "datasets": [jsonout.change(change) for change in result.datasets],
        "bytes_added": result.bytes_added,
    }
