"""What the Tab key offers for revisions and datasets. Nothing, where there is no workspace."""

from __future__ import annotations

import click

from rtstore.cli.session import Session
from rtstore.errors import RtstoreError


def revisions(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return branches and version tags that start with ``incomplete``."""
    try:
        store = Session().store
        names = ["HEAD", *store.branches(), *store.tags()]
    except RtstoreError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def datasets(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return tracked datasets whose path from the current directory starts with ``incomplete``."""
    session = Session()
    try:
        names = [session.shown(name) for name in session.store.datasets()]
    except RtstoreError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def conflicted(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the entries in conflict whose name starts with ``incomplete``."""
    from rtstore.cli.merging.words import named

    session = Session()
    try:
        names = [named(session, conflict).name for conflict in session.store.conflicts()]
    except RtstoreError:
        return []
    return [name for name in names if name.startswith(incomplete)]
