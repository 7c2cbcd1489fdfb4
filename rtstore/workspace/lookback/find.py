"""Which entry a user means whose history is asked for: one of the version at hand, or one that is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rtstore.compare.entries import relate
from rtstore.errors import RevisionError
from rtstore.history.ancestry import walk
from rtstore.history.revisions import MIN_PREFIX, find_position
from rtstore.workspace.lookback.places import Places, may_touch
from rtstore.workspace.workspace import Workspace

#: Hex digits shown of an entry's id where several fit.
_SHOWN = 12


def entry_id(workspace: Workspace, places: Places, starts: Sequence[bytes], path: str, entry: str) -> bytes:
    """Return the id of an entry: by its position in the first of some commits, or by the beginning of its id.

    An id is looked for in all these commits, then in what they and their ancestors removed.

    Raises:
        RevisionError: there is no such entry, or there are several.
    """
    prefix = entry.replace("-", "").lower()
    for commit in starts:
        dataset = places.datasets(commit).get(path)
        if dataset is None:
            continue
        found = find_position(entry, places.dataset(dataset)[0].count, path)
        if isinstance(found, int):
            return places.at(path, dataset, found).entry
        if ids := _matching(places, dataset, found):
            return _only(ids, path, entry)
    if len(prefix) < MIN_PREFIX:
        raise _unknown(places, starts, path, entry)
    for removed in _removed(workspace, places, starts, path):
        if ids := {id for id in removed if id.hex().startswith(prefix)}:
            return _only(ids, path, entry)
    raise _unknown(places, starts, path, entry)


def _matching(places: Places, dataset: bytes, prefix: str) -> set[bytes]:
    return {id for _, id in places.dataset(dataset)[1].positions_with_prefix(prefix)}


def _removed(
    workspace: Workspace, places: Places, starts: Sequence[bytes], path: str
) -> Iterator[set[bytes]]:
    """Yield the ids of the entries of a dataset that commits removed, newest first."""
    for id, commit in walk(workspace, starts):
        if not may_touch(commit, None):
            continue
        after = places.datasets(id).get(path)
        for parent in commit.parents:
            before = places.datasets(parent).get(path)
            if before is not None and before != after:
                new = workspace.tree(None) if after is None else places.dataset(after)[1]
                yield {each.entry for each in relate(places.dataset(before)[1], new).changes.removed}


def _only(ids: set[bytes], path: str, entry: str) -> bytes:
    if len(ids) > 1:
        shown = tuple(sorted(id.hex()[:_SHOWN] for id in ids))
        raise RevisionError(f"{entry} fits several entries of {path}: {', '.join(shown)}", candidates=shown)
    return next(iter(ids))


def _unknown(places: Places, starts: Sequence[bytes], path: str, entry: str) -> RevisionError:
    datasets = places.datasets(starts[0])
    if path not in datasets:
        from rtstore.workspace.views import unknown_dataset

        return unknown_dataset(path, datasets, starts[0].hex()[:_SHOWN])
    return RevisionError(
        f"{path} has no entry {entry} and had none in this history",
        hint=f"Ids are shown by: rtstore show HEAD:{path}",
    )
