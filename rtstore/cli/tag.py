"""``rtstore tag``."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import revisions
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError


@click.command()
@click.argument("names", metavar="[NAME [REV]]", nargs=-1, shell_complete=revisions)
@click.option("-d", "--delete", is_flag=True, help="Delete the tags named; `undo` brings them back.")
@click.option("-l", "--list", "listing", is_flag=True, help="List tags: all, or those that fit 'session-*'.")
@click.option("-f", "--force", is_flag=True, help="Let a tag that exists name REV instead.")
@json_option
@click.pass_obj
def tag(
    session: Session, names: tuple[str, ...], delete: bool, listing: bool, force: bool, as_json: bool
) -> None:
    """List, make or delete version tags: names for commits.

    A version tag stays where it is put. The labels on entries, also called tags, are something else.

    \b
    Example:
      rtstore tag sent-to-trainer main
    """
    if delete and listing:
        raise UsageError("-d and -l exclude each other", hint="`rtstore tag --help` shows what each does.")
    if delete:
        _delete(session, names, as_json)
    elif names and not listing:
        _create(session, names, force, as_json)
    tags = session.store.tags()
    wanted = [name for name in sorted(tags) if not listing or _fits(name, names)]
    if as_json:
        session.out.json([{"name": name, "commit": tags[name].hex()} for name in wanted])
    elif listing or not names:
        for name in wanted:
            session.out.line(name)


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    from fnmatch import fnmatchcase

    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def _create(session: Session, names: tuple[str, ...], force: bool, quiet: bool) -> None:
    if len(names) > 2:
        raise UsageError("a tag is made from a name and a revision", hint="`rtstore tag NAME [REV]`")
    session.store.create_tag(names[0], names[1] if len(names) == 2 else "HEAD", force=force)
    if names[0] in session.store.branches():
        session.warn([f"{names[0]!r} is a branch, too, and means that: the tag is `tags/{names[0]}`"])
    if not quiet:
        session.out.line(f"Tag {names[0]!r} names {text.short(session.store.tags()[names[0]])}")


def _delete(session: Session, names: tuple[str, ...], quiet: bool) -> None:
    if not names:
        raise UsageError("which tag is to be deleted?", hint="`rtstore tag` lists the tags.")
    before = session.store.tags()
    wanted = tuple(dict.fromkeys(names))
    session.store.delete_tag(*wanted)
    for name in () if quiet else wanted:
        session.out.line(f"Deleted tag {name!r}, which named {text.short(before[name])}")
