"""Which two versions a command line compares, and how a person would call them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rtstore.cli import text
from rtstore.cli.selection import revisions_and_targets
from rtstore.cli.session import Session
from rtstore.cli.times import readable
from rtstore.errors import UsageError
from rtstore.history.revisions import Comparison, parse_comparison

if TYPE_CHECKING:
    from rtstore.workspace.diff import Difference


class Side(NamedTuple):
    """What one of two versions is: its name in a word or two, and what else there is to say."""

    name: str
    about: str = ""


def versions_and_targets(
    session: Session, arguments: Sequence[str], paths: Sequence[str]
) -> tuple[Comparison, tuple[str, ...]]:
    """Return the versions to compare, and what in them. ``paths`` came after ``--``.

    Raises:
        UsageError: these are more than two versions, or an argument can be read in two ways.
        RevisionError: an argument is no revision and no dataset.
    """
    revisions, targets = revisions_and_targets(session, arguments, paths)
    if len(revisions) > 1:
        raise UsageError(
            "diff compares two versions", hint=f"Write them like '{revisions[0]}..{revisions[1]}'."
        )
    return parse_comparison(revisions[0] if revisions else "HEAD"), targets


def sides(session: Session, difference: Difference) -> tuple[Side, Side]:
    """Return what a difference is between."""
    new = Side("working files") if difference.new is None else _commit(session, difference.new)
    return _commit(session, difference.old), new


def _commit(session: Session, id_: bytes | None) -> Side:
    if id_ is None:
        return Side("nothing", "before the first commit")
    _, commit = session.store.commit_at(id_.hex())
    name = commit.author.partition(" <")[0]
    date = readable(commit.time, commit.offset)[:10]
    return Side(text.short(id_), f"{text.subject(commit.message)} ({name}, {date})")
