"""Three-way merge of a record: turn by turn, field by field, tags as sets (design, section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Choice, Clash, Judge
from rtstore.compare.merge.merging import Merging, Versions, same
from rtstore.compare.merge.turns import merge_turns
from rtstore.compare.merge.values import Child, merge_object, merge_value
from rtstore.errors import InputError
from rtstore.model.jsontext import Path, equal, loads
from rtstore.model.shapes import shape_of, turns

__all__ = ["Choice", "Clash", "MergedRecord", "merge_records"]


_SPACE = " \t\r\n"


class MergedRecord(NamedTuple):
    """A merged record. Where it clashes, ``text`` has what ours has there.

    ``clashes`` are open; ``decided`` are those that were decided as asked. ``notices`` say what else a person may
    want to look at.
    """

    text: bytes
    clashes: tuple[Clash, ...] = ()
    notices: tuple[str, ...] = ()
    decided: tuple[Clash, ...] = ()


def merge_records(base: bytes, ours: bytes, theirs: bytes, choose: Choice = None) -> MergedRecord:
    """Merge two versions of a record that came from ``base``.

    The texts are JSON, and empty for a base that there is not; what is cut out of records as volatile stands in
    them as null (:meth:`rtstore.model.volatile.Volatile.readable`). Where only one side changed a record its text
    is the result, byte for byte; else it is ours' text with theirs' changes put in. ``choose`` decides clashes, and
    nothing else: for ``ours``, ``theirs`` or ``base``, or one by one in the order in which they are returned.

    Raises:
        UsageError: ``choose`` names a side that there is not.
    """
    if theirs in (ours, base):
        return MergedRecord(ours)
    if ours == base:
        return MergedRecord(theirs)
    try:
        return _merge(base, ours, theirs, choose)
    except (InputError, UnicodeDecodeError, RecursionError):
        # Nested deeper, or written otherwise, than what can be taken apart.
        return _as_a_whole(base, ours, theirs, choose)


def _merge(base: bytes, ours: bytes, theirs: bytes, choose: Choice) -> MergedRecord:
    # What is around the object, as a line may have it, stays as ours has it.
    text = ours.decode()
    inside = text.strip(_SPACE)
    start = text.find(inside)
    before, after = text[:start], text[start + len(inside) :]
    versions = Versions(base.decode().strip(_SPACE), inside, theirs.decode().strip(_SPACE))
    records = [loads(text.encode()) for text in versions if text is not None]
    if same(versions.base, versions.theirs):
        return MergedRecord((before + _respelled(versions, records) + after).encode())
    judge = Judge(choose)
    merging = Merging(versions, judge)
    merged = merge_object(merging, versions, (), _child(records), "record") or ""
    if not _is_safe(records, loads(merged.encode()), bool(judge.open or judge.decided)):
        return _as_a_whole(base, ours, theirs, choose)
    text = before + merged + after
    return MergedRecord(text.encode(), tuple(judge.open), tuple(merging.notices), tuple(judge.decided))


def _respelled(versions: Versions, records: Sequence[Any]) -> str:
    """Merge where theirs is only spelled otherwise: ours' changes are put into that spelling.

    A record on one line stays on one line.
    """
    base, ours, theirs = (text or "" for text in versions)
    if same(base, ours) or ("\n" in theirs and "\n" not in ours):
        return ours
    turned = Versions(base, theirs, ours)
    return merge_object(Merging(turned, Judge("theirs")), turned, (), _child(records), "record") or ""


def _child(records: Sequence[Any]) -> Child:
    """Return what merges the members of a record, some of which hold turns."""
    names = set().union(*map(_turn_names, records))

    def child(merging: Merging, versions: Versions, path: Path) -> str | None:
        return (merge_turns if path[-1] in names else merge_value)(merging, versions, path)

    return child


def _turn_names(record: Any) -> set[str | int]:
    """Return the names of the members that hold the turns of a record."""
    return {turn.path[0] for turn in turns(record)}


def _is_safe(records: Sequence[Any], merged: Any, clashes: bool) -> bool:
    """Whether a record may be merged field by field.

    Where a side gave it another shape, that has to go without a clash, and leave no turns behind which the shape
    that comes out does not look at.
    """
    if len({shape and shape.name for shape in map(shape_of, records)}) == 1:
        return True
    names = set().union(*map(_turn_names, records))
    before = _left_behind(records[1], names) | _left_behind(records[2], names)
    return not clashes and _left_behind(merged, names) <= before


def _left_behind(record: Any, names: set[str | int]) -> set[str | int]:
    return {name for name in names if record.get(name)} - _turn_names(record)


def _as_a_whole(base: bytes, ours: bytes, theirs: bytes, choose: Choice) -> MergedRecord:
    """Return one side's record: of the side that changed more than how it is spelled, else they clash."""
    if _same(ours, theirs) or _same(base, theirs):
        return MergedRecord(ours)
    if _same(base, ours):
        return MergedRecord(theirs)
    judge = Judge(choose)
    side = judge.side(Clash("record", "", *map(_decoded, (base, ours, theirs))))
    text = {"base": base, "ours": ours, "theirs": theirs}[side]
    return MergedRecord(text, tuple(judge.open), (), tuple(judge.decided))


def _same(a: bytes, b: bytes) -> bool:
    try:
        return equal(a, b)
    except InputError:
        return False


def _decoded(text: bytes) -> Any:
    """Return a record as a value; as a text, where it cannot be decoded. An empty text is none."""
    if not text:
        return MISSING
    try:
        return loads(text)
    except InputError:
        return text.decode("utf-8", "replace")
