"""``rtstore grep``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

import click

from rtstore.cli import text
from rtstore.cli.complete import revisions as complete_revisions
from rtstore.cli.excerpt import excerpt
from rtstore.cli.options import WithDatasets, json_option, where_option
from rtstore.cli.selection import revisions_and_datasets
from rtstore.cli.session import Session
from rtstore.errors import UsageError

if TYPE_CHECKING:
    from rtstore.curate.where.where import Where
    from rtstore.workspace.lookback.grep import Match
    from rtstore.workspace.lookback.patterns import Mode

#: By commit, what its matches begin with: the revision as it was written, where there are several.
_Names = dict[bytes, str]


@click.command(cls=WithDatasets)
@click.argument("pattern", metavar="PATTERN")
@click.argument("revisions", metavar="[REV]...", nargs=-1, shell_complete=complete_revisions)
@click.option("-i", "--ignore-case", is_flag=True, help="Take capitals and small letters for the same.")
@click.option("--role", metavar="ROLE", help="Look only into turns of this role: user, assistant, ...")
@click.option("--tag", metavar="TAG", help="Look only into entries that have this tag.")
@click.option("--phrase", "mode", flag_value="phrase", help="Look for PATTERN as it stands: the default.")
@click.option(
    "--all-words", "mode", flag_value="all-words", help="Look for all words of PATTERN, in any order."
)
@click.option(
    "--regex", "mode", flag_value="regex", help="PATTERN is a regular expression, of Python's `re`."
)
@where_option
@click.option("-l", "--entries", is_flag=True, help="Only name the entries that match.")
@click.option("-c", "--count", is_flag=True, help="Only count what matches, by dataset.")
@json_option
@click.pass_obj
def grep(
    session: Session,
    pattern: str,
    revisions: tuple[str, ...],
    paths: tuple[str, ...],
    ignore_case: bool,
    role: str | None,
    tag: str | None,
    mode: str | None,
    where: Where | None,
    entries: bool,
    count: bool,
    as_json: bool,
) -> int:
    """Find turns that hold a text, in any version.

    Looks into HEAD, or into the revisions given; after `--`, only into these datasets. Exits with 1 if nothing
    matches. With --regex, `^` and `$` match at every line; an expression that can match in very many ways, like
    `(a+)+b`, can take very long.

    \b
    Examples:
      rtstore grep -i "green lantern" --role assistant
      rtstore grep --all-words "ferry toll" main lora-noir -- mara.jsonl
      rtstore grep --regex "as an? (AI|assistant)" -l
      rtstore grep lantern --where "review = approved and rating >= 4"
    """
    if entries + count + as_json > 1:
        raise UsageError("--entries, --count and --json are different answers", hint="Take one.")
    wanted, datasets = revisions_and_datasets(session, revisions, paths)
    wanted = wanted or ("HEAD",)
    matches = session.store.grep(
        pattern,
        wanted,
        datasets,
        mode=cast("Mode", mode or "phrase"),
        ignore_case=ignore_case,
        role=role,
        tag=tag,
        where=where,
    )
    names = {session.store.resolve(revision): revision for revision in reversed(wanted)}
    if as_json:
        found = [_as_json(match, names) for match in matches]
        session.out.json(found)
        return 0 if found else 1
    write = _counts if count else _entries if entries else _turns
    printed = False
    with session.out.paged():
        for line in write(session, matches, names if len(names) > 1 else {}):
            session.out.line(line)
            printed = True
    return 0 if printed else 1


def _turns(session: Session, matches: Iterable[Match], names: _Names) -> Iterator[str]:
    out = session.out
    for match in matches:
        place = f"{_place(session, match, names)}#{match.position + 1}"
        turn = f" turn {match.turn + 1} {text.printable(match.role) or '?'}: "
        shown = excerpt(out, match.text, match.spans, out.width - len(place) - len(turn))
        yield out.styled(place, "magenta") + out.styled(turn, "cyan") + shown


def _entries(session: Session, matches: Iterable[Match], names: _Names) -> Iterator[str]:
    places = (f"{_place(session, match, names)}#{match.position + 1}" for match in matches)
    yield from (place for place, _ in groupby(places))


def _counts(session: Session, matches: Iterable[Match], names: _Names) -> Iterator[str]:
    for place, group in groupby(matches, key=lambda match: _place(session, match, names)):
        positions = [match.position for match in group]
        entries = text.entries(len(set(positions)))
        yield f"{place}: {text.plural(len(positions), 'turn')} in {entries}"


def _place(session: Session, match: Match, names: _Names) -> str:
    revision = names.get(match.commit)
    path = session.shown(match.path)
    return path if revision is None else f"{revision}:{path}"


def _as_json(match: Match, names: _Names) -> dict[str, Any]:
    return {
        "revision": names[match.commit],
        "commit": match.commit.hex(),
        "path": match.path,
        "position": match.position + 1,
        "id": match.entry.hex(),
        "turn": match.turn,
        "role": match.role,
        "text": match.text,
        "matches": [list(span) for span in match.spans],
    }
