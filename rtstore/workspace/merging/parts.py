"""The record that comes of a conflict when each of its parts is decided, some by a value of the user's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash
from rtstore.compare.merge.records import merge_records
from rtstore.errors import UsageError
from rtstore.model.jsonedit import set_value
from rtstore.model.jsontext import Path, loads, locate
from rtstore.workspace.merging.results import Conflict

_STEPS: Final = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")


class Own(NamedTuple):
    """A value of the user's own for one part of a record."""

    value: Any


#: What is decided about one clash: ``ours``, ``theirs`` or ``base``, or a value.
Part = str | Own


def composed(conflict: Conflict, parts: Sequence[Part]) -> bytes:
    """Return the record of an entry that both sides edited, each of its clashes decided by one of ``parts``.

    What does not clash is merged; all that is not decided about keeps its bytes.

    Raises:
        UsageError: a value is for a part that cannot be written by itself.
    """
    assert conflict.ours is not None and conflict.theirs is not None
    sides = [
        _filled(clash) if isinstance(part, Own) else part
        for clash, part in zip(conflict.clashes, parts, strict=True)
    ]
    merged = merge_records(conflict.base or b"", conflict.ours, conflict.theirs, sides)
    text = merged.text.decode()
    # Those of the record come first: a mapping is not part of it.
    for clash, side, part in zip(merged.decided, sides, parts, strict=False):
        if isinstance(part, Own):
            text = _with_value(text, clash, side, part.value)
    return text.encode()


def merged(conflict: Conflict) -> bytes | None:
    """Return the record of an entry with all that does not clash merged, and as ours has it where it clashes.

    The paths of the clashes are those in it. Where a side does not have the entry, it is the other's.
    """
    base, ours, theirs = conflict.base, conflict.ours, conflict.theirs
    if ours is None or theirs is None:
        return ours or theirs
    return merge_records(base or b"", ours, theirs).text


def can_be_written(clash: Clash) -> bool:
    """Tell whether a clash can be decided by a value of the user's own."""
    return clash.kind in ("turn", "field")


def _filled(clash: Clash) -> str:
    """Return a side that has a value in the place of a clash: another one can be put there."""
    return "theirs" if clash.ours is MISSING else "ours"


def _with_value(text: str, clash: Clash, side: str, value: Any) -> str:
    path = _path(clash.path)
    span = locate(text, path)
    if span is None or loads(text[span.start : span.end].encode()) != getattr(clash, side):
        raise UsageError(
            f"{clash.path} cannot be written by itself", hint="Write the whole record: rtstore resolve --edit"
        )
    return set_value(text, path, value)


def _path(dotted: str) -> Path:
    return tuple(int(index) if index else name for index, name in _STEPS.findall(dotted))
