"""``rtstore restore``."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets, revisions
from rtstore.cli.options import json_option
from rtstore.cli.selection import target
from rtstore.cli.session import Session


@click.command()
@click.argument("targets", metavar="DATASET[#ENTRY]|DIR...", nargs=-1, required=True, shell_complete=datasets)
@click.option("-s", "--source", metavar="REV", shell_complete=revisions, help="Take this version, not HEAD.")
@json_option
@click.pass_obj
def restore(session: Session, targets: tuple[str, ...], source: str | None, as_json: bool) -> None:
    """Bring datasets or single entries back from a version.

    A dataset comes back byte for byte, with its sidecar. A single entry takes the place it has in its file,
    or had; the rest of the file stays as it is. A directory stands for the datasets that the version has in
    it. What was in a file before is kept: `rtstore undo` brings it back.

    \b
    Examples:
      rtstore restore mara.jsonl
      rtstore restore --source HEAD~2 mara.jsonl#12
    """
    wanted = [name for each in targets for name in _targets(session, each, source or "HEAD")]
    result = session.store.restore(wanted, source=source)
    if as_json:
        session.out.json({"files": list(result.files), "entries": result.entries, "removed": result.removed})
        return
    for name in result.files:
        session.out.line(f"Restored {session.shown(name)}")
    back = result.entries - result.removed
    if back and result.files:
        session.out.line(f"  {text.entries(back)} brought back")
    if result.removed and result.files:
        session.out.line(
            f"  {text.entries(result.removed)} removed: not in {text.printable(source or 'HEAD')}"
        )
    if not result.files:
        session.out.line("Nothing to restore: the files are the same already")


def _targets(session: Session, given: str, source: str) -> list[str]:
    """Return what to restore for an argument. A directory may be gone, and is known from the version then."""
    return session.inside(given, session.store[source]) or [target(session, given)]
