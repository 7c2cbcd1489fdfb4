"""``rtstore undo`` and ``redo``."""

from __future__ import annotations

from collections.abc import Callable

import click

from rtstore.cli import text
from rtstore.cli.jsonout import hex_or_none
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UncommittedChangesError
from rtstore.workspace.results import UndoResult

_force = click.option(
    "-f", "--force", is_flag=True, help="Overwrite edits made since; the next undo brings them back."
)


@click.command()
@_force
@json_option
@click.pass_obj
def undo(session: Session, force: bool, as_json: bool) -> None:
    """Take back the last operation.

    Everything it did: commits, branches, tags, and the working files it wrote or removed. Undo again to take
    back the one before. Nothing is lost: `rtstore redo` does it again. Settings are no operations: `rtstore config
    --unset` takes one back.

    \b
    Example:
      rtstore undo
    """
    _report(session, session.store.current_branch, _walk(session.store.undo, force), "Took back", as_json)


@click.command()
@_force
@json_option
@click.pass_obj
def redo(session: Session, force: bool, as_json: bool) -> None:
    """Do again what undo took back.

    \b
    Example:
      rtstore redo
    """
    _report(session, session.store.current_branch, _walk(session.store.redo, force), "Did again", as_json)


def _walk(step: Callable[[bool], UndoResult], force: bool) -> UndoResult:
    """Undo or redo. Elsewhere a commit or a restore clears the way; here either is an operation of its own."""
    try:
        return step(force)
    except UncommittedChangesError as error:
        error.hint = (
            "Overwrite these edits with --force: they are kept, and the next `rtstore undo` brings them back."
        )
        raise


def _report(session: Session, left: str | None, result: UndoResult, verb: str, as_json: bool) -> None:
    """Say what was done. ``left``: the branch that HEAD was on before."""
    if as_json:
        session.out.json(_as_json(result))
        return
    session.out.line(f"{verb}: {text.printable(result.command)}")
    when = "before" if verb == "Took back" else "after it"
    for name in result.files:
        what = "is removed" if name in result.removed else f"is as it was {when}"
        session.out.line(f"  {session.shown(name)} {what}")
    where = f"branch {result.branch!r}" if result.branch is not None else "HEAD"
    at = f"is at {text.short(result.head)}" if result.head is not None else "has no commits"
    if result.branch not in (None, left):
        where = f"you are on {where} again, which"
    session.out.line(f"  {where} {at}")


def _as_json(result: UndoResult) -> dict[str, object]:
    return {
        "operation": result.operation.hex(),
        "command": result.command,
        "files": list(result.files),
        "removed": list(result.removed),
        "branch": result.branch,
        "head": hex_or_none(result.head),
    }
