"""The definition of a partition, from what a user says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rtstore.errors import UsageError
from rtstore.model.partitions import WHOLE, Partition, partition_problem

#: The side that takes the rest where it is not named.
TRAIN: Final = "train"
#: Fractions that add up to 1 within this are a whole.
_NEARLY: Final = 1e-9
_HINT: Final = "Say, for example: --train 0.9 --val 0.1"


def define(
    fractions: Mapping[str, float | None],
    seed: str = "",
    group_by: str | None = None,
    stratify: str | None = None,
) -> Partition:
    """Return a partition into sides with these fractions.

    One side may have None: it takes what the others leave. So does ``train`` where it is not named and something is
    left.

    Raises:
        UsageError: the fractions are no whole, or something else cannot be.
    """
    shares = _shares(_filled(fractions))
    try:
        partition = Partition(tuple(shares.items()), seed, group_by or None, stratify)
        seed.encode()
        problem = partition_problem(partition)
    except UnicodeEncodeError:
        problem = "has a seed that is not UTF-8 text"
    if problem is not None:
        raise UsageError(f"a dataset cannot be divided so: it {problem}", hint=_HINT)
    return partition


def _filled(fractions: Mapping[str, float | None]) -> dict[str, float]:
    """Return the fraction of every side, that of the one without any being the rest."""
    known = {name: fraction for name, fraction in fractions.items() if fraction is not None}
    for name, fraction in known.items():
        if not 0 < fraction <= 1:
            raise UsageError(
                f"the fraction of {name} is more than 0 and at most 1, and not {fraction:g}", hint=_HINT
            )
    if not fractions:
        return {}
    total = sum(known.values())
    open_ = [name for name in fractions if name not in known]
    if len(open_) > 1:
        raise UsageError(f"only one side can take the rest, and not {' and '.join(open_)}", hint=_HINT)
    if not open_ and TRAIN not in known and total < 1 - _NEARLY:
        return {TRAIN: 1 - total, **known}
    if open_ and total < 1 - _NEARLY:
        return {name: 1 - total if (given := fractions[name]) is None else given for name in fractions}
    if open_:
        raise UsageError(f"nothing is left for {open_[0]}: the others are {total:g} together", hint=_HINT)
    if abs(total - 1) > _NEARLY:
        raise UsageError(f"the fractions are {total:g} together, and have to be 1", hint=_HINT)
    return known


def _shares(fractions: Mapping[str, float]) -> dict[str, int]:
    """Return fractions as whole numbers that are a whole together: the largest has what rounding left."""
    shares = {name: max(round(fraction * WHOLE), 1) for name, fraction in fractions.items()}
    if shares:
        largest = max(shares, key=lambda name: shares[name])
        shares[largest] += WHOLE - sum(shares.values())
    return shares
