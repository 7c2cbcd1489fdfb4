"""Conflicts in words: what they are called, and what happened on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from rtstore.cli.session import Session
from rtstore.cli.text import printable
from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash
from rtstore.workspace.merging.results import Conflict

#: A place in a list of a record: ``messages[2].content``.
_PLACE: Final = re.compile(r"(\w+)\[(\d+)\](?:\.(.+))?", re.DOTALL)
_TURN: Final = re.compile(r"turn \d+")
#: Lists of a record whose turns need no other name.
_CONVERSATIONS: Final = frozenset(("messages", "conversations"))
#: Members of a turn that are what it says.
_SAID: Final = frozenset(("content", "value", "text"))
#: How many places are named in one line.
_NAMED: Final = 4
#: Hex digits of an entry's id that are shown.
SHORT: Final = 8


class Named(NamedTuple):
    """What is printed for a conflict: its name, as commands take it, and the id of its entry."""

    name: str
    id: str

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.name} {self.id}".rstrip()


def named(session: Session, conflict: Conflict) -> Named:
    """Return what a conflict is called: ``mara.jsonl#9 3fa81c2d``; ``mara.jsonl:tags/approved``; ``mara.jsonl``.

    An entry that is not in the working file has no position there, and is called by its id.
    """
    path = session.shown(conflict.dataset)
    if conflict.kind == "registry":
        return Named(f"{path}:{_line(conflict.path) or 'registry'}", "")
    if conflict.entry is None:
        return Named(path, "")
    id_ = conflict.entry.hex()[:SHORT]
    if conflict.ours is None or conflict.position is None:
        return Named(f"{path}#{id_}", "")
    return Named(f"{path}#{conflict.position + 1}", id_)


def what(conflict: Conflict) -> str:
    """Return what happened on both sides: ``both edited turn 3``; ``edited by us, removed by them``."""
    if conflict.kind != "edited" and conflict.kind != "registry":
        ours, theirs = conflict.kind.split("/")
        return f"{ours} by us, {theirs} by them"
    if not conflict.clashes:
        return "both edited it"
    found: dict[str, list[str]] = {}
    for clash in conflict.clashes:
        place = "it" if conflict.kind == "registry" or clash.kind == "record" else place_of(clash)
        found.setdefault(doing(clash), []).append(place)
    return "; ".join(f"{did} {_listed(places)}" for did, places in found.items())


def doing(clash: Clash) -> str:
    """Return what both sides did to a value, before its name: ``both edited``."""
    if clash.ours is MISSING:
        return "we removed, they edited"
    if clash.theirs is MISSING:
        return "we edited, they removed"
    return "both added" if clash.base is MISSING else "both edited"


def place_of(clash: Clash) -> str:
    """Return where a value is, as people say it: ``turn 3``, ``turn 2 of chosen``, ``name of turn 3``, ``rating``."""
    if clash.kind == "record":
        return "the whole record"
    found = _PLACE.fullmatch(clash.path)
    if found is None or clash.kind not in ("turn", "field", "mapping"):
        return _line(clash.path) or clash.kind
    list_, index, member = found[1], int(found[2]) + 1, found[3]
    if clash.kind == "mapping":
        return f"speaker of turn {index}"
    turn = f"turn {index}" if list_ in _CONVERSATIONS else f"turn {index} of {list_}"
    if list_ not in _CONVERSATIONS and clash.kind == "field":
        return _line(clash.path)
    return turn if member is None or member in _SAID else f"{_line(member)} of {turn}"


def _listed(places: Iterable[str]) -> str:
    """Return places as a list in one line: ``turns 3 and 5``, ``turn 2, rating and note``."""
    shown = list(dict.fromkeys(places))
    turns = [place.removeprefix("turn ") for place in shown if _TURN.fullmatch(place)]
    if len(turns) == len(shown) > 1:
        return f"turns {_joined(turns)}"
    return _joined(shown)


def _joined(shown: list[str]) -> str:
    if len(shown) > _NAMED:
        shown = [*shown[: _NAMED - 1], f"{len(shown) - _NAMED + 1:,} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _line(text: str) -> str:
    return " ".join(printable(text).split())
