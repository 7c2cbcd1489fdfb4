"""``rtstore import``."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets
from rtstore.cli.options import WithRequired, json_option
from rtstore.cli.session import Session


@click.command("import", cls=WithRequired)
@click.argument("file", type=click.Path())
@click.option(
    "--into", metavar="DATASET", required=True, shell_complete=datasets, help="The dataset to add to."
)
@click.option("--dedupe", is_flag=True, help="Do not add what the dataset has: unite the tags.")
@json_option
@click.pass_obj
def import_(session: Session, file: str, into: str, dedupe: bool, as_json: bool) -> None:
    """Add the entries of a file to a dataset.

    FILE is a dataset file, from anywhere, with its sidecar if it has one; DATASET is made if there is none. The
    working file is changed and nothing is committed. New entries get an identity of their own. With --dedupe, an
    entry that says the same as one that is there, whatever its system prompt, is not added; the one that is there
    gets its tags.

    \b
    Examples:
      rtstore import ~/downloads/more.jsonl --into mara.jsonl --dedupe
    """
    (name,) = session.names([into])
    result = session.store.import_file(file, name, dedupe=dedupe)
    if as_json:
        session.out.json(
            {
                "path": result.path,
                "added": result.added,
                "duplicates": result.duplicates,
                "tagged": result.tagged,
                "made": result.made,
                "warnings": list(result.warnings),
            }
        )
        return
    session.warn(result.warnings)
    if result.made:
        session.out.line(f"Made the dataset {session.shown(name)}")
    session.out.line(f"{session.shown(name)}: {text.entries(result.added)} added from {text.printable(file)}")
    if result.duplicates:
        tagged = f", {result.tagged} got more tags" if result.tagged else ""
        session.out.line(f"  {text.entries(result.duplicates)} there already{tagged}")
