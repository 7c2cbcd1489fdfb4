"""The order of a merged sequence: ours, with what theirs inserted or moved put into it (design, section 7)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

from rtstore.compare.order import stayed

Item = TypeVar("Item", bound=Hashable)


def woven(base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]) -> list[Item]:
    """Return all items that ours or theirs has, in the merged order.

    Each run that theirs inserted or moved goes after its nearest left neighbour in theirs, and behind what only
    ours has there. What both moved stays where ours has it. Items that only one side still has are among the
    result: whether they survive is for the caller to say.
    """
    in_ours, in_theirs = set(ours), set(theirs)
    replaced = moved(base, theirs) - moved(base, ours)
    runs: dict[Item | None, list[Item]] = {}
    left: Item | None = None
    for item in theirs:
        if item in in_ours and item not in replaced:
            left = item
        else:
            runs.setdefault(left, []).append(item)
    result: list[Item] = []
    pending = runs.get(None, [])
    for item in ours:
        if item not in in_theirs:
            result.append(item)
        elif item not in replaced:
            result += pending
            result.append(item)
            pending = runs.get(item, [])
    return result + pending


def moved(base: Sequence[Item], other: Sequence[Item]) -> set[Item]:
    """Return what is at another place among the items that both have; as little as explains the new order."""
    places = {item: place for place, item in enumerate(base)}
    common = [item for item in other if item in places]
    kept = (
        {common[i] for i in stayed([places[item] for item in common], [1] * len(common))} if common else set()
    )
    return set(common) - kept


def moved_apart(base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]) -> bool:
    """Whether both sides moved something, and not in the same way."""
    both = set(ours) & set(theirs)
    if not (moved(base, ours) & both and moved(base, theirs) & both):
        return False
    return [item for item in ours if item in both] != [item for item in theirs if item in both]
