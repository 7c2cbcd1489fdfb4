"""``rtstore diff --stat``."""

from __future__ import annotations

import click

from rtstore.cli import jsonout, text
from rtstore.cli.complete import revisions as complete_revisions
from rtstore.cli.options import WithDatasets, json_option
from rtstore.cli.selection import revisions_and_datasets
from rtstore.cli.session import Session
from rtstore.cli.status import change_lines
from rtstore.errors import UsageError
from rtstore.history.revisions import parse_range
from rtstore.model.objects import Counts


@click.command(cls=WithDatasets)
@click.argument("revisions", metavar="[REV|A..B]", nargs=-1, shell_complete=complete_revisions)
@click.option("--stat", is_flag=True, help="Count differences by dataset; this is the default.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if there are differences.")
@json_option
@click.pass_obj
def diff(
    session: Session,
    revisions: tuple[str, ...],
    paths: tuple[str, ...],
    stat: bool,
    exit_code: bool,
    as_json: bool,
) -> int:
    """Count what differs between two versions.

    Without arguments, between HEAD and the files as they are; with REV, between REV and the files; with A..B,
    between two commits. After `--`, only those datasets.

    \b
    Examples:
      rtstore diff --stat
      rtstore diff --stat main..lora-noir -- mara.jsonl
    """
    del stat  # the one form there is
    wanted, names = revisions_and_datasets(session, revisions, paths)
    if len(wanted) > 1:
        raise UsageError("diff compares two versions", hint=f"Write them like '{wanted[0]}..{wanted[1]}'.")
    old, new = _sides(wanted[0] if wanted else "HEAD")
    changes = session.store.changes(old, new, names)
    differing = tuple(change for change in changes if not change.clean)
    if as_json:
        session.out.json({"old": old, "new": new, "datasets": [jsonout.change(change) for change in changes]})
    else:
        session.warn(warning for change in changes for warning in change.warnings)
        with session.out.paged():
            for line in change_lines(session, differing):
                session.out.line(line)
            session.out.line(_summary(len(differing), sum((c.counts for c in differing), Counts())))
    return 1 if exit_code and differing else 0


def _sides(revision: str) -> tuple[str, str | None]:
    """Return the two versions to compare; None stands for the working files."""
    start, end = parse_range(revision)
    return (end, None) if start is None else (start, end)


def _summary(datasets: int, total: Counts) -> str:
    if not datasets:
        return "no differences"
    what = text.counts(total)
    return f"{text.plural(datasets, 'dataset')} changed" + (f": {what}" if what else "")
