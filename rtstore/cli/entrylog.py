"""``rtstore log DATASET#ENTRY``: what commits did to one entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rtstore.cli import text
from rtstore.cli.commits import commit_json, commit_lines, one_line
from rtstore.cli.session import Session

if TYPE_CHECKING:
    from rtstore.workspace.lookback.entry_log import EntryStep

#: Fields named in the line that says what changed.
_NAMED = 4


def entry_log(session: Session, steps: Iterable[EntryStep], oneline: bool, as_json: bool) -> None:
    """Print the steps of an entry's history."""
    if as_json:
        session.out.json([_as_json(session, step) for step in steps])
        return
    with session.out.paged():
        for line in _lines(session, steps, oneline):
            session.out.line(line)


def summary(session: Session, step: EntryStep) -> str:
    """Return what was done to the entry: ``edited: 2 turns, tags``."""
    change = step.change
    details = []
    if change.turns:
        details.append(text.plural(len(change.turns), "turn"))
    paths = [text.printable(field.path) for field in change.fields]
    details += paths[:_NAMED]
    if len(paths) > _NAMED:
        details.append(f"{len(paths) - _NAMED} more fields")
    if step.old_path is not None:
        details.append(f"was in {session.shown(step.old_path)}")
    elif change.moved and change.old_position is not None and change.new_position is not None:
        details.append(f"from {change.old_position + 1:,} to {change.new_position + 1:,}")
    if step.sources:
        details.append("made of " + " and ".join(source.hex()[:8] for source in step.sources))
    return f"{change.change}: {', '.join(details)}" if details else change.change


def _lines(session: Session, steps: Iterable[EntryStep], oneline: bool) -> Iterator[str]:
    refs = session.store.refs_at()
    for number, step in enumerate(steps):
        names = refs.get(step.commit_id, [])
        if oneline:
            (line,) = one_line(session, step.commit_id, step.commit, names)
            yield f"{line} [{summary(session, step)}]"
            continue
        if number:
            yield ""
        yield from commit_lines(session, step.commit_id, step.commit, names)
        yield ""
        yield f"  {_place(session, step)}: {summary(session, step)}"


def _place(session: Session, step: EntryStep) -> str:
    change = step.change
    position = change.old_position if change.new_position is None else change.new_position
    return f"{session.shown(step.path)}#{(position or 0) + 1}"


def _as_json(session: Session, step: EntryStep) -> dict[str, Any]:
    change = step.change
    return {
        **commit_json(session, step.commit_id, step.commit),
        "entry": {
            "id": change.id.hex(),
            "path": step.path,
            "old_path": step.old_path,
            "change": change.change,
            "old_position": _counted(change.old_position),
            "new_position": _counted(change.new_position),
            "moved": change.moved,
            "turns": [
                {"change": turn.change, "old_index": turn.old_index, "new_index": turn.new_index}
                for turn in change.turns
            ],
            "fields": [field.path for field in change.fields],
            "sources": [source.hex() for source in step.sources],
        },
    }


def _counted(position: int | None) -> int | None:
    return None if position is None else position + 1
