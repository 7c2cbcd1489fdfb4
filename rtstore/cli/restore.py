"""``rtstore restore``."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets, revisions
from rtstore.cli.options import json_option
from rtstore.cli.selection import restore_target
from rtstore.cli.session import Session


@click.command()
@click.argument("targets", metavar="DATASET[#ENTRY]...", nargs=-1, required=True, shell_complete=datasets)
@click.option("-s", "--source", metavar="REV", shell_complete=revisions, help="Take this version, not HEAD.")
@json_option
@click.pass_obj
def restore(session: Session, targets: tuple[str, ...], source: str | None, as_json: bool) -> None:
    """Bring datasets or single entries back from a version.

    A dataset comes back byte for byte, with its sidecar. A single entry takes the place it has in its file,
    or had; the rest of the file stays as it is. What was in the file before is kept: `rtstore undo` brings it
    back.

    \b
    Examples:
      rtstore restore mara.jsonl
      rtstore restore --source HEAD~2 mara.jsonl#12
    """
    result = session.store.restore([restore_target(session, target) for target in targets], source=source)
    if as_json:
        session.out.json({"files": list(result.files), "entries": result.entries})
        return
    for name in result.files:
        session.out.line(f"Restored {session.shown(name)}")
    if result.entries:
        session.out.line(f"  {text.entries(result.entries)} brought back")
    if not result.files:
        session.out.line("Nothing to restore: the files are the same already")
