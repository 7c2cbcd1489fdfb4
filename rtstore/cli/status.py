"""``rtstore status``."""

from __future__ import annotations

from typing import Final

import click

from rtstore.cli import text
from rtstore.cli.options import json_option
from rtstore.cli.output import Style
from rtstore.cli.session import Session
from rtstore.workspace.results import DatasetChange, Status

_STYLES: Final[dict[str, Style]] = {"added": "green", "removed": "red", "edited": "yellow", "invalid": "red"}


@click.command()
@json_option
@click.pass_obj
def status(session: Session, as_json: bool) -> None:
    """Show what has changed since the last commit.

    For each changed dataset: how many entries were edited, removed, added, moved or only reformatted. Time
    stamps that an editor rewrites at every save are no change.

    \b
    Example:
      rtstore status
    """
    state = session.store.status()
    untracked = session.store.untracked()
    session.warn(warning for dataset in state.datasets for warning in dataset.warnings)
    if as_json:
        session.out.json(_as_json(state, untracked))
    else:
        _present(session, state, untracked)


def head_line(session: Session, branch: str | None, head: bytes | None) -> str:
    """Return the line that says where HEAD is."""
    if branch is None:
        return f"HEAD is detached at {text.short(head or b'')}"
    name = session.out.styled(branch, "bold")
    return f"On branch {name}" if head else f"On branch {name}, no commits yet"


def change_lines(session: Session, changes: tuple[DatasetChange, ...]) -> list[str]:
    """Return a line for each dataset that differs: what happened to it, its path, what differs."""
    shown = [(change, session.shown(change.path)) for change in changes]
    width = max((len(path) for _, path in shown), default=0)
    lines = []
    for change, path in shown:
        first, *more = text.fitted(text.change(change), session.out.width - width - 14)
        verb = session.out.styled(change.change.ljust(8), _STYLES[change.change])
        lines.append(f"  {verb} {path.ljust(width)}   {first}")
        lines += [" " * (width + 14) + line for line in more]
    return lines


def _present(session: Session, state: Status, untracked: tuple[str, ...]) -> None:
    out = session.out
    out.line(head_line(session, state.branch, state.head))
    changed = tuple(dataset for dataset in state.datasets if not dataset.clean)
    stamped = [dataset for dataset in state.datasets if dataset.stamps_only]
    for line in change_lines(session, changed):
        out.line(line)
    for dataset in stamped:
        out.line(f"  {out.styled('clean', 'dim')}    {session.shown(dataset.path)}   only time stamps differ")
    if any(dataset.change == "removed" and not session.exists(dataset.path) for dataset in changed):
        out.line("hint: `rtstore restore FILE` brings back a file that is missing")
    if untracked:
        out.line("not tracked:")
        for name in untracked:
            out.line(f"  {session.shown(name)}")
        out.line("hint: `rtstore add FILE` tracks a file from now on")
    out.line(_summary(len(state.datasets) - len(changed), len(changed), bool(untracked)))


def _summary(clean: int, changed: int, untracked: bool) -> str:
    if changed:
        same = f", {text.plural(clean, 'dataset')} clean" if clean else ""
        return f"{text.plural(changed, 'dataset')} changed{same}"
    if clean:
        return f"nothing to commit, {text.plural(clean, 'dataset')} clean"
    return "nothing is tracked yet" if untracked else "nothing is tracked yet: `rtstore add FILE`"


def _as_json(state: Status, untracked: tuple[str, ...]) -> dict[str, object]:
    from rtstore.cli.jsonout import change, hex_or_none

    return {
        "branch": state.branch,
        "head": hex_or_none(state.head),
        "clean": state.clean,
        "datasets": [change(dataset) for dataset in state.datasets],
        "untracked": list(untracked),
    }
