"""``rtstore conflicts``."""

from __future__ import annotations

import click

from rtstore.cli.merging.outcome import command_of, conflict_line, conflict_values, missing_lines, next_steps
from rtstore.cli.options import json_option
from rtstore.cli.session import Session


@click.command()
@json_option
@click.pass_obj
def conflicts(session: Session, as_json: bool) -> int:
    """List what is still to be resolved of a merge.

    The exit code is 1 while there is anything. A conflict that is dealt with in the file, in any editor, is
    none any more.

    \b
    Example:
      rtstore conflicts
    """
    merging = session.store.status().merging
    left = session.store.conflicts() if merging is not None else ()
    if as_json:
        session.out.json([conflict_values(conflict) for conflict in left])
    elif merging is None:
        session.out.line("No merge is in progress: there are no conflicts")
    else:
        with session.out.paged():
            for conflict in left:
                session.out.line(conflict_line(session, conflict))
            command = command_of(merging.kind)
            for line in (*missing_lines(session, left, command), *next_steps(len(left), command)):
                session.out.said(line)
    return 1 if left else 0
