"""``rtstore fetch`` and ``rtstore pull``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rtstore.cli import text
from rtstore.cli.access import accessing, key_options
from rtstore.cli.author import find_author
from rtstore.cli.complete import branches_of_remote, remotes
from rtstore.cli.merging.outcome import as_values, report, said
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.cli.synced import moved_json, moved_lines

if TYPE_CHECKING:
    from rtstore.remote.sync.fetch import Fetched


@click.command()
@click.argument("name", metavar="[REMOTE]", required=False, shell_complete=remotes)
@key_options
@json_option
@click.pass_obj
def fetch(
    session: Session, name: str | None, identities: tuple[str, ...], ssh_keys: tuple[str, ...], as_json: bool
) -> None:
    """Bring what a backup has into the store.

    Your branches and files stay as they are; the backup's branches are backup/main and so on, in every place where a
    revision is named.

    \b
    Example:
      rtstore fetch && rtstore log main..backup/main
    """
    with accessing(identities, ssh_keys) as access:
        fetched = session.store.fetch(name, access)
    session.has_changed = True
    remote = name or session.store.default_remote()
    if as_json:
        session.out.json({"remote": remote, **_as_json(fetched)})
    else:
        _present(session, remote, fetched)


@click.command()
@click.argument("name", metavar="[REMOTE]", required=False, shell_complete=remotes)
@click.argument("branch", metavar="[BRANCH]", required=False, shell_complete=branches_of_remote)
@key_options
@json_option
@click.pass_obj
def pull(
    session: Session,
    name: str | None,
    branch: str | None,
    identities: tuple[str, ...],
    ssh_keys: tuple[str, ...],
    as_json: bool,
) -> int:
    """Fetch from a backup, and merge what came.

    Merges the backup's branch of the same name, or BRANCH, into the branch you are on, as `rtstore merge` does.

    \b
    Example:
      rtstore pull
    """
    author = find_author(session)
    before = session.store.head
    with accessing(identities, ssh_keys) as access:
        pulled = session.store.pull(name, branch, author, access)
    session.has_changed = True
    remote = name or session.store.default_remote()
    if as_json:
        merged = None if pulled.merged is None else as_values(pulled.merged)
        session.out.json({"remote": remote, **_as_json(pulled.fetched), "merge": merged})
        return 1 if pulled.merged is not None and pulled.merged.conflicts else 0
    if pulled.fetched.branches or pulled.fetched.tags:
        _present(session, remote, pulled.fetched)
    if pulled.merged is None:
        session.out.line(f"{remote} has nothing yet")
        return 0
    return report(
        session, pulled.merged, said(session, pulled.merged, pulled.revision, before), "merge", False
    )


def _as_json(fetched: Fetched) -> dict[str, object]:
    return {
        "branches": moved_json(fetched.branches),
        "tags": moved_json(fetched.tags),
        "parts": fetched.parts,
        "bytes": fetched.received,
    }


def _present(session: Session, remote: str, fetched: Fetched) -> None:
    if not fetched.branches and not fetched.tags:
        session.out.line(f"Nothing new in {remote}")
        return
    for line in moved_lines(session, f"{remote}/", fetched.branches, fetched.tags):
        session.out.line(line)
    session.out.line(f"{text.size(fetched.received)} received")
