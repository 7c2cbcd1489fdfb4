"""What a merge, a cherry-pick or a revert did, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rtstore.cli import jsonout, text
from rtstore.cli.changed import change_lines
from rtstore.cli.merging.words import named, what
from rtstore.cli.session import Session
from rtstore.compare.difference import MISSING
from rtstore.errors import InProgressError, NothingToDoError
from rtstore.model.jsontext import loads
from rtstore.workspace.merging.progress import how_to_get_back
from rtstore.workspace.merging.results import Conflict, MergeResult
from rtstore.workspace.results import Merging

#: Conflicts and notices that are printed one by one.
_SHOWN: Final = 20


def finish(session: Session, command: str, abort: bool, message: str | None, as_json: bool) -> int:
    """Go on with what is in progress, or give it up; return the exit code."""
    store = session.store
    _check_in_progress(store.status().merging, command, "--abort" if abort else "--continue")
    result = store.abort_merge() if abort else store.continue_merge(message)
    return report(session, result, [], command, as_json)


def said(session: Session, result: MergeResult, branch: str, before: bytes | None) -> list[str]:
    """Return what there is to say of a merge."""
    here = session.store.current_branch or "HEAD"
    if result.outcome == "up to date":
        return ["Already up to date."]
    if result.outcome == "fast-forward":
        new = text.short(result.head or b"")
        if before is None:
            return [f"Starting at {new}"]
        return [f"Updating {text.short(before)}..{new}", "Fast-forward"]
    if result.outcome == "merged":
        return [
            f"Merged {branch} into {here}: {session.out.styled(text.short(result.commits[-1]), 'yellow')}"
        ]
    if result.outcome == "squashed":
        return [f"Merged {branch} into the files; {here} stays where it is"]
    return [f"Merging {branch} into {here}"]


def report(session: Session, result: MergeResult, said: Sequence[str], command: str, as_json: bool) -> int:
    """Print what a command did; return its exit code, 1 where conflicts are left.

    ``said``: the first lines, where they are not the commits it made. ``command``: what goes on with it: ``merge``,
    ``cherry-pick`` or ``revert``.
    """
    session.has_changed = True
    if as_json:
        session.out.json(as_values(result))
    elif result.outcome == "aborted":
        session.out.line(f"Gave up the {command}")
        for name in result.files:
            session.out.line(f"  {session.shown(name)} is as it was before")
    else:
        _tell(session, result, said, command)
    return 1 if result.conflicts else 0


def _check_in_progress(merging: Merging | None, command: str, option: str) -> None:
    """Refuse to go on with, or to give up, something else than what is in progress."""
    if merging is None:
        raise NothingToDoError(f"no {command} is in progress")
    other = command_of(merging.kind)
    if other != command:
        raise InProgressError(
            f"no {command} is in progress, but a {other} is", hint=f"`rtstore {other} {option}`"
        )


def next_steps(left: int, command: str) -> list[str]:
    """Return how many conflicts are left, and what to do about it."""
    if not left:
        return ["All conflicts are resolved", f"hint: {how_to_go_on(command)}"]
    return [
        f"{text.plural(left, 'conflict')} left to resolve; until then the files have ours there",
        "hint: `rtstore resolve` goes through them one by one",
        f"hint: `rtstore {command} --abort` gives it all up",
    ]


def missing_lines(session: Session, conflicts: Sequence[Conflict], command: str) -> Iterator[str]:
    """Yield what to do about files that have conflicts and are not there."""
    for file in dict.fromkeys(conflict.missing for conflict in conflicts if conflict.missing is not None):
        yield f"note: {text.printable(session.shown(file))} is missing, which resolves none of its conflicts"
        yield f"hint: {how_to_get_back(session.shown(file), command)}"


def how_to_go_on(command: str) -> str:
    """Return what to do when nothing is left to be resolved."""
    return f"`rtstore {command} --continue` makes the commit"


def command_of(kind: str) -> str:
    """Return the command that goes on with what is in progress."""
    return "merge" if kind == "squash" else kind


def as_values(result: MergeResult) -> dict[str, Any]:
    """Return a result for JSON."""
    return {
        "outcome": result.outcome,
        "head": jsonout.hex_or_none(result.head),
        "commits": [commit.hex() for commit in result.commits],
        "datasets": [jsonout.change(change) for change in result.datasets],
        "conflicts": [conflict_values(conflict) for conflict in result.conflicts],
        "files": list(result.files),
        "notices": list(result.notices),
        "bytes_added": result.bytes_added,
    }


def conflict_values(conflict: Conflict) -> dict[str, Any]:
    """Return a conflict for JSON: its versions as decoded records, or values of the registry."""
    return {
        "id": jsonout.hex_or_none(conflict.entry),
        "dataset": conflict.dataset,
        "position": None if conflict.position is None else conflict.position + 1,
        "kind": conflict.kind,
        "path": conflict.path or None,
        "base": _decoded(conflict.base),
        "ours": _decoded(conflict.ours),
        "theirs": _decoded(conflict.theirs),
        "clashes": [
            {"kind": clash.kind, "path": clash.path}
            | {side: _or_null(getattr(clash, side)) for side in ("base", "ours", "theirs")}
            for clash in conflict.clashes
        ],
        "missing": conflict.missing,
    }


def conflict_line(session: Session, conflict: Conflict) -> str:
    """Return a conflict in one line: ``mara.jsonl#9 3fa81c2d: both edited turn 3``."""
    return f"{named(session, conflict).line}: {what(conflict)}"


def _commit_lines(session: Session, result: MergeResult) -> Iterator[str]:
    """Yield what commits were made, and what they changed; and where it stopped."""
    where = session.store.current_branch or "detached HEAD"
    for id_ in result.commits:
        _, commit = session.store.commit_at(id_.hex())
        yield f"[{where} {session.out.styled(text.short(id_), 'yellow')}] {text.subject(commit.message)}"
        yield from change_lines(session, session.store.changes_of(id_))
    if result.conflicts:
        merging = session.store.status().merging
        assert merging is not None
        id_, commit = session.store.commit_at(merging.commits[0].hex())
        yield f"Stopped at {text.short(id_)} {text.subject(commit.message)}"
    elif not result.commits:
        yield "Nothing to do: no commit was made"


def _tell(session: Session, result: MergeResult, said: Sequence[str], command: str) -> None:
    out = session.out
    done = change_lines(session, result.datasets) if said else _commit_lines(session, result)
    for line in (*said, *done):
        out.line(line)
    _tell_notices(session, result.notices)
    for conflict in result.conflicts[:_SHOWN]:
        out.line(f"{out.styled('CONFLICT', 'red')} {conflict_line(session, conflict)}")
    if len(result.conflicts) > _SHOWN:
        out.line(f"and {len(result.conflicts) - _SHOWN:,} more: `rtstore conflicts` lists all")
    if result.conflicts:
        for line in next_steps(len(result.conflicts), command):
            out.said(line)
    elif result.outcome == "squashed":
        out.said("hint: `rtstore commit` records it as one change")
    elif result.outcome == "merged":
        out.line(f"{text.size(result.bytes_added)} added to the store")


def _tell_notices(session: Session, notices: Sequence[str]) -> None:
    for notice in notices[:_SHOWN]:
        session.out.line(f"note: {text.printable(session.from_here(notice))}")
    if len(notices) > _SHOWN:
        session.out.line(f"note: and {len(notices) - _SHOWN:,} more; --json has them all")


def _decoded(value: bytes | None) -> Any:
    return None if value is None else loads(value)


def _or_null(value: Any) -> Any:
    return None if value is MISSING else value
