"""``rtstore switch``."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import revisions
from rtstore.cli.jsonout import hex_or_none
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError
from rtstore.workspace.results import SwitchResult


@click.command()
@click.argument("name", metavar="[BRANCH|REV|-]", required=False, shell_complete=revisions)
@click.argument("start", metavar="[START]", required=False, shell_complete=revisions)
@click.option("-c", "--create", is_flag=True, help="Make the branch first, at START or HEAD.")
@click.option("--detach", is_flag=True, help="Go to a commit, by default HEAD, and be on no branch.")
@json_option
@click.pass_obj
def switch(
    session: Session, name: str | None, start: str | None, create: bool, detach: bool, as_json: bool
) -> None:
    """Go to another branch, and its files with it.

    `-` is the branch you were on before.

    Uncommitted changes come along, entry by entry. Where one collides with what the other branch has in that
    place, the switch is refused and nothing is touched.

    \b
    Examples:
      rtstore switch -c lora-noir
      rtstore switch --detach HEAD~3
    """
    if name is None and (create or not detach):
        raise UsageError("a branch to go to is missing", hint="`rtstore branch` lists the branches.")
    if start is not None and not create:
        raise UsageError(
            "START is for a new branch", hint=f"Make it with -c: `rtstore switch -c {name} {start}`"
        )
    store = session.store
    if name is not None and name == store.current_branch and not (create or detach):
        result = SwitchResult(name, store.head, (), (), ())
        said = f"Already on branch {name!r}"
    else:
        left = store.head if store.current_branch is None else None
        result = store.switch("HEAD" if name is None else name, create=create, start=start, detach=detach)
        session.has_changed = True
        said = _where(result, create)
        _warn_of_nameless(session, left)
    if as_json:
        session.out.json(_as_json(result))
    else:
        _present(session, result, said)


def _where(result: SwitchResult, created: bool) -> str:
    if result.branch is None:
        return f"HEAD is now at {text.short(result.commit or b'')}, on no branch"
    return f"Switched to {'the new ' if created else ''}branch {result.branch!r}"


def _warn_of_nameless(session: Session, left: bytes | None) -> None:
    """Say so if the commit that HEAD was detached at is now in the history of no branch and no tag."""
    store = session.store
    if left is None or left == store.head:
        return
    names = [commit.hex() for commit in {*store.branches().values(), *store.tags().values()}]
    if names and any(id_ == left for id_, _ in store.log(names)):
        return
    id_ = text.short(left)
    session.warn([f"{id_}, which you leave, is on no branch: `rtstore branch NAME {id_}` keeps it"])


def _present(session: Session, result: SwitchResult, said: str) -> None:
    session.out.line(said)
    for verb, files in (("wrote", result.written), ("removed", result.removed)):
        for name in files:
            session.out.line(f"  {verb} {session.shown(name)}")
    for name in result.carried:
        session.out.line(f"  {session.shown(name)} keeps its uncommitted changes")


def _as_json(result: SwitchResult) -> dict[str, object]:
    return {
        "branch": result.branch,
        "head": hex_or_none(result.commit),
        "written": list(result.written),
        "removed": list(result.removed),
        "carried": list(result.carried),
    }
