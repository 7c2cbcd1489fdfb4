"""``rtstore op``: the operations that undo walks."""

from __future__ import annotations

import time
from typing import Any

import click

from rtstore.cli import jsonout, text
from rtstore.cli.group import SuggestingGroup
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.cli.times import ago, readable
from rtstore.model.objects import FileChange, Operation, Saved, State


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def op(ctx: click.Context) -> int:
    """Look at the operations that undo walks.

    An operation is one completed command that changed something.

    \b
    Example:
      rtstore op log
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return 2
    return 0


@op.command("log")
@click.option("-n", "limit", type=click.IntRange(min=0), metavar="N", help="Show at most N operations.")
@json_option
@click.pass_obj
def op_log(session: Session, limit: int | None, as_json: bool) -> None:
    """List operations, newest first.

    \b
    Example:
      rtstore op log -n 5
    """
    operations = session.store.operations(limit)
    if as_json:
        session.out.json([jsonout.operation(id_, operation) for id_, operation in operations])
        return
    now = time.time()
    with session.out.paged():
        for id_, operation in operations:
            identity = session.out.styled(text.short(id_), "yellow")
            when = session.out.styled(ago(operation.time, now).ljust(14), "dim")
            session.out.line(f"{identity}  {when}  {_title(operation)}")


@op.command("show")
@click.argument("operation", metavar="[OP]", default="@")
@json_option
@click.pass_obj
def op_show(session: Session, operation: str, as_json: bool) -> None:
    """Show what an operation changed.

    OP is the start of its id; `@` is the newest, which is the default.

    \b
    Example:
      rtstore op show @
    """
    id_, what = session.store.operation(operation)
    before = State() if what.parent is None else session.store.operation(what.parent.hex())[1].state
    names = _ref_changes(before, what.state)
    if as_json:
        session.out.json(_as_json(id_, what, names))
        return
    lines = [
        session.out.styled(f"operation {id_.hex()}", "yellow"),
        f"Date:    {readable(what.time, what.offset)}",
        f"Command: {_title(what)}",
        *(f"  {name}: {_at(old)} -> {_at(new)}" for name, old, new in names),
        *(f"  {session.shown(path)}: {_file_change(change)}" for path, change in what.files.items()),
    ]
    with session.out.paged():
        for line in lines:
            session.out.line(line)


def _title(operation: Operation) -> str:
    what = text.printable(operation.command)
    return what if operation.target is None else f"{what} ({text.short(operation.target)})"


def _ref_changes(before: State, after: State) -> list[tuple[str, str | None, str | None]]:
    """Return the names that changed: HEAD, branches, tags, each with what it meant before and after."""
    old, new = _names(before), _names(after)
    return [
        (name, old.get(name), new.get(name))
        for name in sorted({*old, *new}, key=lambda name: (name != "HEAD", name))
        if old.get(name) != new.get(name)
    ]


def _names(state: State) -> dict[str, str]:
    head = state.branch if state.branch is not None else (state.detached or b"").hex()
    branches = {f"branch {name}": commit.hex() for name, commit in state.branches.items()}
    tags = {f"tag {name}": commit.hex() for name, commit in state.tags.items()}
    tracked = {f"tracked {name}": "yes" for name in state.tracked}
    return {"HEAD": head, **branches, **tags, **tracked}


def _at(value: str | None) -> str:
    if value is None:
        return "nothing"
    return value[: text.SHORT] if len(value) == 64 else value


def _file_change(change: FileChange) -> str:
    if not _exists(change.after):
        return "file removed"
    return "file replaced" if _exists(change.before) else "file written"


def _exists(saved: Saved) -> bool:
    return saved.dataset is not None or saved.file is not None


def _as_json(id_: bytes, what: Operation, names: list[tuple[str, str | None, str | None]]) -> dict[str, Any]:
    return {
        **jsonout.operation(id_, what),
        "parent": jsonout.hex_or_none(what.parent),
        "names": [{"name": name, "before": old, "after": new} for name, old, new in names],
        "files": [{"path": path, "change": _file_change(change)} for path, change in what.files.items()],
    }
