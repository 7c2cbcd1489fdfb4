"""What the Tab key offers: revisions, ranges of them, datasets, entries in conflict. Nothing outside of a workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Final

import click

from rtstore.cli.session import Session
from rtstore.errors import RtstoreError

#: What is before the second side of a range.
_RANGE: Final = re.compile(r".*\.\.\.?", re.DOTALL)

#: Finds what could stand at a place, for a session and what is there already.
Finder = Callable[[Session, str], Iterable[str]]
#: The same as the parser of the command line asks it.
Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def _completion(find: Finder) -> Completion:
    @wraps(find)
    def complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [name for name in find(Session(), incomplete) if name.startswith(incomplete)]
        except RtstoreError:
            return []

    return complete


@_completion
def revisions(session: Session, _incomplete: str) -> Iterable[str]:
    """Return branches and version tags."""
    return _revisions(session)


@_completion
def branches(session: Session, _incomplete: str) -> Iterable[str]:
    """Return branches and version tags of this workspace alone."""
    return [*session.store.branches(), *session.store.tags()]


@_completion
def remotes(session: Session, _incomplete: str) -> Iterable[str]:
    """Return the names of remotes."""
    return session.store.remotes()


def branches_of_remote(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the branches of the backup that was named before."""
    name = ctx.params.get("name")
    found = _completion(
        lambda session, _: session.store.remote(name or session.store.default_remote()).branches
    )
    return found(ctx, parameter, incomplete)


def branches_to_push(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return branches and version tags: those here, or those of the backup where some are to be deleted."""
    if not ctx.params.get("delete"):
        return branches(ctx, parameter, incomplete)
    name = ctx.params.get("name")

    def find(session: Session, _incomplete: str) -> Iterable[str]:
        remote = session.store.remote(name or session.store.default_remote())
        return [*remote.branches, *remote.tags]

    return _completion(find)(ctx, parameter, incomplete)


@_completion
def ranges(session: Session, incomplete: str) -> Iterable[str]:
    """Return branches and version tags, also as the second side of a range."""
    return _ranges(session, incomplete)


@_completion
def datasets(session: Session, _incomplete: str) -> Iterable[str]:
    """Return tracked datasets by their path from the current directory."""
    return _datasets(session)


@_completion
def ranges_and_datasets(session: Session, incomplete: str) -> Iterable[str]:
    """Return what there is to compare or to list, and datasets."""
    return [*_ranges(session, incomplete), *_datasets(session)]


@_completion
def inside_versions(session: Session, incomplete: str) -> Iterable[str]:
    """Return branches and version tags; behind ``REV:`` the datasets of that version."""
    return _inside(session, incomplete) if ":" in incomplete else _revisions(session)


@_completion
def datasets_or_inside_versions(session: Session, incomplete: str) -> Iterable[str]:
    """Return tracked datasets; behind ``REV:`` those of that version."""
    return _inside(session, incomplete) if ":" in incomplete else _datasets(session)


@_completion
def conflicted(session: Session, incomplete: str) -> Iterable[str]:
    """Return the entries in conflict as they are listed; by their ids, if one was begun."""
    from rtstore.cli.merging.words import named

    conflicts = session.store.conflicts()
    called = [named(session, conflict) for conflict in conflicts]
    if any(each.name.startswith(incomplete) for each in called):
        return [each.name for each in called]
    pairs = zip(called, conflicts, strict=True)
    return [
        name
        for each, conflict in pairs
        if each.id
        for name in (each.id, f"{session.shown(conflict.dataset)}#{each.id}")
    ]


def _revisions(session: Session) -> list[str]:
    return ["HEAD", *session.store.branches(), *session.store.tags(), *session.store.remote_branches()]


def _ranges(session: Session, incomplete: str) -> Iterable[str]:
    start = _RANGE.match(incomplete)
    before = "" if start is None else start[0]
    return [before + name for name in _revisions(session)]


def _datasets(session: Session) -> Iterable[str]:
    return [session.shown(name) for name in session.store.datasets()]


def _inside(session: Session, incomplete: str) -> Iterable[str]:
    revision = incomplete.partition(":")[0]
    return [f"{revision}:{session.shown(name)}" for name in session.store[revision]]
