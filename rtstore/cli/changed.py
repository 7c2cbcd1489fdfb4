"""Datasets that differ, a line or more for each."""

from __future__ import annotations

from typing import Final

from rtstore.cli import text
from rtstore.cli.output import Style
from rtstore.cli.session import Session
from rtstore.workspace.results import DatasetChange

_STYLES: Final[dict[str, Style]] = {
    "added": "green",
    "removed": "red",
    "edited": "yellow",
    "renamed": "green",
    "invalid": "red",
}


def change_lines(session: Session, changes: tuple[DatasetChange, ...]) -> list[str]:
    """Return a line for each dataset that differs: what happened to it, its path, what differs."""
    shown = [(change, session.shown_rename(change.renamed_from, change.path)) for change in changes]
    width = max((len(path) for _, path in shown), default=0)
    lines = []
    for change, path in shown:
        first, *more = text.fitted(text.change(change), session.out.width - width - 14)
        kind = change.change if change.renamed_from is None else "renamed"
        verb = session.out.styled(kind.ljust(8), _STYLES[kind])
        lines.append(f"  {verb} {path.ljust(width)}   {first}")
        lines += [" " * (width + 14) + line for line in more]
    return lines
