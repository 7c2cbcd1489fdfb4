"""``rtstore blame``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets_or_inside_versions, revisions
from rtstore.cli.excerpt import opening
from rtstore.cli.options import json_option
from rtstore.cli.selection import entry_in_version
from rtstore.cli.session import Session
from rtstore.cli.times import iso

if TYPE_CHECKING:
    from rtstore.workspace.lookback.blame import Blamed


@click.command()
@click.argument("what", metavar="[REV:]DATASET#ENTRY", shell_complete=datasets_or_inside_versions)
@click.argument("revision", metavar="[REV]", required=False, shell_complete=revisions)
@json_option
@click.pass_obj
def blame(session: Session, what: str, revision: str | None, as_json: bool) -> None:
    """Show which commit last changed each turn of an entry.

    Turns are followed through edits of others, through moves, splits and joins. ENTRY is a position from 1, or
    the first digits of an id, in HEAD or in the revision given.

    \b
    Examples:
      rtstore blame mara.jsonl#12
      rtstore blame lora-noir~2:mara.jsonl#208c
    """
    path, entry, version = entry_in_version(session, what, revision)
    turns = session.store.blame(path, entry, version)
    if as_json:
        found = session.store[version][path].find(entry)
        head = {"path": path, "id": found.id.hex(), "position": found.position + 1}
        session.out.json({**head, "turns": [_as_json(turn) for turn in turns]})
        return
    with session.out.paged():
        for line in _lines(session, turns):
            session.out.line(line)
    if not turns:
        session.out.note(f"{session.shown(path)}#{entry} has no turns: it is of no shape that rtstore knows")


def _lines(session: Session, turns: Sequence[Blamed]) -> list[str]:
    out = session.out
    abouts = [_about(turn) for turn in turns]
    widest = max(map(len, abouts), default=0)
    digits = len(str(len(turns)))
    lines = []
    for turn, about in zip(turns, abouts, strict=True):
        start = f"{text.short(turn.commit_id)} ({about:{widest}}) "
        who = f"{turn.index + 1:{digits}} {text.printable(turn.turn.role) or '?'}: "
        said = opening(turn.turn.content, max(20, out.width - len(start) - len(who)))
        lines.append(out.styled(start, "yellow") + out.styled(who, "cyan") + said)
    return lines


def _about(turn: Blamed) -> str:
    """Return author, date, and session if the commit closed one."""
    commit = turn.commit
    name = text.printable(commit.author.partition(" <")[0])
    parts = [name, iso(commit.time, commit.offset)[:10]]
    return " ".join([*parts, text.subject(commit.session)] if commit.session else parts)


def _as_json(turn: Blamed) -> dict[str, Any]:
    commit = turn.commit
    return {
        "index": turn.index,
        "role": turn.turn.role,
        "text": turn.turn.content,
        "commit": turn.commit_id.hex(),
        "author": commit.author,
        "time": iso(commit.time, commit.offset),
        "session": commit.session,
        "message": commit.message.strip(),
    }
