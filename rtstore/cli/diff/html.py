"""A difference as one web page that needs nothing else: no network, no script, for a screen, a phone or paper."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from rtstore.cli.diff.bubbles import entry_html, fields_html, heading, quoted, safe
from rtstore.cli.diff.headings import beside_entries, summary
from rtstore.cli.diff.rows import opening
from rtstore.cli.diff.versions import Side
from rtstore.cli.text import plural
from rtstore.errors import StorageError, UsageError

if TYPE_CHECKING:
    from rtstore.compare.datasets import DatasetDifference
    from rtstore.compare.difference import EntryChange, FieldChange
    from rtstore.workspace.diff import Difference

_KINDS: Final = ("edited", "removed", "added", "moved", "reformatted")
#: Nothing is fetched and nothing runs, even if a record could smuggle markup in.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_COPIED: Final = 1 << 20
#: So many changes of a registry are shown without a click.
_UNFOLDED: Final = 12


class Written(NamedTuple):
    """What a page shows."""

    datasets: int
    entries: int


def write(difference: Difference, old: Side, new: Side, path: str) -> Written:
    """Write a page to a file, which it replaces once it is complete.

    Raises:
        UsageError: the name is not that of a page: a dataset could be overwritten by mistake.
        StorageError: the operating system refuses.
    """
    if os.path.splitext(path)[1].lower() not in (".html", ".htm"):
        raise UsageError(f"{path} is no name for a page", hint="Let it end in .html.")
    from tempfile import TemporaryFile

    draft = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}.new")
    try:
        # The index comes first on the page and is known last.
        with (
            TemporaryFile("w+", encoding="utf-8", newline="\n", errors="backslashreplace") as body,
            open(draft, "w", encoding="utf-8", newline="\n", errors="backslashreplace") as page,
        ):
            index = _Index(body)
            for dataset in difference.datasets:
                index.add(dataset)
            _assemble(page, index, old, new)
        os.replace(draft, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(draft)
        if isinstance(error, OSError) and error.filename in (draft, path):
            raise StorageError(f"{path}: {(error.strerror or str(error)).lower()}") from error
        raise
    return Written(index.datasets, sum(index.counts.values()))


class _Index:
    """Writes datasets into ``body`` and keeps a line for each entry of them."""

    def __init__(self, body: IO[str]) -> None:
        self.body = body
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()
        self.datasets = 0

    def add(self, dataset: DatasetDifference) -> None:
        """Write a dataset."""
        self.datasets += 1
        name, anchor = _name(dataset), f"d{self.datasets}"
        counted = summary(dataset)
        self.body.write(f'<section id="{anchor}"><h2>{name} <small>{safe(counted)}</small></h2>\n')
        self.lines.append(
            f'<li class="dataset"><a href="#{anchor}">{name}</a> <small>{safe(counted)}</small>'
        )
        for entry in dataset.entries:
            self._entry(entry, dataset.path, f"{anchor}-{entry.id.hex()}")
        for part, changes in beside_entries(dataset).items():
            if changes:
                self._beside(part, changes, f"{anchor}-{part}")
        self.body.write("</section>\n")

    def _beside(self, part: str, changes: Sequence[FieldChange], anchor: str) -> None:
        """Write what changed beside conversations, behind them; many changes are folded."""
        unfolded = " open" if len(changes) <= _UNFOLDED else ""
        title = f"{part.title()} <small>{plural(len(changes), 'change')}</small>"
        self.body.write(
            f'<details class="card beside" id="{anchor}"{unfolded}><summary>{title}</summary>'
            f"{fields_html(changes)}</details>\n"
        )
        self.lines.append(f'<li class="beside"><a href="#{anchor}">{title}</a>')

    def _entry(self, entry: EntryChange, path: str, anchor: str) -> None:
        self.counts[entry.change] += 1
        self.body.write(entry_html(entry, path, anchor))
        said = quoted(opening(entry), 120)
        self.lines.append(
            f'<li class="is-{safe(entry.change)}"><a href="#{anchor}">{heading(entry)} {said}</a>'
        )


def _name(dataset: DatasetDifference) -> str:
    old = dataset.renamed_from
    return safe(dataset.path if old is None else f"{old} → {dataset.path}")


def _assemble(page: IO[str], index: _Index, old: Side, new: Side) -> None:
    page.writelines(_head(old, new, index))
    index.body.seek(0)
    while block := index.body.read(_COPIED):
        page.write(block)
    page.write("</main>\n<footer>Made by rtstore. This page needs no network and runs no script.</footer>\n")


def _head(old: Side, new: Side, index: _Index) -> Iterator[str]:
    yield f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="referrer" content="no-referrer">
<title>{safe(old.name)} → {safe(new.name)}</title>
<style>
{_style()}</style>
<header id="top">
<h1>What changed</h1>
<div class="sides">{_side("old", old)}{_side("new", new)}</div>
{_filters(index.counts)}
</header>
"""
    if not index.datasets:
        yield '<main><p class="none">No differences.</p>\n'
        return
    yield f'<nav aria-label="Changed entries"><ol>\n{_joined(index.lines)}</ol></nav>\n'
    yield f'<div class="columns" aria-hidden="true"><b>{safe(old.name)}</b><b>{safe(new.name)}</b></div>\n<main>\n'


def _side(kind: str, side: Side) -> str:
    return f'<p class="side {kind}"><small>{kind}</small> <b>{safe(side.name)}</b> {safe(side.about)}</p>'


def _filters(counts: Counter[str]) -> str:
    boxes = (
        f'<label class="chip {kind}"><input type="checkbox" id="show-{kind}" checked>'
        f"{counts[kind]:,} {kind}</label>"
        for kind in _KINDS
        if counts[kind]
    )
    return f'<form class="filters" aria-label="Show entries that are">{"".join(boxes)}</form>'


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}</li>\n" for line in lines)


def _style() -> str:
    with open(os.path.join(os.path.dirname(__file__), "page.css"), encoding="utf-8") as file:
        return file.read()
