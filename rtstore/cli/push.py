"""``rtstore push``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rtstore.cli import text
from rtstore.cli.access import accessing, key_options
from rtstore.cli.complete import branches_to_push, remotes
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.cli.synced import moved_json, moved_lines

if TYPE_CHECKING:
    from rtstore.remote.sync.push import Pushed


@click.command()
@click.argument("name", metavar="[REMOTE]", required=False, shell_complete=remotes)
@click.argument("names", metavar="[BRANCH|TAG]...", nargs=-1, shell_complete=branches_to_push)
@click.option("--all", "all_", is_flag=True, help="Push all branches.")
@click.option("--tags", is_flag=True, help="Push all version tags, too.")
@click.option(
    "-d", "--delete", is_flag=True, help="Delete the branches and version tags named in the backup."
)
@click.option(
    "--force-with-lease",
    "force",
    is_flag=True,
    help="Also where the backup then loses commits, if nobody pushed since you last fetched.",
)
@key_options
@json_option
@click.pass_obj
def push(
    session: Session,
    name: str | None,
    names: tuple[str, ...],
    all_: bool,
    tags: bool,
    delete: bool,
    force: bool,
    identities: tuple[str, ...],
    ssh_keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """Send commits to an encrypted backup.

    Without BRANCH, the branch you are on. Only what the backup lacks is sent; a push that was interrupted goes on
    where it was.

    With --delete, branches or version tags are deleted in the backup; here they stay. Commits that no other branch has,
    here or there, are not dropped without --force-with-lease.

    \b
    Examples:
      rtstore push
      rtstore push backup --all --tags
      rtstore push backup --delete lora-noir
    """
    with accessing(identities, ssh_keys) as access:
        pushed = session.store.push(
            name, names, all=all_, tags=tags, force=force, delete=delete, access=access
        )
    session.has_changed = True
    remote = name or session.store.default_remote()
    if as_json:
        session.out.json(_as_json(remote, pushed))
    else:
        _present(session, remote, pushed)


def _as_json(remote: str, pushed: Pushed) -> dict[str, object]:
    return {
        "remote": remote,
        "branches": moved_json(pushed.branches),
        "tags": moved_json(pushed.tags),
        "commits": pushed.commits,
        "bytes": pushed.sent,
    }


def _present(session: Session, remote: str, pushed: Pushed) -> None:
    if not pushed.branches and not pushed.tags:
        session.out.line(f"{remote} is up to date")
        return
    for line in moved_lines(session, "", pushed.branches, pushed.tags):
        session.out.line(line)
    if all(each.after is None for each in (*pushed.branches, *pushed.tags)):
        session.out.said(f"Deleted in {remote}, {text.size(pushed.sent)} encrypted sent")
        return
    session.out.said(
        f"{text.plural(pushed.commits, 'commit')} sent to {remote}, {text.size(pushed.sent)} encrypted"
    )
