"""``rtstore status``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import click
from msgspec.structs import replace

from rtstore.cli import text
from rtstore.cli.changed import change_lines
from rtstore.cli.complete import datasets
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import WorkspaceError
from rtstore.workspace.results import Merging, Status

if TYPE_CHECKING:
    from rtstore.remote.remotes import Distance

#: Files that are not tracked, which are named one by one.
_UNTRACKED: Final = 10


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, shell_complete=datasets)
@json_option
@click.pass_obj
def status(session: Session, paths: tuple[str, ...], as_json: bool) -> None:
    """Show what has changed since the last commit.

    For each changed dataset: how many entries were edited, removed, added, moved or only reformatted. Time
    stamps that an editor rewrites at every save are no change. With PATH, a file or a directory, only what is
    there.

    \b
    Example:
      rtstore status
    """
    state = session.store.status()
    untracked = session.store.untracked()
    if paths:
        state, untracked = _at(session, paths, state, untracked)
    for dataset in state.datasets:
        session.warn(dataset.warnings)
    if as_json:
        session.out.json(_as_json(session, state, untracked))
    else:
        _present(session, state, untracked)


def head_line(session: Session, branch: str | None, head: bytes | None) -> str:
    """Return the line that says where HEAD is."""
    if branch is None:
        return f"HEAD is detached at {text.short(head or b'')}"
    name = session.out.styled(branch, "bold")
    return f"On branch {name}" if head else f"On branch {name}, no commits yet"


def _at(
    session: Session, paths: tuple[str, ...], state: Status, untracked: tuple[str, ...]
) -> tuple[Status, tuple[str, ...]]:
    """Return what of the state is about paths."""
    now = {change.renamed_from: change.path for change in state.datasets if change.renamed_from is not None}
    names = {change.path for change in state.datasets} | now.keys()
    wanted: set[str] = set()
    for path in paths:
        found = session.inside(path, {*names, *untracked}) or [session.name_of(path)]
        if not (os.path.lexists(path) or names.intersection(found)):
            raise WorkspaceError(f"{path}: there is no such file or directory")
        wanted.update(now.get(name, name) for name in found)
    datasets = tuple(change for change in state.datasets if change.path in wanted)
    return replace(state, datasets=datasets), tuple(name for name in untracked if name in wanted)


def _present(session: Session, state: Status, untracked: tuple[str, ...]) -> None:
    out = session.out
    out.line(head_line(session, state.branch, state.head))
    for distance in session.store.distances():
        if distance.ahead or distance.behind:
            out.said(_apart(distance))
    for line in _merging_lines(session, state.merging):
        out.said(line)
    changed = tuple(dataset for dataset in state.datasets if not dataset.clean)
    stamped = [dataset for dataset in state.datasets if dataset.stamps_only]
    for line in change_lines(session, changed):
        out.line(line)
    for dataset in stamped:
        out.line(f"  {out.styled('clean', 'dim')}    {session.shown(dataset.path)}   only time stamps differ")
    gone = (dataset.path for dataset in changed if dataset.change == "removed")
    if not all(map(session.exists, gone)):
        out.said("hint: `rtstore restore FILE` brings back a file that is missing")
    if untracked:
        out.line("not tracked:")
        for name in untracked[:_UNTRACKED]:
            out.line(f"  {session.shown(name)}")
        if len(untracked) > _UNTRACKED:
            out.line(f"  and {len(untracked) - _UNTRACKED:,} more")
        out.said("hint: `rtstore add FILE` tracks a file from now on")
    clean = sum(dataset.clean for dataset in state.datasets)
    out.line(_summary(clean, len(changed), bool(untracked)))


def _apart(distance: Distance) -> str:
    """Return how far the branch and that of a remote are apart."""
    there = f"{distance.remote}/{distance.branch}"
    if not distance.behind:
        return f"{text.plural(distance.ahead, 'commit')} not in {there} yet: `rtstore push {distance.remote}`"
    behind = (
        f"{text.plural(distance.behind, 'commit')} of {there} not here yet: `rtstore pull {distance.remote}`"
    )
    return f"{behind}; {distance.ahead:,} here not there" if distance.ahead else behind


def _merging_lines(session: Session, merging: Merging | None) -> list[str]:
    """Return what is in progress, and what is next."""
    if merging is None:
        return []
    from rtstore.cli.merging.outcome import command_of, next_steps
    from rtstore.cli.merging.sides import called

    command, what = command_of(merging.kind), called(session, merging)
    more = f", then {text.plural(len(merging.remaining), 'more commit')}" if merging.remaining else ""
    return [f"A {command} of {what} is in progress{more}", *next_steps(merging.conflicts, command)]


def _summary(clean: int, changed: int, untracked: bool) -> str:
    if changed:
        same = f", {text.plural(clean, 'dataset')} clean" if clean else ""
        return f"{text.plural(changed, 'dataset')} changed{same}"
    if clean:
        return f"nothing to commit, {text.plural(clean, 'dataset')} clean"
    return "nothing is tracked yet" if untracked else "nothing is tracked yet: `rtstore add FILE`"


def _as_json(session: Session, state: Status, untracked: tuple[str, ...]) -> dict[str, object]:
    from rtstore.cli.jsonout import change, hex_or_none

    return {
        "branch": state.branch,
        "head": hex_or_none(state.head),
        "clean": state.clean,
        "datasets": [change(dataset) for dataset in state.datasets],
        "untracked": list(untracked),
        "merging": _merging_json(state.merging),
        "remotes": [distance._asdict() for distance in session.store.distances()],
    }


def _merging_json(merging: Merging | None) -> dict[str, object] | None:
    if merging is None:
        return None
    return {
        "kind": merging.kind,
        "commits": [commit.hex() for commit in merging.commits],
        "conflicts": merging.conflicts,
        "remaining": [commit.hex() for commit in merging.remaining],
    }
