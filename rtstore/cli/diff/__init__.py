"""``rtstore diff``: one difference, and a writer for each way to look at it."""

from __future__ import annotations

import click

from rtstore.cli import text
from rtstore.cli.complete import ranges_and_datasets
from rtstore.cli.diff.versions import sides, versions_and_targets
from rtstore.cli.options import WithDatasets, json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError
from rtstore.history.revisions import Comparison


@click.command(cls=WithDatasets)
@click.argument(
    "arguments",
    metavar="[REV|A..B|A...B] [DATASET[#ENTRY]]...",
    nargs=-1,
    shell_complete=ranges_and_datasets,
)
@click.option("--stat", is_flag=True, help="Only count differences by dataset.")
@click.option("--name-only", is_flag=True, help="Only name the datasets that differ.")
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(),
    help="Write a web page to look at, in a browser or on a phone.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 if there are differences.")
@json_option
@click.pass_obj
def diff(
    session: Session,
    arguments: tuple[str, ...],
    paths: tuple[str, ...],
    stat: bool,
    name_only: bool,
    html: str | None,
    exit_code: bool,
    as_json: bool,
) -> int:
    """Show what changed between two versions, word by word.

    Without a revision, between HEAD and the files as they are; with REV, between REV and the files; with A..B,
    between two commits; with A...B, between B and what it has in common with A. DATASET and DATASET#ENTRY look
    at these alone; what could be a revision as well goes after `--`. Time stamps are no difference.

    \b
    Examples:
      rtstore diff
      rtstore diff mara.jsonl#12
      rtstore diff --stat main..lora-noir -- mara.jsonl
      rtstore diff main...lora-noir --html noir.html
    """
    if sum((stat, name_only, html is not None, as_json and not stat)) > 1:
        raise UsageError("--stat, --name-only, --html and --json are different answers", hint="Take one.")
    versions, targets = versions_and_targets(session, arguments, paths)
    if stat or name_only:
        found = _count(session, versions, targets, name_only, as_json)
    else:
        found = _compare(session, versions, targets, html, as_json)
    return 1 if exit_code and found else 0


def _count(
    session: Session, versions: Comparison, targets: tuple[str, ...], name_only: bool, as_json: bool
) -> bool:
    """Print what differs by dataset. Return whether anything does."""
    from rtstore.cli.diff import stat

    old, new, merge_base = versions
    changes = session.store.changes(old, new, targets, merge_base)
    differing = [change for change in changes if not change.clean]
    if as_json:
        from rtstore.cli import jsonout

        datasets = [jsonout.change(change) for change in changes]
        session.out.json({"old": old, "new": new, "datasets": datasets})
    elif name_only:
        stat.print_names(session, differing)
    else:
        for change in changes:
            session.warn(change.warnings)
        stat.print_counts(session, differing)
    return bool(differing)


def _compare(
    session: Session, versions: Comparison, targets: tuple[str, ...], html: str | None, as_json: bool
) -> bool:
    """Print all that differs, or write it to a page. Return whether anything does."""
    old, new, merge_base = versions
    with session.store.diff(old, new, targets, merge_base) as difference:
        session.warn(difference.warnings)
        if as_json:
            from rtstore.cli.diff import json

            return json.write(difference, session.out.line)
        if html is None:
            from rtstore.cli.diff.terminal import print_difference

            return print_difference(session, difference)
        from rtstore.cli.diff.html import write

        written = write(difference, *sides(session, difference), html)
    session.out.line(f"{html}: {text.entries(written.entries)} in {text.plural(written.datasets, 'dataset')}")
    return written.datasets > 0
