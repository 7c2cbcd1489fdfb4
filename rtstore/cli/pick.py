"""``rtstore cherry-pick`` and ``revert``: a commit's change once more, or taken back."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.author import find_author
from rtstore.cli.complete import ranges
from rtstore.cli.merging.outcome import finish, report
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import NothingToDoError, UsageError

_REVISIONS = click.argument("commits", metavar="[REV|A..B]...", nargs=-1, shell_complete=ranges)
_SIDE = click.option(
    "-X",
    "choose",
    type=click.Choice(["ours", "theirs"]),
    help="Where both sides contradict each other, take this one.",
)
_CONTINUE = click.option(
    "--continue", "go_on", is_flag=True, help="Commit it, once its conflicts are resolved, and go on."
)
_ABORT = click.option("--abort", is_flag=True, help="Give it up: all is as it was before.")


@click.command("cherry-pick")
@_REVISIONS
@_SIDE
@_CONTINUE
@_ABORT
@json_option
@click.pass_obj
def cherry_pick(
    session: Session, commits: tuple[str, ...], choose: str | None, go_on: bool, abort: bool, as_json: bool
) -> int:
    """Do what commits changed once more, on this branch.

    Each becomes a new commit with the author and message it had. Of a range A..B they are done in their order,
    oldest first. Conflicts are resolved as those of a merge.

    \b
    Examples:
      rtstore cherry-pick lora-noir~2
      rtstore cherry-pick main..lora-noir
    """
    return _pick(session, "cherry-pick", commits, choose, go_on, abort, as_json)


@click.command()
@_REVISIONS
@_SIDE
@_CONTINUE
@_ABORT
@json_option
@click.pass_obj
def revert(
    session: Session, commits: tuple[str, ...], choose: str | None, go_on: bool, abort: bool, as_json: bool
) -> int:
    """Take back what commits changed, by new commits.

    What was done since stays. Of a range A..B they are taken back newest first. Conflicts are resolved as those of
    a merge. To take back just the last command, there is `rtstore undo`.

    \b
    Example:
      rtstore revert HEAD~3
    """
    return _pick(session, "revert", commits, choose, go_on, abort, as_json)


def _pick(
    session: Session,
    kind: str,
    commits: tuple[str, ...],
    choose: str | None,
    go_on: bool,
    abort: bool,
    as_json: bool,
) -> int:
    if go_on or abort:
        if commits or choose or (go_on and abort):
            raise UsageError(
                f"--continue and --abort are about the {kind} in progress", hint="They go alone."
            )
        return finish(session, kind, abort, None, as_json)
    if not commits:
        raise UsageError(f"a commit to {kind} is missing", hint="`rtstore log --oneline` lists the commits.")
    do = session.store.cherry_pick if kind == "cherry-pick" else session.store.revert
    single = _single(session, commits, oldest_first=kind == "cherry-pick")
    return report(session, do(single, find_author(session), choose), [], kind, as_json)


def _single(session: Session, commits: tuple[str, ...], oldest_first: bool) -> list[str]:
    """Return revisions with the commits of ranges in their place."""
    single: list[str] = []
    for given in commits:
        if ".." not in given:
            single.append(given)
            continue
        found = [text.short(id_) for id_, _ in session.store.log([given])]
        if not found:
            raise NothingToDoError(f"{given} has no commits")
        single += reversed(found) if oldest_first else found
    return single
