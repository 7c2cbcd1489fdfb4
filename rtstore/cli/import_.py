"""``rtstore import``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets
from rtstore.cli.options import WithRequired, json_option
from rtstore.cli.session import Session

if TYPE_CHECKING:
    from rtstore.workspace.results import ImportResult

#: What standard input is called in messages.
_STDIN: Final = "stdin"
#: Reasons shown; ``--json`` has all that were counted apart.
_REASONS: Final = 5


@click.command("import", cls=WithRequired)
@click.argument("file", type=click.Path())
@click.option(
    "--into", metavar="DATASET", required=True, shell_complete=datasets, help="The dataset to add to."
)
@click.option("--from", "kind", metavar="KIND", help="What FILE is, if that is not found out right.")
@click.option("--as", "shape", metavar="SHAPE", help="The shape that all entries get.")
@click.option(
    "--map", "columns", metavar="COLUMN=FIELD", multiple=True, help="Where a column of a table goes."
)
@click.option("--branches", is_flag=True, help="Take all continuations, not only the one shown last.")
@click.option("--dedupe", is_flag=True, help="Do not add what the dataset has: unite the tags.")
@json_option
@click.pass_obj
def import_(
    session: Session,
    file: str,
    into: str,
    kind: str | None,
    shape: str | None,
    columns: tuple[str, ...],
    branches: bool,
    dedupe: bool,
    as_json: bool,
) -> None:
    """Add the conversations of a file to a dataset.

    FILE is a dataset file, from anywhere, with its sidecar if it has one, or what another program wrote; - reads
    standard input. What it is, is found out, or said as KIND: jsonl, json, parquet, csv, tsv, chatml-text, sillytavern,
    character-card, chatgpt, claude, zip, agent-trace. DATASET is made if there is none. The working file is changed and
    nothing is committed. New entries get an identity of their own.

    Records stay as they are, and what has none becomes messages. With --as they get a SHAPE: messages, sharegpt,
    alpaca, prompt, preference or kto. As messages, roles are spelled as RoleThread Lite does, and whoever speaks under
    a name of their own becomes a character. What cannot be used goes to a file beside the dataset, with the reasons.

    With --dedupe, an entry that says the same as one that is there, whatever its system prompt, is not added; the one
    that is there gets its tags.

    \b
    Examples:
      rtstore import ~/downloads/more.jsonl --into mara.jsonl --dedupe
      rtstore import sharegpt.json --into mara.jsonl --as messages
      rtstore import table.csv --into mara.jsonl --map question=user
    """
    from rtstore.cli.progress import progress

    (name,) = session.names([into])
    mapped = _columns(columns)
    with _readable(file) as path, progress() as told:
        result = session.store.import_file(
            path,
            name,
            dedupe,
            kind=kind,
            shape=shape,
            columns=mapped,
            branches=branches,
            shown=_STDIN if file == "-" else None,
            progress=told,
        )
    if as_json:
        session.out.json(_as_json(result))
        return
    session.warn(result.warnings)
    for line in _lines(session, result, _STDIN if file == "-" else file):
        session.out.line(line)


def _columns(given: Sequence[str]) -> dict[str, str]:
    """Return the fields that columns go to.

    Raises:
        UsageError: one is not given as ``COLUMN=FIELD``.
    """
    from rtstore.errors import UsageError

    found = {}
    for each in given:
        column, equals, field = each.rpartition("=")
        if not equals or not column or not field:
            raise UsageError(f"--map {each}: not COLUMN=FIELD", hint="For example: --map question=user")
        found[column] = field
    return found


@contextmanager
def _readable(file: str) -> Iterator[str]:
    """Return the path of a file that can be read as often as need be: of standard input, a copy that is gone then."""
    if file != "-":
        yield file
        return
    import shutil
    import tempfile

    from rtstore.storage.files import refused

    with tempfile.TemporaryDirectory(prefix="rtstore-") as directory:
        path = os.path.join(directory, _STDIN)
        try:
            with open(path, "xb") as copy:
                if sys.stdin is not None:
                    shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        except OSError as error:
            raise refused(error, "write", path) from error
        yield path


def _lines(session: Session, result: ImportResult, file: str) -> Iterator[str]:
    if result.kind not in ("jsonl", "json"):
        yield f"Found {_with_article(result.title)}"
    if result.made:
        yield f"Made the dataset {session.shown(result.path)}"
    yield f"{session.shown(result.path)}: {text.entries(result.added)} added from {text.printable(file)}"
    registered = [
        text.plural(number, what)
        for number, what in ((result.characters, "character"), (result.prompts, "system prompt"))
        if number
    ]
    if registered:
        yield f"  {' and '.join(registered)} added to its registry"
    if result.duplicates:
        tagged = f", {result.tagged} got more tags" if result.tagged else ""
        yield f"  {text.entries(result.duplicates)} there already{tagged}"
    if result.rejected:
        yield from _rejected(session, result)


def _rejected(session: Session, result: ImportResult) -> Iterator[str]:
    yield f"  {result.rejected:,} could not be used:"
    for reason, number in result.reasons[:_REASONS]:
        yield f"    {number:,} x {text.printable(reason)}"
    if len(result.reasons) > _REASONS:
        yield f"    and {len(result.reasons) - _REASONS} more reasons"
    places = ", ".join(text.printable(one.place) for one in result.examples)
    yield f"  {'the first at' if result.rejected > len(result.examples) else 'at'} {places}"
    if result.rejects is not None:
        yield f"  all of it is in {session.shown(result.rejects)}"


def _with_article(title: str) -> str:
    if title.startswith(("a ", "an ")):
        return title
    return f"{'an' if title[:1].lower() in 'aeiou' else 'a'} {title}"


def _as_json(result: ImportResult) -> dict[str, Any]:
    return {
        "path": result.path,
        "kind": result.kind,
        "added": result.added,
        "duplicates": result.duplicates,
        "tagged": result.tagged,
        "made": result.made,
        "characters": result.characters,
        "prompts": result.prompts,
        "rejected": result.rejected,
        "reasons": [{"reason": reason, "count": number} for reason, number in result.reasons],
        "examples": [{"place": one.place, "reason": one.reason, "text": one.text} for one in result.examples],
        "rejects": result.rejects,
        "warnings": list(result.warnings),
    }
