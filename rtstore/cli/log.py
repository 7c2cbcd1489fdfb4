"""``rtstore log``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

from rtstore.cli import text
from rtstore.cli.commits import commit_json, commit_lines, one_line
from rtstore.cli.complete import ranges_and_datasets
from rtstore.cli.graph import Graph
from rtstore.cli.options import WithDatasets, json_option
from rtstore.cli.selection import revisions_and_targets
from rtstore.cli.session import Session
from rtstore.errors import RevisionError, UsageError
from rtstore.history.refs import near_matches
from rtstore.history.revisions import split_entry
from rtstore.model.objects import Commit

if TYPE_CHECKING:
    from rtstore.workspace.lookback.following import DatasetCounts

_COUNT: Final = re.compile("-[0-9]{1,9}")
#: So many datasets are named in a message.
_NAMED: Final = 3


class _Log(WithDatasets):
    """Takes ``-5`` for ``-n 5``, as git does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments, those that are a number of commits rewritten."""
        end = args.index("--") if "--" in args else len(args)
        before = [f"-n{arg[1:]}" if _COUNT.fullmatch(arg) else arg for arg in args[:end]]
        return super().parse_args(ctx, before + args[end:])


@click.command(cls=_Log)
@click.argument(
    "arguments",
    metavar="[REV|A..B]... [DATASET[#ENTRY]|DIR]...",
    nargs=-1,
    shell_complete=ranges_and_datasets,
)
@click.option(
    "-n", "limit", type=click.IntRange(min=0), metavar="N", help="Show at most N commits; -5 is -n 5."
)
@click.option("--all", "everything", is_flag=True, help="Start at all branches and tags.")
@click.option("-S", "search", metavar="TEXT", help="Only commits that added TEXT to a turn, or removed it.")
@click.option("--oneline", is_flag=True, help="Show each commit in one line.")
@click.option("--graph", "with_graph", is_flag=True, help="Draw how commits follow from each other.")
@json_option
@click.pass_obj
def log(
    session: Session,
    arguments: tuple[str, ...],
    paths: tuple[str, ...],
    limit: int | None,
    everything: bool,
    search: str | None,
    oneline: bool,
    with_graph: bool,
    as_json: bool,
) -> None:
    """List commits, newest first.

    Starts at HEAD, or at the revisions given; A..B leaves out what A has too. With datasets, or directories of
    them, only commits that changed one; with DATASET#ENTRY, what was done to this entry: ENTRY is its position
    from 1, or the first digits of its id, also of an entry that is gone. After `--`, datasets that are gone can be
    named, too.

    \b
    Examples:
      rtstore log --oneline --graph main lora-noir
      rtstore log main..lora-noir -- mara.jsonl
      rtstore log mara.jsonl#12
      rtstore log -S "green lantern"
    """
    revisions, targets = revisions_and_targets(session, arguments, paths)
    if everything:
        revisions = (*revisions, *_all_names(session))
    names = [split_entry(each) for each in targets]
    if any(entry is not None for _, entry in names):
        from rtstore.cli.entrylog import entry_log

        if len(names) > 1:
            raise UsageError("log follows one entry at a time", hint="Name it alone.")
        if search is not None or with_graph:
            raise UsageError("the log of an entry takes neither -S nor --graph")
        name, entry = names[0]
        assert entry is not None
        entry_log(session, session.store.entry_log(name, entry, revisions, limit), oneline, as_json)
        return
    commits = session.store.log(revisions, dataset=targets or None, limit=limit, search=search)
    if targets and search is None and limit != 0:
        commits = _at_least_one(session, commits, targets)
    if as_json:
        session.out.json([commit_json(session, id_, what) for id_, what in commits])
        return
    with session.out.paged():
        for line in _lines(session, commits, oneline, with_graph):
            session.out.line(line)


def _all_names(session: Session) -> list[str]:
    """Return what to start at for all there is: no names, since a branch may hide a tag."""
    store = session.store
    heads = [] if store.head is None else [store.head]
    return [id_.hex() for id_ in dict.fromkeys((*heads, *store.branches().values(), *store.tags().values()))]


def _at_least_one(
    session: Session, commits: Iterator[tuple[bytes, Commit]], names: Sequence[str]
) -> Iterator[tuple[bytes, Commit]]:
    """Yield the commits that changed datasets; none at all is most likely a mistyped name."""
    found = False
    for commit in commits:
        found = True
        yield commit
    if not found:
        near = near_matches(names[0], session.store.datasets())
        meant = " or ".join(repr(session.shown(name)) for name in near)
        hint = f"Did you mean {meant}?" if near else "`rtstore status` lists datasets."
        what = " or ".join(map(session.shown, names[:_NAMED]))
        raise RevisionError(f"none of these commits changed {what}", candidates=near, hint=hint)


def _lines(
    session: Session, commits: Iterable[tuple[bytes, Commit]], oneline: bool, with_graph: bool
) -> Iterator[str]:
    graph = Graph() if with_graph else None
    refs = session.store.refs_at()
    first = True
    for id_, commit in commits:
        names = refs.get(id_, [])
        block = one_line(session, id_, commit, names) if oneline else _block(session, id_, commit, names)
        if graph is not None:
            yield from graph.lines(id_, commit.parents, block if oneline else [*block, ""])
        else:
            yield from block if first or oneline else ["", *block]
        first = False


def _block(session: Session, id_: bytes, commit: Commit, names: Iterable[str]) -> list[str]:
    changed = [
        f"  {session.shown_rename(each.renamed_from, each.path)}: "
        f"{text.counts(each.counts) or _beside_entries(session, id_, commit, each)}"
        for each in session.store.counts_of(id_, commit)
    ]
    return [*commit_lines(session, id_, commit, names), *([""] if changed else []), *changed]


def _beside_entries(session: Session, id_: bytes, commit: Commit, changed: DatasetCounts) -> str:
    """Return what a commit changed in a dataset none of whose entries it changed."""
    path = changed.path
    if changed.renamed_from is not None:
        changes = session.store.changes(commit.parents[0].hex(), id_.hex(), [changed.renamed_from, path])
        return next(filter(None, map(text.differing, changes)), "no entry changed")
    if commit.parents:
        changes = session.store.changes(commit.parents[0].hex(), id_.hex(), [path])
    else:
        changes = tuple(change for change in session.store.changes_of(id_) if change.path == path)
    said = (
        f"{change.change}, {text.change(change)}"
        if change.change in ("added", "removed")
        else text.change(change)
        for change in changes
    )
    return next(filter(None, said), "no entry changed")
