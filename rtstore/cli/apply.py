"""``rtstore apply``."""

from __future__ import annotations

from typing import BinaryIO

import click

from rtstore.cli import jsonout
from rtstore.cli.changed import change_lines
from rtstore.cli.options import json_option
from rtstore.cli.session import Session


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("-R", "--reverse", is_flag=True, help="Undo what the patch says.")
@json_option
@click.pass_obj
def apply(session: Session, file: BinaryIO, reverse: bool, as_json: bool) -> None:
    """Do to the files what a patch says.

    FILE is what `rtstore diff --json` wrote; `-` reads it from standard input. The files may have gone on since: what
    the patch changes in a conversation is put into it as it is now. Where the two contradict each other nothing is
    changed. Nothing is committed.

    \b
    Examples:
      rtstore diff --json main..lora-noir > noir.json
      rtstore apply noir.json
    """
    result = session.store.apply(file.read(), getattr(file, "name", "the patch"), reverse)
    if as_json:
        session.out.json({"datasets": [jsonout.change(change) for change in result.datasets]})
        return
    for line in change_lines(session, result.datasets):
        session.out.line(line)
    if not result.datasets:
        session.out.line("nothing changed: the files have it already")
