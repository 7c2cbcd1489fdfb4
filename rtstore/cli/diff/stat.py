"""Differences counted by dataset: ``rtstore diff --stat`` and ``--name-only``, without looking into conversations."""

from __future__ import annotations

from collections.abc import Sequence

from rtstore.cli import text
from rtstore.cli.changed import change_lines
from rtstore.cli.session import Session
from rtstore.model.objects import Counts
from rtstore.workspace.results import DatasetChange


def print_counts(session: Session, changes: Sequence[DatasetChange]) -> None:
    """Print a line for each dataset that differs, and their sum."""
    with session.out.paged():
        for line in change_lines(session, tuple(changes)):
            session.out.line(line)
        session.out.line(_summary(len(changes), sum((change.counts for change in changes), Counts())))


def print_names(session: Session, changes: Sequence[DatasetChange]) -> None:
    """Print the path of each dataset that differs, and nothing else."""
    for change in changes:
        session.out.line(text.printable(session.shown(change.path)))


def _summary(datasets: int, total: Counts) -> str:
    if not datasets:
        return "no differences"
    what = text.counts(total)
    return f"{text.plural(datasets, 'dataset')} changed" + (f": {what}" if what else "")
