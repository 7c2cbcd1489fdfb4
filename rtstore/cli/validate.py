"""``rtstore validate``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import click

from rtstore.cli import text
from rtstore.cli.complete import inside_versions
from rtstore.cli.jsonout import hex_or_none
from rtstore.cli.options import json_option, where_option
from rtstore.cli.output import Style
from rtstore.cli.session import Session
from rtstore.errors import RevisionError, UsageError
from rtstore.history.revisions import split_entry, split_path

if TYPE_CHECKING:
    from rtstore.curate.validation.checking import Found, Validation
    from rtstore.curate.validation.findings import Level
    from rtstore.curate.where.where import Where

#: Findings shown of each code.
_EXAMPLES: Final = 3
_STYLES: Final[dict[str, Style]] = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command()
@click.argument("what", metavar="[DATASET | REV[:DATASET]]...", nargs=-1, shell_complete=inside_versions)
@where_option
@click.option("--since", metavar="REV", help="Only what was changed since REV, and was not found there.")
@click.option(
    "--level",
    type=click.Choice(["error", "warning", "info"]),
    default="warning",
    show_default=True,
    help="Leave out what matters less than this.",
)
@json_option
@click.pass_obj
def validate(
    session: Session, what: tuple[str, ...], where: Where | None, since: str | None, level: str, as_json: bool
) -> int:
    """Check that entries are what trainers need.

    Looks at the working files, all or those named, or at a version, or datasets of it. What is found has a level: an
    error makes an entry useless to a trainer, a warning is for a person to look at, info may be meant so. Exits with 1
    if there are errors.

    \b
    Examples:
      rtstore validate
      rtstore validate mara.jsonl --level info --where "review = approved"
      rtstore validate HEAD:mara.jsonl --since HEAD~1
    """
    names = tuple(dict.fromkeys(name for each in what for name in _named(session, each)))
    found = session.store.validate(names, where, since, cast("Level", level))
    if as_json:
        session.out.json(_as_json(found))
    else:
        with session.out.paged():
            for line in _lines(session, found):
                session.out.line(line)
        session.warn(found.warnings)
    return 1 if found.invalid else 0


def _named(session: Session, what: str) -> Iterable[str]:
    """Return what ``Store.validate`` takes for an argument.

    A directory stands for the datasets in it, a revision for all its datasets.

    Raises:
        UsageError: it names an entry.
        RevisionError: there is no such revision.
        WorkspaceError: the path is outside of the workspace.
    """
    path = what.partition(":")[2] or what
    if split_entry(path)[1] is not None and not session.exists(session.name_of(path)):
        raise UsageError(f"{what!r} names an entry", hint="Select entries with --where: 'position = 12'.")
    if ":" in what:
        spec = split_path(what)
        return [f"{spec.revision}:{session.name_of(spec.dataset or '')}"]
    tracked = session.store.tracked()
    if not session.exists(session.name_of(what)) and session.name_of(what) not in tracked:
        with suppress(RevisionError):
            return [f"{what}:{name}" for name in session.store[what]]
    return session.datasets([what], tracked)


def _lines(session: Session, validation: Validation) -> Iterator[str]:
    """Yield what is to be printed: by code, those that matter most first, each with its first examples."""
    groups = _grouped(validation)
    for code, rule, count, examples in groups:
        heading = session.out.styled(f"{rule.level}  {code}", _STYLES[rule.level], "bold")
        yield f"{heading}  {text.plural(count, 'time')}: {rule.meaning}"
        for each in examples:
            yield f"  {_place(session, each)}: {text.printable(each.finding.message)}"
    entries = sum(each.entries for each in validation.datasets)
    if groups:
        yield ""
    yield f"{text.entries(entries)} checked: {_summary(validation, [(rule.level, n) for _, rule, n, _ in groups])}"


def _summary(validation: Validation, counts: Sequence[tuple[str, int]]) -> str:
    parts = [
        text.plural(total, level) if level != "info" else f"{total:,} info"
        for level in _STYLES
        if (total := sum(count for each, count in counts if each == level))
    ]
    if not parts:
        return "nothing to report"
    broken = f"; {text.entries(validation.invalid)} invalid" if validation.invalid else ""
    return ", ".join(parts) + broken


def _grouped(found: Iterable[Found]) -> list[tuple[str, Any, int, list[Found]]]:
    """Return the codes that were found, with their rules, how often, and the first examples."""
    from rtstore.curate.validation.findings import RULES

    counts: dict[str, int] = {}
    examples: dict[str, list[Found]] = {}
    for each in found:
        code = each.finding.code
        counts[code] = counts.get(code, 0) + 1
        if counts[code] <= _EXAMPLES:
            examples.setdefault(code, []).append(each)
    return [(code, rule, counts[code], examples[code]) for code, rule in RULES.items() if code in counts]


def _place(session: Session, found: Found) -> str:
    revision, colon, _ = found.dataset.rpartition(":")
    turn = "" if found.finding.turn is None else f" turn {found.finding.turn + 1}"
    return f"{revision}{colon}{session.shown(found.path)}#{found.position + 1}{turn}"


def _as_json(validation: Validation) -> dict[str, Any]:
    found = [
        {
            "path": each.path,
            "commit": hex_or_none(each.commit),
            "position": each.position + 1,
            "id": each.entry.hex(),
            "turn": each.finding.turn,
            "code": each.finding.code,
            "level": each.finding.level,
            "message": each.finding.message,
        }
        for each in validation
    ]
    datasets = [
        {
            "path": each.path,
            "commit": hex_or_none(each.commit),
            "entries": each.entries,
            "invalid": each.invalid,
        }
        for each in validation.datasets
    ]
    return {"datasets": datasets, "findings": found, "warnings": validation.warnings}
