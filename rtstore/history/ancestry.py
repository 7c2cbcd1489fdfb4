"""The graph of commits: walking it, and how two commits are related."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from rtstore.history.revisions import CommitReader
from rtstore.model.objects import Commit


def walk(
    commits: CommitReader, starts: Iterable[bytes], exclude: Iterable[bytes] = ()
) -> Iterator[tuple[bytes, Commit]]:
    """Yield ``starts`` and their ancestors with their ids, newest first, each once.

    A commit never comes before one of its descendants, even where clocks were wrong. Commits that ``exclude``
    or its ancestors hold are left out. As long as history is one line it is read as it is yielded; from a
    merge on, the rest is read first, since only that tells what is an ancestor of what.

    Raises:
        MissingObjectError: a commit is missing.
    """
    hidden = reachable(commits, exclude)
    pending = [commit for commit in dict.fromkeys(starts) if commit not in hidden]
    while len(pending) == 1:
        commit = commits.read_commit(pending[0])
        yield pending[0], commit
        pending = [parent for parent in dict.fromkeys(commit.parents) if parent not in hidden]
    yield from _sorted(_read_all(commits, pending, hidden))


def reachable(commits: CommitReader, starts: Iterable[bytes]) -> set[bytes]:
    """Return the ids of ``starts`` and all their ancestors.

    Raises:
        MissingObjectError: a commit is missing.
    """
    return set(_read_all(commits, starts, set()))


def _read_all(commits: CommitReader, starts: Iterable[bytes], hidden: set[bytes]) -> dict[bytes, Commit]:
    """Return ``starts`` and their ancestors without ``hidden``, in the order of their distance."""
    found: dict[bytes, Commit] = {}
    queue = deque(starts)
    while queue:
        id_ = queue.popleft()
        if id_ not in found and id_ not in hidden:
            found[id_] = commit = commits.read_commit(id_)
            queue.extend(commit.parents)
    return found


def _sorted(found: dict[bytes, Commit]) -> Iterator[tuple[bytes, Commit]]:
    """Yield commits newest first, none before all its children; of equal times the one found first."""
    children = dict.fromkeys(found, 0)
    for commit in found.values():
        for parent in set(commit.parents) & found.keys():
            children[parent] += 1
    order = {id_: number for number, id_ in enumerate(found)}
    ready = [(-commit.time, order[id_], id_) for id_, commit in found.items() if not children[id_]]
    heapify(ready)
    while ready:
        _, _, id_ = heappop(ready)
        yield id_, found[id_]
        for parent in set(found[id_].parents) & found.keys():
            children[parent] -= 1
            if not children[parent]:
                heappush(ready, (-found[parent].time, order[parent], parent))


def is_ancestor(commits: CommitReader, ancestor: bytes, descendant: bytes) -> bool:
    """Return whether ``ancestor`` is ``descendant`` or one of its ancestors.

    Raises:
        MissingObjectError: a commit is missing.
    """
    return ancestor in _best_common(commits, ancestor, descendant)


def merge_bases(commits: CommitReader, a: bytes, b: bytes) -> list[bytes]:
    """Return all best common ancestors of two commits, newest first: those that are no ancestor of another
    one.

    None where the histories have nothing in common; several after criss-cross merges. Reads little more than
    what came after the bases.

    Raises:
        MissingObjectError: a commit is missing.
    """
    common = _best_common(commits, a, b)
    if len(common) > 1:
        older = {id_: reachable(commits, commits.read_commit(id_).parents) for id_ in common}
        common = {id_ for id_ in common if not any(id_ in ids for ids in older.values())}
    return sorted(common, key=lambda id_: (-commits.read_commit(id_).time, id_))


def _best_common(commits: CommitReader, a: bytes, b: bytes) -> set[bytes]:
    """Return common ancestors: all the best ones, and where clocks were wrong perhaps others.

    Marks go down from both sides, newest commit first. What both sides reach is common; what is below that is
    ``stale``. Nothing but stale commits left to look at: all the best ones are found.
    """
    from_a, from_b, stale = 1, 2, 4
    marks = {a: from_a}
    marks[b] = marks.get(b, 0) | from_b
    queue = [_queued(commits, id_) for id_ in marks]
    heapify(queue)
    common: set[bytes] = set()
    while any(not marks[id_] & stale for _, id_, _ in queue):
        _, id_, parents = heappop(queue)
        mark = marks[id_]
        if mark & (from_a | from_b) == from_a | from_b:
            common.add(id_)
            mark |= stale
        for parent in parents:
            known = marks.get(parent, 0)
            if known | mark != known:
                marks[parent] = known | mark
                heappush(queue, _queued(commits, parent))
    return {id_ for id_ in common if not marks[id_] & stale}


def _queued(commits: CommitReader, id_: bytes) -> tuple[int, bytes, tuple[bytes, ...]]:
    commit = commits.read_commit(id_)
    return -commit.time, id_, commit.parents
