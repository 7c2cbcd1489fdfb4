"""``rtstore branch``."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import revisions
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError


@click.command()
@click.argument("names", metavar="[NAME [REV]]", nargs=-1, shell_complete=revisions)
@click.option(
    "-d", "-D", "--delete", is_flag=True, help="Delete the branches named; `undo` brings them back."
)
@click.option("-m", "--move", is_flag=True, help="Rename: `-m OLD NEW`, or `-m NEW` for the current branch.")
@click.option("-f", "--force", is_flag=True, help="Let a branch that exists start at REV instead.")
@click.option("-v", "--verbose", is_flag=True, help="Show the commit of each branch.")
@json_option
@click.pass_obj
def branch(
    session: Session,
    names: tuple[str, ...],
    delete: bool,
    move: bool,
    force: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """List, make, rename or delete branches.

    A new branch starts at REV, or at HEAD; `rtstore switch -c NAME` also goes to it.

    \b
    Examples:
      rtstore branch lora-noir
      rtstore branch -m lora-noir noir
    """
    if delete and move:
        raise UsageError("-d and -m exclude each other", hint="`rtstore branch --help` shows what each does.")
    if delete:
        _delete(session, names, as_json)
    elif move:
        _rename(session, names, as_json)
    elif names:
        _create(session, names, force, as_json)
    if as_json:
        session.out.json(_as_json(session))
    elif not names:
        _list(session, verbose)


def _create(session: Session, names: tuple[str, ...], force: bool, quiet: bool) -> None:
    if len(names) > 2:
        raise UsageError("a branch is made from a name and a revision", hint="`rtstore branch NAME [REV]`")
    session.store.create_branch(names[0], names[1] if len(names) == 2 else "HEAD", force=force)
    if not quiet:
        session.out.line(f"Branch {names[0]!r} starts at {text.short(session.store.branches()[names[0]])}")


def _delete(session: Session, names: tuple[str, ...], quiet: bool) -> None:
    if not names:
        raise UsageError("which branch is to be deleted?", hint="`rtstore branch` lists the branches.")
    before = session.store.branches()
    wanted = tuple(dict.fromkeys(names))
    session.store.delete_branch(*wanted)
    for name in () if quiet else wanted:
        session.out.line(f"Deleted branch {name!r}, which was at {text.short(before[name])}")


def _rename(session: Session, names: tuple[str, ...], quiet: bool) -> None:
    current = session.store.current_branch
    if len(names) == 1 and current is not None:
        names = (current, *names)
    if len(names) != 2:
        raise UsageError("a rename takes an old name and a new one", hint="`rtstore branch -m OLD NEW`")
    session.store.rename_branch(*names)
    if not quiet:
        session.out.line(f"Branch {names[0]!r} is now {names[1]!r}")


def _list(session: Session, verbose: bool) -> None:
    store, out = session.store, session.out
    branches, current = store.branches(), store.current_branch
    if current is None and store.head is not None:
        out.line("* " + out.styled(f"(HEAD is detached at {text.short(store.head)})", "red"))
    width = max(map(len, branches), default=0) if verbose else 0
    for name in sorted(branches):
        mark, shown = (
            ("* ", out.styled(name.ljust(width), "green")) if name == current else ("  ", name.ljust(width))
        )
        out.line(mark + shown + (_commit(session, branches[name]) if verbose else ""))


def _commit(session: Session, id_: bytes) -> str:
    _, commit = session.store.commit_at(id_.hex())
    return f"  {session.out.styled(text.short(id_), 'yellow')} {text.subject(commit.message)}"


def _as_json(session: Session) -> list[dict[str, object]]:
    branches, current = session.store.branches(), session.store.current_branch
    return [
        {"name": name, "commit": branches[name].hex(), "current": name == current}
        for name in sorted(branches)
    ]
