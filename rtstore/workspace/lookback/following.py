"""The history of datasets under all the names they had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from rtstore.model.objects import Commit, Counts
from rtstore.workspace.between import snapshot_changes
from rtstore.workspace.renames import renames_between
from rtstore.workspace.workspace import Workspace


class Followed(NamedTuple):
    """A commit, and the names that the datasets followed have in it or had just before."""

    id: bytes
    commit: Commit
    names: frozenset[str]

    @property
    def touched(self) -> bool:
        """Whether the commit changed any of them."""
        return any(path in self.names for path, _ in self.commit.counts)


class DatasetCounts(Struct, frozen=True):
    """What a commit changed in a dataset. ``renamed_from``: the path that it had before, where that was another."""

    path: str
    counts: Counts
    renamed_from: str | None = None


def following(
    workspace: Workspace,
    commits: Iterable[tuple[bytes, Commit]],
    starts: Sequence[bytes],
    names: Iterable[str],
) -> Iterator[Followed]:
    """Yield commits, newest first, with the names of datasets in them; in ``starts`` these are ``names``.

    Raises:
        DamagedError: something is missing or damaged.
    """
    first = frozenset(names)
    wanted = dict.fromkeys(starts, first)
    for id, commit in commits:
        here = wanted.pop(id, first)
        names_before = frozenset[str]()
        for parent in commit.parents:
            sources = _sources(workspace, id, commit, parent, here)
            before = (here - sources.keys()) | {*sources.values()}
            names_before |= before
            wanted[parent] = wanted.get(parent, frozenset()) | before
        yield Followed(id, commit, here | names_before)


def counted(workspace: Workspace, id: bytes, commit: Commit) -> tuple[DatasetCounts, ...]:
    """Return what a commit changed against its first parent, by dataset.

    Raises:
        DamagedError: something is missing or damaged.
    """
    if not _may_rename(commit):
        return tuple(DatasetCounts(path, counts) for path, counts in commit.counts)
    before = workspace.snapshot(commit.parents[0] if commit.parents else None)
    changes = snapshot_changes(workspace.objects, before, workspace.snapshot(id))
    return tuple(
        DatasetCounts(change.path, change.counts, change.renamed_from)
        for change in changes
        if not change.clean
    )


def _sources(
    workspace: Workspace, id: bytes, commit: Commit, parent: bytes, here: frozenset[str]
) -> dict[str, str]:
    """Return the names in a parent of those datasets that had another there."""
    if len(commit.parents) == 1 and not (
        _may_rename(commit) and any(path in here for path, _ in commit.counts)
    ):
        return {}
    before, after = workspace.snapshot(parent), workspace.snapshot(id)
    if not any(name in after and name not in before for name in here):
        return {}
    sources = renames_between(workspace.objects, before, after)
    return {new: old for new, old in sources.items() if new in here}


def _may_rename(commit: Commit) -> bool:
    """Tell from its counts alone whether a commit can have given a dataset another name."""
    kinds = [(counts.removed, counts.added) for _, counts in commit.counts if _is_whole(counts)]
    return any(removed for removed, _ in kinds) and any(added for _, added in kinds)


def _is_whole(counts: Counts) -> bool:
    """Tell whether counts can be those of a dataset that came or went as a whole."""
    kinds = (counts.added, counts.removed, counts.edited, counts.moved, counts.reformatted)
    return sum(map(bool, kinds)) == 1
