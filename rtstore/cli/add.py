"""``rtstore add``, ``rm`` and ``mv``: which files are tracked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError
from rtstore.workspace.results import Added, AddResult

#: Datasets that were tracked before, which are named one by one.
_NAMED: Final = 3
#: Files that are no datasets, which are named one by one.
_SKIPPED: Final = 10


@click.command()
@click.argument("paths", metavar="FILE|DIR...", nargs=-1, required=True, type=click.Path())
@click.option("--id-field", metavar="FIELD", help="The field that tells entries apart, dotted: 'meta.id'.")
@click.option(
    "--volatile",
    metavar="FIELD",
    multiple=True,
    help="A field that is no change when it is rewritten; default: RoleThread's stamps.",
)
@json_option
@click.pass_obj
def add(
    session: Session, paths: tuple[str, ...], id_field: str | None, volatile: tuple[str, ...], as_json: bool
) -> None:
    """Track dataset files and their sidecars.

    In a directory all .jsonl files and .json arrays of conversations are found, at any depth, and for each
    NAME.jsonl its sidecar NAME.registry.json. The next commit records them.

    An entry keeps its identity by a field that names it, if the dataset has one: RoleThread's is found by
    itself, as is any other that every entry has and no two share; --id-field chooses one. Without such a
    field entries are followed by their content.

    \b
    Example:
      rtstore add training_data
    """
    expanded = _expanded(paths)
    session.names(path for path in expanded if os.path.isfile(path))
    result = session.store.add(expanded, id_field=id_field, volatile=volatile or None)
    session.has_changed = bool(result.added)
    for added in result.added:
        session.warn(added.warnings)
    if result.known and (id_field is not None or volatile):
        session.warn(
            ["--id-field and --volatile do nothing to what is tracked already: `rtstore rm` it first"]
        )
    if as_json:
        session.out.json(_as_json(result))
    else:
        _present(session, result)


@click.command()
@click.argument("paths", metavar="DATASET|DIR...", nargs=-1, required=True, shell_complete=datasets)
@json_option
@click.pass_obj
def rm(session: Session, paths: tuple[str, ...], as_json: bool) -> None:
    """Stop tracking datasets and keep their files.

    The next commit records that they are gone; earlier commits keep them. A directory stands for those in it.

    \b
    Example:
      rtstore rm drafts.jsonl
    """
    removed = session.store.remove(session.datasets(paths, session.store.tracked()))
    if as_json:
        session.out.json({"removed": list(removed)})
    for name in () if as_json else removed:
        file = "the file is kept" if session.exists(name) else "its file is gone"
        session.out.line(f"No longer tracked: {session.shown(name)} ({file})")


@click.command()
@click.argument("source", metavar="DATASET", shell_complete=datasets)
@click.argument("target", metavar="TARGET", type=click.Path())
@json_option
@click.pass_obj
def mv(session: Session, source: str, target: str, as_json: bool) -> None:
    """Rename or move a dataset file with its sidecar.

    Its entries stay the same entries. TARGET is a new name, or a directory to move the file into.

    \b
    Example:
      rtstore mv mara.jsonl characters/mara.jsonl
    """
    if os.path.isdir(source):
        raise _is_directory(session, source)
    before = session.name_of(source)
    if os.path.isdir(target):
        target = os.path.join(target, os.path.basename(source))
    after = session.store.move(before, session.name_of(target))
    if as_json:
        session.out.json({"source": before, "target": after})
    else:
        session.out.line(f"{session.shown(before)} is now {session.shown(after)}")


def _is_directory(session: Session, source: str) -> UsageError:
    inside = [session.shown(name) for name in session.inside(source, session.store.tracked())]
    more = f" and {len(inside) - _NAMED:,} more" if len(inside) > _NAMED else ""
    hint = f"In it: {', '.join(inside[:_NAMED])}{more}." if inside else "No tracked dataset is in it."
    return UsageError(f"mv takes a dataset, and {source} is a directory", hint=hint)


def _expanded(paths: Sequence[str]) -> list[str]:
    """Return paths with patterns resolved: the shell of Windows leaves that to programs."""
    from glob import glob, has_magic

    found = []
    for path in paths:
        matches = sorted(glob(path)) if has_magic(path) and not os.path.lexists(path) else []
        found += matches or [path]
    return found


def _present(session: Session, result: AddResult) -> None:
    shown = [(added, session.shown(added.path)) for added in result.added]
    width = max((len(path) for _, path in shown), default=0)
    if shown:
        what = text.plural(len(shown), "dataset")
        session.out.line(f"Tracking {what}, {text.size(result.bytes_added)} stored:")
    for added, path in shown:
        session.out.line(f"  {path.ljust(width)}   {_description(added)}")
    for name in result.known[:_NAMED]:
        session.out.line(f"Tracked already: {session.shown(name)}")
    if len(result.known) > _NAMED:
        session.out.line(f"  and {text.plural(len(result.known) - _NAMED, 'more dataset')}")
    for name, reason in result.skipped[:_SKIPPED]:
        session.out.line(
            f"Skipped {session.shown(name)}: {text.printable(reason.removeprefix(name + ':').strip())}"
        )
    if len(result.skipped) > _SKIPPED:
        session.out.line(f"  and {text.plural(len(result.skipped) - _SKIPPED, 'more file')}")
    if not (shown or result.known or result.skipped):
        session.out.line("No datasets found: no .jsonl files, no .json arrays")


def _description(added: Added) -> str:
    parts = [text.entries(added.entries), *(["sidecar"] if added.sidecar else [])]
    return ", ".join([*parts, f"ids in {added.id_field}" if added.id_field else "no ids"])


def _as_json(result: AddResult) -> dict[str, Any]:
    return {
        "added": [
            {
                "path": added.path,
                "entries": added.entries,
                "id_field": added.id_field,
                "sidecar": added.sidecar,
                "warnings": list(added.warnings),
            }
            for added in result.added
        ],
        "known": list(result.known),
        "skipped": [{"path": path, "reason": reason} for path, reason in result.skipped],
        "bytes_added": result.bytes_added,
    }
