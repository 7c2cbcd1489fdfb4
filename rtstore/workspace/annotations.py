"""Annotations as people give them: a note, a rating, a review state, a side of the partition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from msgspec.structs import replace

from rtstore.errors import UsageError
from rtstore.model.objects import Annotation
from rtstore.model.partitions import Partition


class Fields(TypedDict, total=False):
    """What to change of an annotation; what is not named stays. An empty text, or 0, takes a value away."""

    note: str
    rating: int
    review: str
    partition: str


_TYPES: Final[dict[str, type]] = {"note": str, "rating": int, "review": str, "partition": str}


def annotated(annotation: Annotation, fields: Fields | Mapping[str, Any]) -> Annotation:
    """Return an annotation with some of its fields changed.

    Raises:
        UsageError: there is no such field, or it cannot have that value.
    """
    for name in fields:
        if name not in _TYPES:
            raise UsageError(
                f"an annotation has no field {name!r}", hint=f"It has: {', '.join(map(str, _TYPES))}."
            )
    return check_annotation(replace(annotation, **fields))


def check_annotation(annotation: Annotation) -> Annotation:
    """Return an annotation that can be stored.

    Raises:
        UsageError: it cannot.
    """
    for name, type_ in _TYPES.items():
        value = getattr(annotation, name)
        if type(value) is not type_:
            kind = "a whole number" if type_ is int else "a text"
            raise UsageError(f"the {name} of an entry is {kind}, and not {value!r}")
    if (problem := annotation.problem) is not None:
        raise UsageError(f"the {problem}")
    return annotation


def check_side(path: str, partition: Partition | None, side: str) -> None:
    """Refuse to put an entry of the dataset at ``path`` on a side that there is not; an empty one is none.

    Raises:
        UsageError: the partition does not have it.
    """
    if side and (partition is None or side not in partition.names):
        sides = "it is not divided" if partition is None else f"it has: {', '.join(partition.names)}"
        raise UsageError(f"{path} has no side {side}; {sides}", hint="`rtstore partition` divides a dataset.")
