"""Entries on the web page: turns as bubbles of a chat, the old version on the left, the new one on the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any, Final

from rtstore.cli.diff.changes import pieces, visible
from rtstore.cli.diff.rows import Row, fields, opening, rows
from rtstore.cli.diff.values import is_words, kind_of, one_line, spread
from rtstore.cli.diff.wrapping import Piece
from rtstore.cli.text import plural, printable
from rtstore.compare.difference import MISSING, EntryChange, FieldChange

#: How many characters of an unchanged text stay in sight before and after a change.
_KEPT: Final = 240
#: Two values of no more characters stand side by side.
_SHORT: Final = 60
_ROLES: Final = frozenset({"system", "user", "assistant", "tool", "tool_call"})


def safe(text: str) -> str:
    """Return text for the page: no markup, and nothing that turns around what stands beside it."""
    return escape(printable(text))


def heading(entry: EntryChange) -> str:
    """Return what happened to an entry, and where it is."""
    old, new = (None if at is None else at + 1 for at in (entry.old_position, entry.new_position))
    place = f"#{old:,} → #{new:,}" if entry.moved and old and new else f"#{new or old or 0:,}"
    badge = f'<span class="badge {safe(entry.change)}">{safe(entry.change)}</span>'
    also = ' <span class="badge moved">moved</span>' if entry.moved and entry.change != "moved" else ""
    return f'{badge}{also} <span class="place">{place}</span>'


def entry_html(entry: EntryChange, path: str, anchor: str) -> str:
    """Return an entry as an article."""
    change = safe(entry.change)
    said = quoted(opening(entry), 160)
    body = "".join(_parts(entry))
    return (
        f'<article class="card is-{change}" id="{anchor}">'
        f'<h3>{heading(entry)} {said} <a class="id" href="#{anchor}" title="{safe(path)}">'
        f'{entry.id.hex()[:8]}</a> <a class="up" href="#top" aria-label="to the top">↑</a></h3>\n'
        f"{body}</article>\n"
    )


def quoted(said: str, most: int) -> str:
    """Return the beginning of a conversation as a quotation, of at most so many characters; empty if it is empty."""
    shown = said if len(said) <= most else f"{said[:most].rstrip()}…"
    return f"<q>{safe(shown)}</q>" if shown else ""


def fields_html(changes: Iterable[FieldChange]) -> str:
    """Return fields as rows of a table: path, old, new."""
    cells = "".join(f'<div class="field"><code>{safe(c.path)}</code>{_field(c)}</div>\n' for c in changes)
    return f'<div class="fields">{cells}</div>'


def _parts(entry: EntryChange) -> Iterator[str]:
    if entry.change == "reformatted":
        yield '<p class="note">Only written differently: its content is the same.</p>'
    found = rows(entry)
    if found:
        yield '<div class="chat">\n'
        for is_same, group in groupby(found, lambda row: row.kind == "same"):
            turns = list(group)
            yield _folded(turns) if is_same else "".join(map(_row, turns))
        yield "</div>\n"
    shown = fields(entry)
    if shown:
        yield fields_html(shown)


def _folded(same: Sequence[Row]) -> str:
    inside = "".join(f'<div class="row same">{_bubble(row, safe(row.text), "both")}</div>\n' for row in same)
    return (
        f"<details class=fold><summary>{plural(len(same), 'unchanged turn')}</summary>\n{inside}</details>\n"
    )


def _row(row: Row) -> str:
    if row.kind == "edited":
        found = pieces(row.old or "", row.new or "", _KEPT)
        old, new = (
            _bubble(row, _marked(found, kind), side) for kind, side in (("removed", "old"), ("added", "new"))
        )
        return f'<div class="row edited">{old}{new}</div>\n'
    if row.kind == "moved":
        note = f"turn {(row.places[0] or 0) + 1} → {(row.places[1] or 0) + 1}"
        return f'<div class="row moved">{_bubble(row, safe(row.text), "both", note)}</div>\n'
    side = "old" if row.kind == "removed" else "new"
    return f'<div class="row {safe(row.kind)}">{_bubble(row, safe(row.text), side, row.kind)}</div>\n'


def _bubble(row: Row, inside: str, side: str, note: str = "") -> str:
    role = row.role if row.role in _ROLES else "other"
    name = f" <i>{safe(row.name)}</i>" if row.name else ""
    said = f" <small>{safe(note)}</small>" if note else ""
    return (
        f'<div class="bubble {role} at-{side}"><div class="who">{safe(row.role) or "?"}{name}{said}</div>'
        f'<div class="said" dir="auto">{inside}</div></div>'
    )


def _marked(found: Iterable[Piece], kind: str) -> str:
    """Return one version of a text, with the words of ``kind`` marked: what was removed, or what was added."""
    tag = "del" if kind == "removed" else "ins"
    parts = []
    for piece in found:
        if not piece.kind:
            parts.append(escape(piece.text))
        elif piece.kind == "gap":
            count = plural(len(piece.text), "character")
            parts.append(
                f"<details class=gap><summary>{count}</summary><span>{escape(piece.text)}</span></details>"
            )
        elif piece.kind == kind:
            parts.append(f"<{tag}>{escape(visible(piece.text))}</{tag}>")
    return "".join(parts)


def _field(change: FieldChange) -> str:
    if _is_list(change.old) and _is_list(change.new) and (change.old or change.new):
        return f'<div class="words">{"".join(_chips(_items(change.old), _items(change.new)))}</div>'
    kind = kind_of(change)
    if kind != "edited":
        tag = "ins" if kind == "added" else "del"
        text = spread(change.old if kind == "removed" else change.new)
        return f'<div class="value whole"><{tag}>{safe(text)}</{tag}></div>'
    short = one_line(change, _SHORT)
    if short is not None and not (isinstance(change.old, str) and isinstance(change.new, str)):
        return f'<div class="words">{"".join(map(_word, short))}</div>'
    found = pieces(spread(change.old), spread(change.new), _KEPT)
    old, new = _marked(found, "removed"), _marked(found, "added")
    return f'<div class="value old">{old}</div><div class="value new">{new}</div>'


def _word(piece: Piece) -> str:
    tag = {"removed": "del", "added": "ins"}.get(piece.kind)
    return f"<{tag}>{safe(piece.text)}</{tag}>" if tag else "<b>→</b>"


def _is_list(value: Any) -> bool:
    return value is MISSING or value == [] or is_words(value)


def _items(value: Any) -> list[str]:
    return [] if value is MISSING else value


def _chips(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    before, after = set(old), set(new)
    for item in old:
        if item not in after:
            yield f"<del>{safe(item)}</del> "
    for item in new:
        yield f"<span>{safe(item)}</span> " if item in before else f"<ins>{safe(item)}</ins> "
