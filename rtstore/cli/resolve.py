"""``rtstore resolve``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from rtstore.cli import text
from rtstore.cli.complete import conflicted
from rtstore.cli.merging.finding import name_of
from rtstore.cli.merging.outcome import command_of, conflict_values, how_to_go_on, next_steps
from rtstore.cli.merging.words import SHORT, named
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import NothingToDoError, StorageError, UsageError
from rtstore.workspace.merging.results import Conflict


@click.command()
@click.argument("entries", metavar="[ENTRY]...", nargs=-1, shell_complete=conflicted)
@click.option("--all", "everything", is_flag=True, help="Resolve all conflicts that are left.")
@click.option("--ours", "how", flag_value="ours", help="Take what this branch has.")
@click.option("--theirs", "how", flag_value="theirs", help="Take what comes in.")
@click.option("--base", "how", flag_value="base", help="Take what it was before either side changed it.")
@click.option(
    "--both", "how", flag_value="both", help="Keep both, theirs as an entry of its own behind ours."
)
@click.option("--edit", "how", flag_value="edit", help="Write the record in your editor, starting from ours.")
@click.option(
    "--with",
    "file",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Take the record in FILE; '-' is standard input.",
)
@json_option
@click.pass_obj
def resolve(
    session: Session,
    entries: tuple[str, ...],
    everything: bool,
    how: str | None,
    file: str | None,
    as_json: bool,
) -> int:
    """Resolve the conflicts of a merge.

    Alone it goes through them: it shows the base, ours and theirs of each turn that both changed, and asks what
    to take. ENTRY is DATASET#ENTRY, as `rtstore conflicts` prints it, or the first digits of an entry's id; a
    position will do where only one dataset has conflicts, and DATASET stands for all in it. A side decides only
    what contradicts; what else both changed stays merged.

    \b
    Examples:
      rtstore resolve
      rtstore resolve mara.jsonl#12 --theirs
    """
    _check(entries, everything, how, file, as_json)
    if how is None and file is None:
        from rtstore.cli.merging.walk import walk

        left = walk(session)
        session.out.line()
        _tell_left(session, left)
        return 1 if left else 0
    resolved, left = _resolve(session, entries, how, file)
    if as_json:
        session.out.json({"resolved": resolved, "left": [conflict_values(conflict) for conflict in left]})
        return 0
    for name in resolved:
        session.out.line(f"Resolved {name}: {how or 'taken from ' + text.printable(file or '')}")
    _tell_left(session, left)
    if how == "both":
        _tell_positions(session, left)
    return 0


def _check(
    entries: Sequence[str], everything: bool, how: str | None, file: str | None, as_json: bool
) -> None:
    if everything and entries:
        raise UsageError("--all goes without names", hint="Name entries, or resolve all.")
    if how is not None and file is not None:
        raise UsageError(f"--with and --{how} are two ways to resolve a conflict", hint="Take one.")
    if how is None and file is None and (entries or everything or as_json):
        raise UsageError(
            "what to take is missing",
            hint="Say --ours, --theirs, --base, --both, --edit or --with FILE. `rtstore resolve` alone asks.",
        )
    if (how is not None or file is not None) and not (entries or everything):
        raise UsageError("name the entries to resolve", hint="--all resolves all that are left.")
    if (how == "edit" or file is not None) and (everything or len(entries) != 1):
        raise UsageError("a record of your own is for one entry", hint="Name just one.")


def _resolve(
    session: Session, entries: Sequence[str], how: str | None, file: str | None
) -> tuple[list[str], tuple[Conflict, ...]]:
    """Resolve what was named; return the names as they are printed, and what is left."""
    left = session.store.conflicts()
    if not left:
        raise NothingToDoError("there are no conflicts left", hint=how_to_go_on(_command(session)))
    shown = {conflict.name: named(session, conflict).line for conflict in left}
    resolved: list[str] = []
    # All are found first: resolving one can shift the positions of others.
    names: list[str | None] = [name_of(session, entry, left) for entry in entries]
    for name in names or [None]:
        given = _given(session, left, name, how, file)
        result = session.store.resolve_conflict(name, **given)
        session.has_changed = True
        resolved += [shown.get(one, one) for one in result.resolved]
        left = result.left
    return resolved, left


def _given(
    session: Session, conflicts: Sequence[Conflict], name: str | None, how: str | None, file: str | None
) -> dict[str, Any]:
    """Return how the library is to resolve a conflict."""
    if how is not None and how != "edit":
        return {"side": how}
    from rtstore.cli.merging.writing import Draft, on_one_line, write_record

    conflict = next((one for one in conflicts if one.name == name), None)
    if conflict is not None and conflict.entry is None:
        what = "a value of the registry" if conflict.kind == "registry" else "a dataset as a whole"
        raise UsageError(
            f"{named(session, conflict).name} is {what}: that takes a side, and no record",
            hint="Say --ours, --theirs or --base.",
        )
    if conflict is None:
        raise UsageError(f"{name} is no entry in conflict", hint="`rtstore conflicts` lists them.")
    if file is None:
        return {"record": write_record(session, conflict, Draft())}
    like = conflict.ours or conflict.theirs or b""
    return {"record": on_one_line(_read(file), like)}


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise StorageError(f"{file}: {(error.strerror or str(error)).lower()}") from error


def _tell_positions(session: Session, left: Sequence[Conflict]) -> None:
    """Say how to name an entry now that one has come in before others."""
    conflict = next((one for one in left if one.entry is not None), None)
    if conflict is not None and conflict.entry is not None:
        name = f"{session.shown(conflict.dataset)}#{conflict.entry.hex()[:SHORT]}"
        session.out.said(
            f"hint: entries have other positions now, and the ids they had: `rtstore resolve {name} ...`"
        )


def _command(session: Session) -> str:
    """Return the command that what is in progress goes on with."""
    merging = session.store.status().merging
    return command_of(merging.kind) if merging is not None else "merge"


def _tell_left(session: Session, left: Sequence[Conflict]) -> None:
    for line in next_steps(len(left), _command(session)):
        session.out.said(line)
