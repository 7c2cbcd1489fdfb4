"""One entry on the terminal: who says what, wrapped to its width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rtstore.cli.jsonout import dump
from rtstore.cli.output import Output, Style
from rtstore.cli.text import printable
from rtstore.model.annotations import BEST
from rtstore.model.shapes import Turn

if TYPE_CHECKING:
    from rtstore.workspace.views import Entry

_ROLES: Final[dict[str, Style]] = {
    "system": "magenta",
    "user": "cyan",
    "assistant": "green",
    "tool": "yellow",
    "tool_call": "yellow",
}


def entry_lines(out: Output, entry: Entry, title: str, side: str | None = None) -> list[str]:
    """Return an entry as lines: a title, its id, what is noted, its turns, and its fields that are no turns.

    ``side``: the side of the partition that it is on.
    """
    lines = [
        out.styled(title, "bold"),
        f"id {entry.id.hex()}" + (f", {entry.shape}" if entry.shape else ""),
        *_noted(out, entry, side),
    ]
    characters = _characters(entry)
    for turn in entry.turns:
        name = turn.name or characters.get(turn.path[-1])
        lines += ["", _speaker(out, turn, name), *_wrapped(turn, out.width)]
    return [*lines, "", *_rest(out, entry)]


def entry_json(entry: Entry, side: str | None = None) -> dict[str, Any]:
    """Return an entry for JSON: what it is, what is noted about it, and the record as it is.

    ``side``: the side of the partition that it is on.
    """
    return {
        "id": entry.id.hex(),
        "position": entry.position + 1,
        "shape": entry.shape,
        "note": entry.note,
        "rating": entry.rating,
        "review": entry.review,
        "partition": side,
        "record": entry.data,
    }


def _noted(out: Output, entry: Entry, side: str | None) -> list[str]:
    """Return what is known about an entry beside its record: a line of what is short, then the note."""
    from textwrap import wrap

    short = [f"rated {entry.rating} of {BEST}"] if entry.rating else []
    short += [f"review: {entry.review}"] if entry.review else []
    short += [f"side: {side}"] if side is not None else []
    lines = [", ".join(short)] if short else []
    for number, line in enumerate(printable(entry.note).split("\n") if entry.note else ()):
        start = "note: " if number == 0 else "      "
        lines += wrap(line, out.width, initial_indent=start, subsequent_indent="      ") or [""]
    return lines


def opening(entry: Entry, width: int) -> str:
    """Return the beginning of a conversation: what is said first after the system prompt."""
    turns = entry.turns
    first = next((turn for turn in turns if turn.role != "system"), turns[0] if turns else None)
    words = first.content if first else entry.text[: 4 * width].decode("utf-8", "replace")
    line = " ".join(printable(words[: 4 * width]).split())
    return line if len(line) <= width else line[: max(0, width - 3)] + "..."


def _speaker(out: Output, turn: Turn, name: str | None) -> str:
    role = out.styled(printable(turn.role) or "?", "bold", _ROLES.get(turn.role, "blue"))
    who = f" ({printable(name)})" if name else ""
    return f"{role}{who}{f' [{turn.side}]' if turn.side else ''}"


def _characters(entry: Entry) -> dict[Any, str]:
    """Return who speaks in which turn, as far as the sidecar says it in the way it should."""
    mapping = entry.mapping
    turns = mapping.get("turns") if isinstance(mapping, dict) else None
    named = [turn for turn in turns if isinstance(turn, dict)] if isinstance(turns, list) else []
    pairs = [(turn.get("turn_index"), turn.get("character_slug")) for turn in named]
    return {index: slug for index, slug in pairs if isinstance(index, int) and isinstance(slug, str)}


def _wrapped(turn: Turn, width: int) -> list[str]:
    from textwrap import wrap

    content = turn.content or ("" if isinstance(turn.raw, str) else dump(turn.raw))
    lines: list[str] = []
    for paragraph in printable(content).split("\n"):
        lines += wrap(
            paragraph, width, initial_indent="  ", subsequent_indent="  ", replace_whitespace=False
        ) or [""]
    return lines


def _rest(out: Output, entry: Entry) -> list[str]:
    """Return what of the record its turns do not show, a line for each field."""
    from textwrap import wrap

    if not isinstance(entry.data, dict):
        return wrap(printable(_compact(entry.data)), out.width)
    shown = {turn.path[0] for turn in entry.turns if turn.path}
    lines = []
    for key, value in entry.data.items():
        if key not in shown:
            whole = f"{printable(key)}: {printable(_compact(value))}"
            lines += [out.styled(line, "dim") for line in wrap(whole, out.width, subsequent_indent="  ")]
    return lines


def _compact(value: Any) -> str:
    import json

    # Integers of more digits than Python converts are decimals.
    return json.dumps(value, ensure_ascii=False, default=str)
