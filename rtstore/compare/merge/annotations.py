"""Three-way merge of what people noted about an entry: its note, rating and review state, and its side.

What is known of its turns is merged apart, see :mod:`rtstore.compare.merge.mappings`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Choice, Clash, Judge
from rtstore.model.objects import Annotation

#: What people decide. Two who decided differently have to agree.
_DECIDED: Final = ("note", "rating", "review")


class MergedAnnotation(NamedTuple):
    """A merged annotation, its mapping ours. Where it clashes, it is as ours."""

    annotation: Annotation
    clashes: tuple[Clash, ...]
    notices: tuple[str, ...]


def merge_annotation(
    base: Annotation, ours: Annotation, theirs: Annotation, choose: Choice = None
) -> MergedAnnotation:
    """Merge two annotations field by field. ``choose`` decides clashes, as for records.

    The side of a partition is ours where both have another: both follow from the same definition, or that differs.
    """
    judge = Judge(choose)
    found: dict[str, Any] = {}
    notices: list[str] = []
    for name in ("lineage", "partition", *_DECIDED):
        before, mine, other = (getattr(one, name) for one in (base, ours, theirs))
        if mine == before:
            found[name] = other
        elif other not in (before, mine) and name in _DECIDED:
            clash = Clash("annotation", name, *(one or MISSING for one in (before, mine, other)))
            found[name] = {"ours": mine, "theirs": other, "base": before}[judge.side(clash)]
        elif other not in (before, mine) and name == "partition":
            notices.append(
                f"both sides put it on another side of the partition; it stays on {mine or 'its own'}"
            )
    return MergedAnnotation(replace(ours, **found), tuple(judge.open), tuple(notices))
