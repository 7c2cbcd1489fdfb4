"""Three-way merge of what a sidecar says about one entry: which character speaks each of its turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from rtstore.compare.merge.clashes import Choice, Clash, Judge
from rtstore.compare.merge.merging import Merging, Versions
from rtstore.compare.merge.spelling import arranged
from rtstore.compare.merge.values import merge_object, merge_value
from rtstore.compare.merge.weave import woven
from rtstore.compare.turns import align_turns
from rtstore.errors import InputError
from rtstore.model.jsonedit import replace, set_value, style
from rtstore.model.jsontext import Path, elements, loads, locate
from rtstore.model.shapes import Turn, turns

#: The members of a mapping that hold its turns, and of a turn that says which one it is, counted from 0.
TURNS: Final = "turns"
INDEX: Final = "turn_index"
#: The member of a record whose items are counted.
MESSAGES: Final = "messages"


class Records(NamedTuple):
    """The entry's record in all versions and merged, as JSON: they tell where its turns went."""

    base: bytes
    ours: bytes
    theirs: bytes
    merged: bytes


class MergedMapping(NamedTuple):
    """A merged mapping; empty if there is none. Where it clashes, it is as ours."""

    text: bytes
    clashes: tuple[Clash, ...] = ()
    decided: tuple[Clash, ...] = ()


def merge_mapping(
    base: bytes, ours: bytes, theirs: bytes, choose: Choice = None, records: Records | None = None
) -> MergedMapping:
    """Merge two versions of a mapping turn by turn; an empty text stands for none.

    With ``records`` turns are followed to where they are in the merged record; without, each index stands for
    the same turn everywhere. ``choose`` decides clashes, as in :func:`rtstore.compare.merge.records.merge_records`.

    Raises:
        UsageError: ``choose`` names a side that there is not.
    """
    if records is not None:
        base = follow_turns(base, records.base, records.merged)
        ours = follow_turns(ours, records.ours, records.merged)
        theirs = follow_turns(theirs, records.theirs, records.merged)
    if theirs in (ours, base):
        return MergedMapping(ours)
    if ours == base:
        return MergedMapping(theirs)
    versions = Versions(*(text.decode() or None for text in (base, ours, theirs)))
    judge = Judge(choose)
    merging = Merging(versions, judge, kind="mapping")
    if versions.opener == "{":
        merged = merge_object(merging, versions, (), _merge_member)
    else:
        merged = merging.whole("mapping", versions, ())
    return MergedMapping((merged or "").encode(), tuple(judge.open), tuple(judge.decided))


def follow_turns(mapping: bytes, old: bytes, new: bytes) -> bytes:
    """Return a mapping of the turns of ``old`` as one of the turns of ``new``, a later version of that record.

    Turns that are gone are left out. A mapping or record that is none is left alone.
    """
    if old == new or not mapping:
        return mapping
    places = _places(old, new)
    text = mapping.decode()
    span = locate(text, (TURNS,))
    found = None if span is None else _by_index(text[span.start : span.end])
    if places is None or span is None or found is None or all(places.get(index) == index for index in found):
        return mapping
    moved = sorted((places[index], index) for index in found if index in places)
    items = [(None, set_value(found[old_index], (INDEX,), new_index)) for new_index, old_index in moved]
    container = text[span.start : span.end]
    turned = arranged(container, elements(container), items, style(text), "")
    return replace(text, [(*span, turned)]).encode()


def _places(old: bytes, new: bytes) -> dict[int, int] | None:
    """Return where each message of a record is in its later version; None if one is no record."""
    try:
        before, after = _messages(old), _messages(new)
    except InputError:
        return None
    pairs = align_turns(before, after)
    return {pair.old: pair.new for pair in pairs if pair.old is not None and pair.new is not None}


def _messages(record: bytes) -> list[Turn]:
    value = loads(record)
    found = turns(value) if isinstance(value, dict) else []
    return [turn for turn in found if turn.path[0] == MESSAGES]


def _by_index(text: str) -> dict[int, str] | None:
    """Return the turns of a mapping by their index; None if it is no list of such, or two have the same."""
    if not text.startswith("["):
        return None
    found: dict[int, str] = {}
    for value, span in zip(loads(text.encode()), elements(text), strict=True):
        index = value.get(INDEX) if isinstance(value, dict) else None
        if type(index) is not int or index in found:
            return None
        found[index] = text[span.start : span.end]
    return found


def _merge_member(merging: Merging, versions: Versions, path: Path) -> str | None:
    side = versions.side()
    if side is None and path == (TURNS,) and versions.opener == "[":
        lists = [_by_index(text or "[]") for text in versions]
        if None not in lists:
            return _merge_turns(merging, versions, [found or {} for found in lists], path)
    return merge_value(merging, versions, path)


def _merge_turns(merging: Merging, versions: Versions, lists: Sequence[dict[int, str]], path: Path) -> str:
    base, ours, theirs = lists
    order = woven(list(base), list(ours), list(theirs))
    if all(list(found) == sorted(found) for found in lists):
        order.sort()
    places = {index: place for place, index in enumerate(ours)}
    items: list[tuple[int | None, str]] = []
    for index in order:
        one = Versions(base.get(index), ours.get(index), theirs.get(index))
        text = merge_value(merging, one, (*path, index))
        if text is not None:
            items.append((places.get(index), text))
    container = versions.ours or ""
    return merging.arrange(container, elements(container), items, path)
