"""Conversations that are trees: each message knows the one before it, and of several answers one was shown last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

#: The most conversations that are made of one, so that a small file cannot become a large one.
MAX_BRANCHES: Final = 1000


def path_to(leaf: str, parents: Mapping[str, str | None]) -> tuple[list[str], str | None]:
    """Return the messages from the first to ``leaf``, and what is wrong with them: None if they are whole.

    ``parents`` has for every message the one before it, None for a first one.
    """
    path, seen, at, problem = list[str](), set[str](), leaf, None
    while at not in seen:
        if at not in parents:
            problem = "the message before is missing"
            break
        path.append(at)
        seen.add(at)
        before = parents[at]
        if before is None:
            break
        at = before
    else:
        problem = "the messages before go round in a circle"
    return path[::-1], problem


def leaves(parents: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the messages that none comes after, in their order."""
    inner = set(parents.values())
    return (one for one in parents if one not in inner)


def with_shown(shown: str, parents: Mapping[str, str | None], all_branches: bool) -> tuple[list[str], int]:
    """Return the last messages of the branches that are wanted, the shown one first, and how many more there are."""
    if not all_branches:
        return [shown], 0
    found = [shown, *(leaf for leaf in leaves(parents) if leaf != shown)]
    return found[:MAX_BRANCHES], max(0, len(found) - MAX_BRANCHES)


def roots(parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return the first message before each; of those that go round in a circle, one of them."""
    found: dict[str, str] = {}
    for start in parents:
        path, on_path, at = list[str](), set[str](), start
        while at not in found and at not in on_path:
            path.append(at)
            on_path.add(at)
            before = parents.get(at)
            if before is None or before not in parents:
                break
            at = before
        root = found.get(at, at)
        found.update((one, root) for one in path)
    return found


def contracted(parents: Mapping[str, str | None], kept: Collection[str]) -> dict[str, str | None]:
    """Return for each message that is ``kept`` the nearest kept one before it; None where there is none.

    ``parents`` has them all. One that is named and not there stays named, as it is missing.
    """
    above: dict[str, str | None] = {}
    for start in parents:
        path, at = list[str](), start
        seen: set[str] = set()
        while at in parents and at not in kept and at not in above and at not in seen:
            path.append(at)
            seen.add(at)
            before = parents[at]
            if before is None:
                break
            at = before
        top = None if at in path else above.get(at, at)
        above.update((one, top) for one in path)
    return {id: None if (before := parents[id]) is None else above.get(before, before) for id in kept}
