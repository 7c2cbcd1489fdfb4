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
        names = [session.shown(dataset.path) for dataset in session.store.status().datasets]
    except RtstoreError:
        return []
    return [name for name in names if name.startswith(incomplete)]
