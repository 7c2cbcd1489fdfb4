"""``rtstore partition``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from rtstore.cli import text
from rtstore.cli.complete import datasets_or_inside_versions
from rtstore.cli.options import json_option
from rtstore.cli.selection import dataset_at
from rtstore.cli.session import Session
from rtstore.errors import NothingToDoError, UsageError

if TYPE_CHECKING:
    from rtstore.curate.partition.results import PartitionReport, PartitionResult

#: Entries on the wrong side that are shown one by one.
_TORN: Final = 5
_WHY: Final = {"duplicate": "says the same as", "group": "is of the group of"}


@click.command()
@click.argument("dataset", metavar="[REV:]DATASET", shell_complete=datasets_or_inside_versions)
@click.option("--train", type=float, metavar="F", help="The fraction to train on; by default the rest.")
@click.option("--val", type=float, metavar="F", help="The fraction to validate with.")
@click.option("--test", type=float, metavar="F", help="The fraction to test with.")
@click.option(
    "--side", "others", multiple=True, metavar="NAME[=F]", help="Another side; without F it has the rest."
)
@click.option("--stratify", type=click.Choice(["tags"]), help="Divide each entry tag in proportion.")
@click.option(
    "--group-by", metavar="FIELD", help="Keep entries together that have the same value in this field."
)
@click.option("--seed", default="", metavar="TEXT", help="Another text makes another division.")
@click.option("--redo", is_flag=True, help="Divide anew: entries may change sides.")
@click.option("--remove", is_flag=True, help="Do not divide it any more.")
@click.option("--show", is_flag=True, help="Show how it is divided, and change nothing.")
@json_option
@click.pass_obj
def partition(
    session: Session,
    dataset: str,
    train: float | None,
    val: float | None,
    test: float | None,
    others: tuple[str, ...],
    stratify: str | None,
    group_by: str | None,
    seed: str,
    redo: bool,
    remove: bool,
    show: bool,
    as_json: bool,
) -> None:
    """Divide a dataset into train, val and so on.

    The side of an entry follows from its id: it never changes, whatever is added, edited or moved. Entries that say
    the same, whatever their system prompts, are on one side. The files stay as they are; the next commit records
    how they are divided.

    Once more, without fractions, for what came since: it gets its side for good. Until then it is where the entries
    are that say the same, else where its id puts it.

    \b
    Examples:
      rtstore partition mara.jsonl --train 0.9 --val 0.1
      rtstore partition HEAD:mara.jsonl --show
    """
    named = {"train": train, "val": val, "test": test}
    sides = {name: given for name, given in named.items() if given is not None} | _sides(others)
    options = bool(sides or stratify or group_by or seed or redo)
    if sum((options, remove, show)) > 1:
        raise UsageError("--show and --remove go alone", hint="`rtstore partition --help` explains them.")
    if show:
        _show(session, dataset, as_json)
        return
    (name,) = session.names([dataset])
    if remove:
        report = session.store.remove_partition(name)
        if as_json:
            session.out.json(_as_json(report, removed=True))
        else:
            session.out.line(f"{session.shown(name)} is not divided any more")
        return
    done = session.store.partition(
        name, sides or None, seed=seed, group_by=group_by, stratify=stratify, redo=redo
    )
    if as_json:
        session.out.json(_as_json(done.report, done))
    else:
        _present(session, done)


def _sides(others: tuple[str, ...]) -> dict[str, float | None]:
    """Return the sides that ``--side`` names, with their fractions."""
    found: dict[str, float | None] = {}
    for other in others:
        name, equals, fraction = other.partition("=")
        try:
            found[name] = float(fraction) if equals else None
        except ValueError:
            raise UsageError(
                f"--side {other}: {fraction!r} is no fraction", hint="Say, for example: --side holdout=0.05"
            ) from None
    return found


def _show(session: Session, dataset: str, as_json: bool) -> None:
    if ":" in dataset:
        view, entry = dataset_at(session, dataset)
        if entry is not None:
            raise UsageError("--show is about a dataset", hint=f"One entry: rtstore show '{dataset}'")
        path, report = view.path, session.store.partition_report(view)
    else:
        (path,) = session.names([dataset])
        report = session.store.partition_report(path)
    if report is None:
        raise NothingToDoError(
            f"{session.shown(path)} is not divided",
            hint=f"Run: rtstore partition {session.shown(path)} --train 0.9 --val 0.1",
        )
    if as_json:
        session.out.json(_as_json(report))
        return
    for line in _lines(session, report):
        session.out.line(line)


def _present(session: Session, done: PartitionResult) -> None:
    for line in _lines(session, done.report):
        session.out.line(line)
    if done.moved:
        session.out.line(f"{text.entries(done.moved)} moved to another side")
    if not done.changed:
        session.out.line("nothing has come since: every entry has its side for good")
    else:
        settled = f"{text.entries(done.settled)} settled on {'its' if done.settled == 1 else 'their'} side"
        session.out.line(settled)
        session.out.said("hint: `rtstore commit` records it")


def _lines(session: Session, report: PartitionReport) -> list[str]:
    """Return how a dataset is divided: a line for each side, then what is not as it should be."""
    total = sum(report.counts.values())
    lines = [f"{session.out.styled(session.shown(report.path), 'bold')}: {text.entries(total)}{_how(report)}"]
    width = max(map(len, report.counts))
    digits = len(f"{max(report.counts.values()):,}")
    fractions = _fractions(report)
    for name, count in report.counts.items():
        part = f"{count / total:.1%}" if total else "-"
        lines.append(
            f"  {name.ljust(width)}  {count:>{digits},}  {part:>6}, wanted {100 * fractions[name]:.4g}%"
        )
    if report.fresh:
        came = f"{text.entries(report.fresh)} came since and can be settled"
        lines.append(f"{came}: `rtstore partition {session.shown(report.path)}`")
    return lines + _torn_lines(report)


def _how(report: PartitionReport) -> str:
    definition = report.partition
    parts = []
    if definition.group_by is not None:
        parts.append(f"grouped by {text.printable(definition.group_by)}")
    if definition.stratify is not None:
        parts.append(f"stratified by {definition.stratify}")
    if definition.seed:
        parts.append(f"seed {text.printable(definition.seed)}")
    return f" ({', '.join(parts)})" if parts else ""


def _torn_lines(report: PartitionReport) -> list[str]:
    if not report.torn:
        return []
    count = len(report.torn)
    lines = [f"{text.entries(count)} {'is' if count == 1 else 'are'} alike one on another side:"]
    for one in report.torn[:_TORN]:
        why = _WHY[one.why]
        lines.append(f"  #{one.position + 1} ({one.side}) {why} #{one.other + 1} ({one.other_side})")
    if count > _TORN:
        lines.append(f"  and {count - _TORN:,} more: --json has all")
    return lines


def _fractions(report: PartitionReport) -> dict[str, float]:
    from rtstore.model.partitions import WHOLE

    return {name: share / WHOLE for name, share in report.partition.sides}


def _as_json(
    report: PartitionReport, done: PartitionResult | None = None, removed: bool = False
) -> dict[str, Any]:
    definition, fractions = report.partition, _fractions(report)
    return {
        "path": report.path,
        "sides": [
            {"name": name, "fraction": fractions[name], "entries": count}
            for name, count in report.counts.items()
        ],
        "seed": definition.seed,
        "group_by": definition.group_by,
        "stratify": definition.stratify,
        "fresh": report.fresh,
        "torn": [
            {
                "position": one.position + 1,
                "side": one.side,
                "other_position": one.other + 1,
                "other_side": one.other_side,
                "why": one.why,
            }
            for one in report.torn
        ],
        "settled": done.settled if done is not None else 0,
        "pinned": done.pinned if done is not None else 0,
        "moved": done.moved if done is not None else 0,
        "changed": removed or (done is not None and done.changed),
    }
