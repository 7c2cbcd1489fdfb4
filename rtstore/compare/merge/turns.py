"""Merge of conversations: turns by which became which, their texts word by word."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Any, Final

from rtstore.compare.merge.merging import Merging, Versions
from rtstore.compare.merge.values import merge_object, merge_value
from rtstore.compare.merge.weave import moved_apart, woven
from rtstore.compare.merge.words import merge_words
from rtstore.compare.turns import align_turns
from rtstore.errors import InputError
from rtstore.model.jsonedit import dotted
from rtstore.model.jsontext import Path, elements, loads
from rtstore.model.shapes.base import Turn, read_turn

#: The members of a turn, or of a part of its content, that hold what is said.
SAID: Final = frozenset(("content", "value", "text", "reasoning", "reasoning_content", "thinking"))


def merge_turns(merging: Merging, versions: Versions, path: Path) -> str | None:
    """Return the text of what is merged as turns; None where it is to be gone.

    That is a list of turns, one turn as an object or a string, what is said in one, or a list of typed parts.
    """
    side = versions.side()
    if side is not None:
        return merging.take(side, versions, path)
    opener = "" if versions.base is None else versions.opener
    if opener == '"':
        return _merge_text(merging, versions, path)
    if opener == "{":
        return merge_object(merging, versions, path, _merge_member, "turn")
    if opener == "[":
        return _merge_list(merging, versions, path)
    return merging.whole("turn", versions, path)


def _merge_member(merging: Merging, versions: Versions, path: Path) -> str | None:
    return (merge_turns if path[-1] in SAID else merge_value)(merging, versions, path)


def _merge_text(merging: Merging, versions: Versions, path: Path) -> str | None:
    base, ours, theirs = (loads((text or "").encode()) for text in versions)
    merged = merge_words(base, ours, theirs)
    if merged is None or (_is_json(base) and _is_json(ours) and _is_json(theirs) and not _is_json(merged)):
        return merging.whole("turn", versions, path)
    return merging.spelling.string(merged, versions.ours or "")


def _is_json(text: str) -> bool:
    """Whether a text is itself JSON: the call of a tool, or what it answered. It has to stay so."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        loads(text.encode("utf-8", "surrogatepass"))
    except InputError:
        return False
    return True


#: Stands for one turn in all versions: its index in the base, or of one that was inserted, the index of the turn
#: before it that all versions have, all it says, and which of the same it is. Both sides' equal ones are one.
_Token = int | tuple[int, str, int]


class _List:
    """A list of turns in one version."""

    def __init__(self, text: str | None) -> None:
        self.text = text or ""
        self.spans = elements(self.text)
        self.turns = [_turn(value, index) for index, value in enumerate(loads(self.text.encode()))]

    def item(self, index: int | None) -> str | None:
        """Return the text of a turn."""
        return None if index is None else self.text[self.spans[index].start : self.spans[index].end]


def _merge_list(merging: Merging, versions: Versions, path: Path) -> str:
    lists = base, ours, theirs = [_List(text) for text in versions]
    pair = (
        _pair_by_place if isinstance(path[-1], int) and len({len(one.turns) for one in lists}) == 1 else _pair
    )
    our_pairs, their_pairs = pair(base, ours), pair(base, theirs)
    common = set(our_pairs.values()) & set(their_pairs.values())
    rows = (
        list(range(len(base.turns))),
        _tokens(ours, our_pairs, common),
        _tokens(theirs, their_pairs, common),
    )
    if all(_takes_turns(one) for one in lists):
        rows = (*rows[:2], _rivals(ours, theirs, *rows[1:]))
    if moved_apart(*rows):
        merging.notices.append(f"{dotted(path)}: both sides moved turns; they are where ours has them")
    places = [{token: index for index, token in enumerate(row)} for row in rows]
    items: list[tuple[int | None, str]] = []
    for token in woven(*rows):
        indexes = [place.get(token) for place in places]
        slices = Versions(*(one.item(index) for one, index in zip(lists, indexes, strict=True)))
        text = merge_turns(merging, slices, (*path, len(items)))
        if text is not None:
            items.append((indexes[1], text))
    return merging.arrange(ours.text, ours.spans, items, path)


def _pair(base: _List, other: _List) -> dict[int, int]:
    """Return the index in the base of each turn that was there."""
    aligned = align_turns(base.turns, other.turns)
    return {pair.new: pair.old for pair in aligned if pair.old is not None and pair.new is not None}


def _pair_by_place(base: _List, other: _List) -> dict[int, int]:
    """Pair what means something by its place: question and answer of an exchange."""
    return {index: index for index in range(len(base.turns))}


def _tokens(one: _List, pairs: Mapping[int, int], common: AbstractSet[int]) -> list[_Token]:
    tokens: list[_Token] = []
    count: Counter[tuple[int, str]] = Counter()
    left = -1
    for index, turn in enumerate(one.turns):
        old = pairs.get(index)
        if old is None:
            inserted = left, json.dumps(turn.raw, sort_keys=True, default=str)
            tokens.append((*inserted, count[inserted]))
            count[inserted] += 1
        else:
            tokens.append(old)
            left = old if old in common else left
    return tokens


def _takes_turns(one: _List) -> bool:
    """Whether these are turns of which each has another speaker than the one before."""
    says = all(isinstance(turn.raw, dict) and turn.raw.keys() & {"role", "from"} for turn in one.turns)
    return says and all(a.role != b.role for a, b in pairwise(one.turns))


def _rivals(
    ours: _List, theirs: _List, our_row: Sequence[_Token], their_row: Sequence[_Token]
) -> list[_Token]:
    """Return theirs, in which what both sides let the same one say at the same place is one turn with ours.

    Two replies to one question are not both to stay: only somebody who reads them can tell which is to.
    """
    our_runs = _inserted(ours, our_row, set(their_row))
    same: dict[_Token, _Token] = {}
    for left, their_run in _inserted(theirs, their_row, set(our_row)).items():
        our_run = our_runs.get(left)
        if our_run is None or our_run[-1][1] != their_run[0][1]:
            continue  # in turn, one after the other
        for (mine, role), (other, other_role) in zip(our_run, their_run, strict=False):
            if role != other_role:
                break
            same[other] = mine
    return [same.get(token, token) for token in their_row]


def _inserted(
    one: _List, row: Sequence[_Token], others: AbstractSet[_Token]
) -> dict[int, list[tuple[_Token, str]]]:
    """Return what only this side inserted, with who says it, by the turn before that all versions have."""
    runs: dict[int, list[tuple[_Token, str]]] = {}
    for token, turn in zip(row, one.turns, strict=True):
        if isinstance(token, tuple) and token not in others:
            runs.setdefault(token[0], []).append((token, turn.role))
    return runs


def _turn(value: Any, index: int) -> Turn:
    """Return an item of a list as a turn: a turn, a typed part of one, or an exchange of two."""
    if isinstance(value, list):
        return Turn("", "\n".join(map(str, value)), None, (index,), None, value)
    kind = value.get("type") if isinstance(value, dict) else None
    return read_turn(value, (index,), kind if isinstance(kind, str) else "")
