"""``rtstore gc`` and ``fsck``."""

from __future__ import annotations

import os
from typing import Any

import click

from rtstore.cli import text
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.workspace.results import FsckResult, GcResult, Problem


@click.command()
@click.option(
    "--retention-days",
    type=click.IntRange(min=0),
    metavar="N",
    help="Keep what undo needs for N days; the default is gc.retention-days of the configuration.",
)
@json_option
@click.pass_obj
def gc(session: Session, retention_days: int | None, as_json: bool) -> None:
    """Pack the store tightly and drop what nothing reaches.

    Commits of branches and tags are always kept. What only undo could bring back is kept for 30 days, if the
    configuration does not say otherwise.

    \b
    Example:
      rtstore gc
    """
    result = session.store.gc(retention_days)
    if as_json:
        session.out.json(_gc_json(result))
        return
    session.out.line(
        f"{text.size(result.bytes_before)} in {text.plural(result.packs_before, 'pack')} -> "
        f"{text.size(result.bytes_after)} in {text.plural(result.packs_after, 'pack')}"
    )
    if result.objects_dropped or result.operations_dropped:
        session.out.line(
            f"dropped {text.plural(result.objects_dropped, 'object')} and "
            f"{text.plural(result.operations_dropped, 'operation')} that nothing reaches"
        )


@click.command()
@click.option("--rescue", is_flag=True, help="Repair what can be repaired, and save what can still be read.")
@json_option
@click.pass_obj
def fsck(session: Session, rescue: bool, as_json: bool) -> int:
    """Check everything that is stored.

    Reads every byte of the store. Exits with 1 if something is damaged, and says what it touches.

    \b
    Example:
      rtstore fsck --rescue
    """
    session.could_change = rescue
    result = _rescue() if rescue else session.store.fsck()
    if as_json:
        session.out.json(_fsck_json(result))
    else:
        _present(session, result, rescue)
    return 1 if result.problems else 0


def _rescue() -> FsckResult:
    """Rescue a store, which may be too damaged to be opened."""
    from rtstore.workspace.care.fsck import rescue

    return rescue(os.curdir)


def _present(session: Session, result: FsckResult, rescue: bool) -> None:
    out = session.out
    for problem in result.problems:
        out.line(f"{out.styled('damaged', 'red')}: {text.printable(problem.what)}")
        for affected in problem.affects:
            verb = "" if affected.startswith("and ") else "touches "
            out.line(f"  {verb}{text.printable(affected)}")
    for rescued in result.rescued:
        out.line(f"rescued: {text.printable(rescued)}")
    for note in result.notes:
        out.line(f"note: {text.printable(note)}")
    checked = ", ".join(f"{kind} {number:,}" for kind, number in result.checked.items() if number)
    for line in text.fitted(f"checked: {checked}", out.width):
        out.line(line)
    out.line(_verdict(result.problems, rescue))


def _verdict(problems: tuple[Problem, ...], rescue: bool) -> str:
    if not problems:
        return "all is well"
    found = text.plural(len(problems), "problem")
    if rescue:
        return f"{found} left: what is damaged or missing has to come from a backup"
    return f"{found}; `rtstore fsck --rescue` repairs what it can"


def _gc_json(result: GcResult) -> dict[str, int]:
    import msgspec

    return msgspec.structs.asdict(result)


def _fsck_json(result: FsckResult) -> dict[str, Any]:
    return {
        "ok": not result.problems,
        "problems": [{"what": problem.what, "affects": list(problem.affects)} for problem in result.problems],
        "checked": result.checked,
        "rescued": list(result.rescued),
        "notes": list(result.notes),
    }
