"""``rtstore demo``: a whole session, told step by step, with the real commands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from rtstore.cli.session import Session
from rtstore.errors import UsageError


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--keep", metavar="DIR", help="Do it in DIR, which must be new or empty, and leave it there.")
@click.pass_obj
def demo(session: Session, file: str | None, keep: str | None) -> None:
    """Show a whole session, in a directory of its own.

    A small role-play dataset is versioned, branched, lost and brought back, in about ten seconds. With FILE
    it is a copy of your dataset; the file itself is only read.

    \b
    Examples:
      rtstore demo
      rtstore demo mara.jsonl --keep /tmp/mara-demo
    """
    from rtstore.cli.demo.narrator import Narrator

    source = None if file is None else os.path.abspath(file)
    with _directory(keep) as directory:
        narrator = Narrator(session.out, directory)
        if source is None:
            from rtstore.cli.demo.lantern import tell
        else:
            from rtstore.cli.demo.own_file import tell_with

            def tell(narrator: Narrator) -> None:
                tell_with(narrator, source)

        tell(narrator)
    if keep is not None:
        session.out.line(f"\nIt is all in {directory}: try `rtstore -C {directory} log`.")
    else:
        session.out.line("\nThe directory is gone again; `rtstore demo --keep DIR` leaves one behind.")


@contextmanager
def _directory(keep: str | None) -> Iterator[str]:
    """Make the directory to work in; remove it afterwards, unless it is to be kept."""
    if keep is not None:
        if os.path.exists(keep) and (not os.path.isdir(keep) or os.listdir(keep)):
            raise UsageError(f"{keep} is there already, and not an empty directory", hint="Name a new one.")
        os.makedirs(keep, exist_ok=True)
        yield os.path.realpath(keep)
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="rtstore-demo-", ignore_cleanup_errors=True) as directory:
        yield os.path.realpath(directory)
