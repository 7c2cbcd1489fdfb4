"""``rtstore show``: a commit, a dataset in it, or one entry."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

from rtstore.cli import jsonout, text
from rtstore.cli.changed import change_lines
from rtstore.cli.commits import commit_lines
from rtstore.cli.complete import inside_versions
from rtstore.cli.conversation import entry_json, entry_lines, opening
from rtstore.cli.options import json_option
from rtstore.cli.selection import dataset_at
from rtstore.cli.session import Session
from rtstore.errors import RevisionError, UsageError
from rtstore.history.revisions import split_entry
from rtstore.model.objects import Commit

if TYPE_CHECKING:
    from rtstore.workspace.views import Dataset, Entry


@click.command()
@click.argument("what", metavar="[REV[:DATASET[#ENTRY]]]", default="HEAD", shell_complete=inside_versions)
@click.option(
    "-n", "limit", type=click.IntRange(min=0), default=10, metavar="N", help="List N entries of a dataset."
)
@click.option("-p", "--patch", is_flag=True, help="Show what a commit changed, word by word.")
@json_option
@click.pass_obj
def show(session: Session, what: str, limit: int, patch: bool, as_json: bool) -> None:
    """Show a commit, a dataset in it, or one entry.

    ENTRY is a position from 1, or the first digits of its id.

    \b
    Examples:
      rtstore show --patch lora-noir~1
      rtstore show HEAD:mara.jsonl#12
    """
    if ":" not in what:
        try:
            _show_commit(session, what, patch, as_json)
        except RevisionError:
            if not os.path.isfile(split_entry(what)[0]):
                raise
            hint = f"As it is in the last commit: rtstore show 'HEAD:{what}'"
            raise RevisionError(f"{what} is a file and no version", hint=hint) from None
        return
    if patch:
        raise UsageError(
            "--patch is for a commit", hint=f"What changed in it: `rtstore diff {_compared(what)}`."
        )
    dataset, entry = dataset_at(session, what)
    if entry is None:
        _show_dataset(session, dataset, limit, as_json)
    else:
        _show_entry(session, dataset, dataset.find(entry), as_json)


def _show_commit(session: Session, revision: str, patch: bool, as_json: bool) -> None:
    id_, commit = session.store.commit_at(revision)
    changes = tuple(change for change in session.store.changes_of(id_) if not change.clean)
    if as_json and patch:
        hint = f"`rtstore diff --json {revision}~1..{revision}` is for programs."
        raise UsageError("--patch and --json are different answers", hint=hint)
    if as_json:
        session.out.json({**jsonout.commit(id_, commit), "datasets": [jsonout.change(c) for c in changes]})
        return
    header = commit_lines(session, id_, commit, session.store.refs_at().get(id_, []))
    body = change_lines(session, changes) or ["  no dataset changed"]
    _print(session, chain(header, [""], body, _patch_lines(session, id_, commit) if patch else ()))


def _patch_lines(session: Session, id_: bytes, commit: Commit) -> Iterator[str]:
    """Yield what a commit changed against its first parent; of the first of all that is all there is."""
    if not commit.parents:
        yield ""
        yield "All of it is new: this is the first commit."
        return
    from rtstore.cli.diff.terminal import dataset_lines

    with session.store.diff(commit.parents[0].hex(), id_.hex()) as difference:
        for dataset in difference.datasets:
            yield ""
            yield from dataset_lines(session, dataset)


def _compared(what: str) -> str:
    """Return the arguments of ``diff`` for what changed in a dataset or an entry of a version."""
    revision, _, path = what.partition(":")
    return f"{revision}~1..{revision} -- '{path}'"


def _show_entry(session: Session, dataset: Dataset, entry: Entry, as_json: bool) -> None:
    sides = session.store.partition_of(dataset)
    side = None if sides is None else sides[entry.position]
    if as_json:
        session.out.json(entry_json(entry, side))
        return
    title = f"{session.shown(dataset.path)}, entry {entry.position + 1:,} of {len(dataset):,}"
    _print(session, entry_lines(session.out, entry, title, side))


def _show_dataset(session: Session, dataset: Dataset, limit: int, as_json: bool) -> None:
    listed = [dataset[position] for position in range(min(limit, len(dataset)))]
    sidecar = dataset.sidecar() is not None
    if as_json:
        entries = [{"id": entry.id.hex(), "position": entry.position + 1} for entry in listed]
        session.out.json(
            {"path": dataset.path, "count": len(dataset), "sidecar": sidecar, "entries": entries}
        )
        return
    title = session.out.styled(session.shown(dataset.path), "bold")
    lines = [f"{title}: {text.entries(len(dataset))}{', with a sidecar' if sidecar else ''}"]
    width = len(str(len(listed)))
    for entry in listed:
        turns = text.plural(len(entry.turns), "turn")
        start = f"  {entry.position + 1:>{width}}  {entry.id.hex()[:8]}  {turns:>8}  "
        lines.append(start + opening(entry, session.out.width - len(start)))
    if len(dataset) > len(listed):
        lines.append(f"  and {len(dataset) - len(listed):,} more: -n {len(dataset)} lists all")
    _print(session, lines)


def _print(session: Session, lines: Iterable[str]) -> None:
    with session.out.paged():
        for line in lines:
            session.out.line(line)
