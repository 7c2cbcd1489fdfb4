"""``rtstore export``."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from rtstore.cli import text
from rtstore.cli.complete import inside_versions
from rtstore.cli.complete import revisions as complete_revisions
from rtstore.cli.options import json_option, where_option
from rtstore.cli.progress import counting
from rtstore.cli.selection import dataset_in_version
from rtstore.cli.session import Session
from rtstore.errors import UsageError

if TYPE_CHECKING:
    from rtstore.curate.exporting.options import ExportOptions
    from rtstore.curate.exporting.results import ExportResult, Verified

_FORMATS = "messages, chatml-text, sharegpt, alpaca, prompt-completion, preference, parquet, rolethread"
#: Entries left out that are named one by one.
_NAMED = 5


@click.command()
@click.argument("what", metavar="[REV:]DATASET", required=False, shell_complete=inside_versions)
@click.option("-o", "--output", metavar="FILE", type=click.Path(), help="The file to write.")
@click.option("--format", "format_", metavar="FORMAT", help=f"What to write: {_FORMATS}.")
@click.option(
    "--clean", is_flag=True, help="Only the conversation: no tags, no other members of the records."
)
@where_option
@click.option(
    "--template", metavar="FILE", type=click.Path(), help="Render each row with a chat template (jinja)."
)
@click.option(
    "--system",
    type=click.Choice(["keep", "drop", "set"]),
    default="keep",
    help="What becomes of system prompts; `set` needs --system-prompt.",
)
@click.option("--system-prompt", metavar="TEXT", help="The system prompt that every conversation gets.")
@click.option(
    "--weights",
    type=click.Choice(["keep", "mask", "drop"]),
    default="keep",
    help="Loss weights of turns: as they are, as `train` true or false, or none.",
)
@click.option("--split", is_flag=True, help="A file for each side of the dataset's partition.")
@click.option("--shuffle", is_flag=True, help="In another order, which follows from the seed.")
@click.option("--seed", metavar="TEXT", help="What the order of --shuffle follows from; 0 by default.")
@click.option("--max-tokens", type=int, metavar="N", help="Leave out what has more tokens.")
@click.option(
    "--tokenizer", metavar="FILE", type=click.Path(), help="The tokenizer.json to count tokens with."
)
@click.option(
    "--recipe", metavar="TRAINER", help="Write what axolotl, llama-factory, trl or unsloth must be told, too."
)
@click.option("--skip", is_flag=True, help="Leave out entries that cannot be exported, and name them.")
@click.option(
    "--chosen",
    metavar="REV",
    shell_complete=complete_revisions,
    help="Pairs: the version with better replies.",
)
@click.option(
    "--rejected",
    metavar="REV",
    shell_complete=complete_revisions,
    help="Pairs: the version with replies as they were.",
)
@click.option("--since", metavar="REV", help="Pairs: only replies rewritten in commits after this one.")
@click.option("--author", metavar="NAME", help="Pairs: only replies rewritten by this author.")
@click.option("--force", is_flag=True, help="Write over a file that is no export.")
@click.option(
    "--verify",
    metavar="FILE",
    type=click.Path(),
    help="Tell where an exported file is from, and whether it is whole.",
)
@json_option
@click.pass_obj
def export(
    session: Session,
    /,
    what: str | None,
    output: str | None,
    format_: str | None,
    split: bool,
    chosen: str | None,
    rejected: str | None,
    since: str | None,
    author: str | None,
    force: bool,
    verify: str | None,
    as_json: bool,
    seed: str | None,
    **options: Any,
) -> int:
    """Write a version of a dataset as the file that a trainer reads.

    Beside FILE a manifest is written: the commit, the options, how many entries went where, and the BLAKE3 of the
    file; --verify compares a file with it. The same commit and options give the same bytes on every machine.

    With --rejected REV every reply that was rewritten since that version becomes a preference pair: the
    conversation so far, the reply as it is, the reply as it was.

    \b
    Examples:
      rtstore export main:mara.jsonl -o train.jsonl --format sharegpt --clean
      rtstore export mara.jsonl -o mara.txt --format chatml-text --system drop
      rtstore export mara.jsonl -o pairs.jsonl --rejected v1 --chosen main
      rtstore export --verify train.jsonl
    """
    if verify is not None:
        if what is not None or output is not None:
            raise UsageError("--verify only looks at a file", hint="It goes without DATASET and --output.")
        return _verified(session, session.store.verify_export(verify), as_json)
    if what is None or output is None:
        missing = "a dataset" if what is None else "--output FILE"
        raise UsageError(
            f"export needs {missing}", hint="Like: rtstore export main:mara.jsonl -o train.jsonl"
        )
    name, revision = dataset_in_version(session, what, chosen)
    chosen_options = _options(format_ or ("messages" if rejected is None else "preference"), seed, options)
    if rejected is None:
        for option, value in (("--chosen", chosen), ("--since", since), ("--author", author)):
            if value is not None:
                raise UsageError(
                    f"{option} is about pairs", hint="Add --rejected REV, the replies as they were."
                )
    with counting("exporting", "entries") as told:
        if rejected is None:
            result = session.store.export(
                name, output, chosen_options, revision=revision, split=split, force=force, progress=told
            )
        else:
            result = session.store.export_pairs(
                name,
                output,
                rejected,
                chosen_options,
                chosen=revision,
                since=since,
                author=author,
                split=split,
                force=force,
                progress=told,
            )
    if as_json:
        session.out.json(_as_json(result))
    else:
        session.warn(result.warnings)
        _show(session, result, pairs=rejected is not None)
    return 0


def _options(format_: str, seed: str | None, options: dict[str, Any]) -> ExportOptions:
    from rtstore.curate.exporting.options import ExportOptions

    if seed is not None and not options["shuffle"]:
        raise UsageError("--seed is about --shuffle", hint="Add --shuffle.")
    where = options.pop("where")
    return ExportOptions(
        format=format_, seed=seed or "0", where=None if where is None else where.text, **options
    )


def _show(session: Session, result: ExportResult, pairs: bool) -> None:
    out = session.out
    what = "pair" if pairs else "row"
    for file in result.files:
        out.line(f"{text.printable(file.path)}: {text.plural(file.rows, what)}, {text.size(file.size)}")
    if result.recipe is not None:
        out.line(f"{text.printable(result.recipe)}: how the trainer reads it")
    for count, words in (
        (result.deselected, "not selected by --where"),
        (result.unassigned, "on no side of the partition"),
        (result.too_long, "with too many tokens"),
    ):
        if count:
            out.line(f"  {text.entries(count)} {words}")
    if result.unusable:
        out.line(f"  {text.entries(len(result.unusable))} skipped:")
        for one in result.unusable[:_NAMED]:
            out.line(f"    {session.shown(result.dataset)}#{one.position + 1}: {text.printable(one.reason)}")
        if len(result.unusable) > _NAMED:
            out.line(f"    and {len(result.unusable) - _NAMED:,} more")


def _as_json(result: ExportResult) -> dict[str, Any]:
    return {
        "dataset": result.dataset,
        "commit": result.commit,
        "entries": result.entries,
        "files": [
            {
                "path": file.path,
                "side": file.side,
                "rows": file.rows,
                "bytes": file.size,
                "blake3": file.blake3,
            }
            for file in result.files
        ],
        "recipe": result.recipe,
        "warnings": list(result.warnings),
        "deselected": result.deselected,
        "unassigned": result.unassigned,
        "too_long": result.too_long,
        "skipped": [
            {"position": one.position + 1, "id": one.entry.hex(), "reason": one.reason}
            for one in result.unusable
        ],
    }


def _verified(session: Session, verified: Verified, as_json: bool) -> int:
    if as_json:
        session.out.json(
            {
                "path": verified.path,
                "matches": verified.matches,
                "problem": verified.problem,
                "commit": verified.commit,
                "known": verified.known,
                "names": list(verified.names),
                "dataset": verified.dataset,
                "side": verified.side,
                "rows": verified.rows,
                "options": verified.options,
            }
        )
        return 0 if verified.matches else 1
    out = session.out
    names = f" ({', '.join(verified.names)})" if verified.names else ""
    unknown = "" if verified.known else ", which this store does not have"
    out.line(
        f"{text.printable(verified.path)}: {text.plural(verified.rows, 'row')} of {text.printable(verified.dataset)}"
    )
    out.line(f"  from commit {verified.commit[:12]}{names}{unknown}")
    out.line(f"  options: {text.printable(_told(verified.options))}")
    if verified.problem is None:
        out.line("  it is what was written")
        return 0
    out.line(out.styled(f"  changed: {text.printable(verified.problem)}", "red"))
    return 1


def _told(options: dict[str, object]) -> str:
    """Return options as they are written on the command line."""
    words = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        words.append(option if value is True else f"{option} {quote(str(value))}")
    return " ".join(words)
