"""``rtstore clone``."""

from __future__ import annotations

import os
import re

import click

from rtstore.cli import environment, text
from rtstore.cli.access import accessing, key_options
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError


@click.command()
@click.argument("url")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path())
@key_options
@click.option("--passphrase", is_flag=True, help="Open the backup with its passphrase, which is asked for.")
@click.option("--branch", metavar="NAME", help="The branch of the repository that the backup is in.")
@click.option("--fingerprint", metavar="F", help="Only if the backup has this fingerprint.")
@json_option
@click.pass_obj
def clone(
    session: Session,
    url: str,
    directory: str | None,
    identities: tuple[str, ...],
    ssh_keys: tuple[str, ...],
    passphrase: bool,
    branch: str | None,
    fingerprint: str | None,
    as_json: bool,
) -> None:
    """Make a workspace from an encrypted backup.

    It is opened with this machine's key, or with one that is named; a backup with a passphrase asks for it. Without
    --fingerprint, compare the one that is shown with the one that was shown where the backup was made.

    \b
    Example:
      rtstore clone git@example.org:mara/lora-data.git
    """
    target = directory or _directory_of(url)
    with accessing(identities, ssh_keys) as access:
        from rtstore.remote.store import clone as make

        store = make(
            url,
            target,
            environment.user_config_directory(),
            branch=branch,
            fingerprint=fingerprint,
            access=access._replace(by_passphrase=passphrase),
        )
    session.has_changed = True
    name, remote = next(iter(store.remotes().items()))
    here = store.current_branch
    if as_json:
        session.out.json(
            {
                "directory": os.path.abspath(target),
                "remote": name,
                "branch": here,
                "fingerprint": remote.fingerprint,
                "datasets": list(store.datasets()),
            }
        )
        return
    out = session.out
    out.said(f"Cloned into {text.printable(target)}, on branch {here}")
    for dataset in store.datasets():
        out.line(f"  {dataset}")
    out.said(f"Fingerprint: {out.styled(remote.fingerprint, 'bold')}")
    if fingerprint is None:
        out.said("Compare it with the one that was shown where the backup was made.")


def _directory_of(url: str) -> str:
    """Return the directory that git would clone into."""
    name = re.split(r"[/\\:]", url.rstrip("/\\"))[-1].removesuffix(".git")
    if not name or name in (".", ".."):
        raise UsageError("which directory is it to be cloned into?", hint="`rtstore clone URL DIR`")
    return name
