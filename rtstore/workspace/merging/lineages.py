"""Which datasets of three versions belong together, whatever name each has in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rtstore.storage.interface import ObjectReader
from rtstore.workspace.renames import renames_between

#: Ids of datasets by name.
Datasets = Mapping[str, bytes]


class Lineage(NamedTuple):
    """A dataset: what it is called in each version, None where it is not there; ``name``: what it is to be called.

    ``notice``: what a user should know about that.
    """

    name: str
    base: str | None
    ours: str | None
    theirs: str | None
    notice: str | None = None


def lineages(reader: ObjectReader, base: Datasets, ours: Datasets, theirs: Datasets) -> list[Lineage]:
    """Return the datasets of three versions, by name.

    One that either side renamed has the new name; where both did, ours. A name that the other side has another dataset
    under is nobody's: that one keeps it, and what was renamed is called what it was.

    Raises:
        DamagedError: what is needed of them is missing or damaged.
    """
    mine, other = (
        {old: new for new, old in renames_between(reader, base, side).items()} for side in (ours, theirs)
    )
    found = [_lineage(name, _now(name, ours, mine), _now(name, theirs, other), ours, theirs) for name in base]
    added = [{*side} - {*base} - {*renamed.values()} for side, renamed in ((ours, mine), (theirs, other))]
    found += [
        Lineage(name, None, name if name in added[0] else None, name if name in added[1] else None)
        for name in added[0] | added[1]
    ]
    return sorted(found, key=lambda one: one.name)


def touched(reader: ObjectReader, base: Datasets, ours: Datasets, theirs: Datasets) -> set[str]:
    """Return the names of the datasets of ours, and of those to be, that a merge may change.

    Raises:
        DamagedError: what is needed of the versions is missing or damaged.
    """
    return set(_touched(reader, base, ours, theirs))


def _touched(reader: ObjectReader, base: Datasets, ours: Datasets, theirs: Datasets) -> Iterator[str]:
    for one in lineages(reader, base, ours, theirs):
        changed = base.get(one.base or "") != theirs.get(one.theirs or "")
        if changed or one.ours not in (None, one.name):
            yield one.name
            if one.ours is not None:
                yield one.ours


def _now(name: str, side: Datasets, renamed: Mapping[str, str]) -> str | None:
    """Return what a side calls a dataset of the base; None if it does not have it any more."""
    return name if name in side else renamed.get(name)


def _lineage(name: str, ours: str | None, theirs: str | None, mine: Datasets, other: Datasets) -> Lineage:
    wishes = [
        ("we", ours, ours is not None and (ours not in other or ours == theirs)),
        ("they", theirs, theirs is not None and (theirs not in mine or ours == theirs)),
    ]
    renamed = [wish for wish in wishes if wish[1] not in (None, name)]
    new = next((to for _, to, free in renamed if free and to is not None), name)
    notice = None
    for who, to, free in renamed:
        if not free:
            notice = f"{new}: {who} renamed {name} to {to}, which is another dataset on the other side"
        elif to != new:
            notice = f"{new}: {who} renamed {name} to {to}; our name stays"
    return Lineage(new, name, ours, theirs, notice)
