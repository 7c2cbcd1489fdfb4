"""``rtstore cat``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click

from rtstore.cli.complete import inside_versions
from rtstore.cli.options import where_option
from rtstore.cli.selection import dataset_at
from rtstore.cli.session import Session
from rtstore.errors import RevisionError, UsageError

if TYPE_CHECKING:
    from rtstore.curate.where.where import Where
    from rtstore.workspace.views import Entry

#: A line break in a record is between its values: inside a string JSON has none.
_BREAK: Final = re.compile(rb"[ \t\r]*\n[ \t\r\n]*")


@click.command()
@click.argument("what", metavar="REV:DATASET[#ENTRY]", shell_complete=inside_versions)
@click.option("--sidecar", is_flag=True, help="Print the dataset's sidecar instead.")
@where_option
@click.pass_obj
def cat(session: Session, what: str, sidecar: bool, where: Where | None) -> None:
    """Print a dataset or an entry as it is, byte for byte.

    An entry is its line. ENTRY is a position from 1, or the first digits of its id. With --where the entries that it
    is true of are printed, one a line.

    \b
    Examples:
      rtstore cat HEAD~2:mara.jsonl > old.jsonl
      rtstore cat main:mara.jsonl#12
      rtstore cat main:mara.jsonl --where "tag = approved" > approved.jsonl
    """
    dataset, entry = dataset_at(session, what)
    if where is not None and (sidecar or entry is not None):
        raise UsageError(
            "--where selects entries of a whole dataset", hint="Write it like 'HEAD:mara.jsonl'."
        )
    if where is not None:
        _write(_lines(session.store.select(f"{what.partition(':')[0]}:{dataset.path}", where)))
    elif sidecar:
        content = dataset.sidecar()
        if content is None:
            raise RevisionError(f"{dataset.path} has no sidecar in that version")
        _write([content])
    elif entry is not None:
        _write([dataset.find(entry).text, b"\n"])
    else:
        _write(dataset.chunks())


def _lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield each record as one line, also of an array that has them on several."""
    for entry in entries:
        yield (_BREAK.sub(b" ", entry.text) if b"\n" in entry.text else entry.text) + b"\n"


def _write(pieces: Iterable[bytes]) -> None:
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
