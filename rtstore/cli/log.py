"""``rtstore log``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from rtstore.cli import text
from rtstore.cli.complete import revisions as complete_revisions
from rtstore.cli.graph import Graph
from rtstore.cli.options import WithDatasets, json_option
from rtstore.cli.selection import revisions_and_datasets
from rtstore.cli.session import Session
from rtstore.cli.times import readable
from rtstore.errors import RevisionError, UsageError
from rtstore.history.refs import near_matches
from rtstore.model.objects import Commit


@click.command(cls=WithDatasets)
@click.argument("revisions", metavar="[REV|A..B]...", nargs=-1, shell_complete=complete_revisions)
@click.option("-n", "limit", type=click.IntRange(min=0), metavar="N", help="Show at most N commits.")
@click.option("--oneline", is_flag=True, help="Show each commit in one line.")
@click.option("--graph", "with_graph", is_flag=True, help="Draw how commits follow from each other.")
@json_option
@click.pass_obj
def log(
    session: Session,
    revisions: tuple[str, ...],
    paths: tuple[str, ...],
    limit: int | None,
    oneline: bool,
    with_graph: bool,
    as_json: bool,
) -> None:
    """List commits, newest first.

    Starts at HEAD, or at the revisions given; A..B leaves out what A has too. After `--`, a dataset: only
    commits that changed it.

    \b
    Examples:
      rtstore log --oneline --graph main lora-noir
      rtstore log main..lora-noir -- mara.jsonl
    """
    wanted, names = revisions_and_datasets(session, revisions, paths)
    if len(names) > 1:
        raise UsageError("log follows one dataset at a time", hint="Name one after `--`.")
    commits = session.store.log(wanted, dataset=names[0] if names else None, limit=limit)
    if names and limit != 0:
        commits = _at_least_one(session, commits, names[0])
    if as_json:
        from rtstore.cli.jsonout import commit

        session.out.json([commit(id_, what) for id_, what in commits])
        return
    with session.out.paged():
        for line in _lines(session, commits, oneline, with_graph):
            session.out.line(line)


def commit_lines(session: Session, id_: bytes, commit: Commit, names: Iterable[str]) -> list[str]:
    """Return a commit as a block of lines: id and names, author, date, message."""
    out = session.out
    lines = [out.styled(f"commit {text.short(id_)}", "yellow") + _decoration(session, names)]
    if len(commit.parents) > 1:
        lines.append("Merge:  " + " ".join(text.short(parent) for parent in commit.parents))
    lines += [
        f"Author: {text.printable(commit.author)}",
        f"Date:   {readable(commit.time, commit.offset)}",
        "",
    ]
    lines += [f"    {line}".rstrip() for line in text.printable(commit.message).strip().splitlines()]
    return lines


def _at_least_one(
    session: Session, commits: Iterator[tuple[bytes, Commit]], name: str
) -> Iterator[tuple[bytes, Commit]]:
    """Yield the commits that changed a dataset; none at all is most likely a mistyped name."""
    found = False
    for commit in commits:
        found = True
        yield commit
    if not found:
        near = near_matches(name, [dataset.path for dataset in session.store.status().datasets])
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "`rtstore status` lists datasets."
        raise RevisionError(f"none of these commits changed {name}", candidates=near, hint=hint)


def _lines(
    session: Session, commits: Iterable[tuple[bytes, Commit]], oneline: bool, with_graph: bool
) -> Iterator[str]:
    graph = Graph() if with_graph else None
    refs = session.store.refs_at()
    first = True
    for id_, commit in commits:
        names = refs.get(id_, [])
        block = _one_line(session, id_, commit, names) if oneline else _block(session, id_, commit, names)
        if graph is not None:
            yield from graph.lines(id_, commit.parents, block if oneline else [*block, ""])
        else:
            yield from block if first or oneline else ["", *block]
        first = False


def _one_line(session: Session, id_: bytes, commit: Commit, names: Iterable[str]) -> list[str]:
    identity = session.out.styled(text.short(id_), "yellow")
    return [f"{identity}{_decoration(session, names)} {text.subject(commit.message)}"]


def _block(session: Session, id_: bytes, commit: Commit, names: Iterable[str]) -> list[str]:
    changed = [
        f"  {session.shown(path)}: {text.counts(number) or 'no entry changed'}"
        for path, number in commit.counts
    ]
    return [*commit_lines(session, id_, commit, names), *([""] if changed else []), *changed]


def _decoration(session: Session, names: Iterable[str]) -> str:
    shown = ", ".join(
        session.out.styled(name, "bold", "cyan" if name.startswith("HEAD") else "green") for name in names
    )
    return f" ({shown})" if shown else ""
