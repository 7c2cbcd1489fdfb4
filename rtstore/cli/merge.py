"""``rtstore merge``."""

from __future__ import annotations

import click

from rtstore.cli.author import find_author
from rtstore.cli.complete import revisions
from rtstore.cli.merging.outcome import finish, report, said
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError


@click.command()
@click.argument("branch", metavar="[BRANCH|REV]", required=False, shell_complete=revisions)
@click.option("-m", "--message", metavar="MSG", multiple=True, help="The message; several make paragraphs.")
@click.option("--no-ff", is_flag=True, help="Make a merge commit, even where the branch could just move on.")
@click.option("--ff-only", is_flag=True, help="Only let the branch move on; refuse where it has own commits.")
@click.option("--squash", is_flag=True, help="Leave what merges in the files, to be committed as one change.")
@click.option(
    "-X",
    "choose",
    type=click.Choice(["ours", "theirs"]),
    help="Where both sides contradict each other, take this one.",
)
@click.option("--continue", "go_on", is_flag=True, help="Commit the merge, once its conflicts are resolved.")
@click.option("--abort", is_flag=True, help="Give the merge up: all is as it was before.")
@json_option
@click.pass_obj
def merge(
    session: Session,
    branch: str | None,
    message: tuple[str, ...],
    no_ff: bool,
    ff_only: bool,
    squash: bool,
    choose: str | None,
    go_on: bool,
    abort: bool,
    as_json: bool,
) -> int:
    """Bring another branch's work into this one.

    What both did to different entries, turns, fields and tags comes together. Where both changed the same words,
    the files keep ours, stay valid, and the conflict waits to be resolved: `rtstore resolve` shows base, ours and
    theirs turn by turn; --continue then makes the commit. Uncommitted changes in what merges are refused.

    \b
    Examples:
      rtstore merge lora-noir
      rtstore merge --abort
    """
    words = "\n\n".join(message) or None
    if go_on or abort:
        if branch is not None or no_ff or ff_only or squash or choose or (abort and (go_on or words)):
            raise UsageError(
                "--continue and --abort are about the merge that is in progress",
                hint="They go alone, --continue also with -m.",
            )
        return finish(session, "merge", abort, words, as_json)
    if branch is None:
        raise UsageError("a branch to merge is missing", hint="`rtstore branch` lists the branches.")
    if no_ff and ff_only:
        raise UsageError("--no-ff and --ff-only contradict each other", hint="Take one.")
    before = session.store.head
    result = session.store.merge(
        branch,
        message=words,
        author=find_author(session),
        ff=False if no_ff else True if ff_only else None,
        squash=squash,
        choose=choose,
    )
    return report(session, result, said(session, result, branch, before), "merge", as_json)
