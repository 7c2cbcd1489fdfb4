"""``rtstore cat``."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from rtstore.cli.complete import inside_versions
from rtstore.cli.selection import dataset_at
from rtstore.cli.session import Session
from rtstore.errors import RevisionError


@click.command()
@click.argument("what", metavar="REV:DATASET[#ENTRY]", shell_complete=inside_versions)
@click.option("--sidecar", is_flag=True, help="Print the dataset's sidecar instead.")
@click.pass_obj
def cat(session: Session, what: str, sidecar: bool) -> None:
    """Print a dataset or an entry as it is, byte for byte.

    An entry is its line. ENTRY is a position from 1, or the first digits of its id.

    \b
    Examples:
      rtstore cat HEAD~2:mara.jsonl > old.jsonl
      rtstore cat main:mara.jsonl#12
    """
    dataset, entry = dataset_at(session, what)
    if sidecar:
        content = dataset.sidecar()
        if content is None:
            raise RevisionError(f"{dataset.path} has no sidecar in that version")
        _write([content])
    elif entry is not None:
        _write([dataset.find(entry).text, b"\n"])
    else:
        _write(dataset.chunks())


def _write(pieces: Iterable[bytes]) -> None:
    sys.stdout.flush()
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
