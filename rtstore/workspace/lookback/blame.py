"""Who last changed each turn of an entry: in which commit, through edits, moves, splits and joins."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from rtstore.compare.fields import same
from rtstore.compare.turns import align_turns
from rtstore.history.ancestry import walk
from rtstore.model.objects import Commit
from rtstore.model.shapes import Turn
from rtstore.workspace.lookback.places import Place, Places, may_touch
from rtstore.workspace.workspace import Workspace


class Blamed(Struct, frozen=True):
    """A turn and the commit that last changed it. ``index``: among the turns of the entry, from 0."""

    index: int
    turn: Turn
    commit_id: bytes
    commit: Commit


#: Of turns of an older version of an entry, by index: which turns of the newest they became.
_Origins = dict[int, list[int]]
#: The entries of a commit whose turns are still to be blamed.
_Waiting = dict[bytes, tuple[Place, _Origins]]


def blame(workspace: Workspace, commit: bytes, path: str, position: int) -> tuple[Blamed, ...]:
    """Return the turns of the entry at a position of a dataset, each with the commit that last changed it.

    In a merge, a turn that is the same in one of the parents was not changed by it. Records of no known shape have
    no turns.

    Raises:
        DamagedError: something is missing or damaged.
    """
    places = Places(workspace)
    place = places.at(path, places.datasets(commit)[path], position)
    turns = places.turns(place)
    left: dict[bytes, _Waiting] = {commit: {place.entry: (place, {i: [i] for i in range(len(turns))})}}
    blamed: dict[int, tuple[bytes, Commit]] = {}
    for id, what in walk(workspace, [commit]):
        for there, origins in left.pop(id, {}).values():
            changed = _pass_on(places, left, (id, what), there, origins)
            blamed.update((newest, (id, what)) for index in changed for newest in origins[index])
        if not left:
            break
    return tuple(Blamed(index, turn, *blamed[index]) for index, turn in enumerate(turns))


def _pass_on(
    places: Places, left: dict[bytes, _Waiting], at: tuple[bytes, Commit], place: Place, origins: _Origins
) -> list[int]:
    """Give the turns that are the same in a parent to that; return those that are not."""
    id, commit = at
    if not may_touch(commit, place.path):
        _give(left, commit.parents[0], place, origins)
        return []
    waiting = dict(origins)
    for parent in commit.parents:
        for old, index, older in _same_turns(places, id, parent, place, waiting):
            _give(left, parent, old, {older: waiting.pop(index)})
        if not waiting:
            break
    return list(waiting)


def _same_turns(
    places: Places, commit: bytes, parent: bytes, place: Place, wanted: _Origins
) -> list[tuple[Place, int, int]]:
    """Return where turns of an entry are unchanged in a parent: the entry there, the new and the old index."""
    before = places.before(place, commit, parent)
    if before is not None and before.record == place.record:
        return [(before, index, index) for index in wanted]
    olds = [before] if before is not None else list(_sources(places, parent, place))
    owners = [(old, index, turn) for old in olds for index, turn in enumerate(places.turns(old))]
    new = places.turns(place)
    unchanged = []
    for pair in align_turns([turn for _, _, turn in owners], new):
        if pair.old is not None and pair.new is not None and pair.new in wanted:
            old, index, turn = owners[pair.old]
            if _same(turn, new[pair.new]):
                unchanged.append((old, pair.new, index))
    return unchanged


def _sources(places: Places, parent: bytes, place: Place) -> Iterator[Place]:
    """Yield the entries that one was made of, where a parent has them."""
    for entry in places.annotation(place).lineage:
        source = places.find(parent, entry, place.path)
        if source is not None:
            yield source


def _same(old: Turn, new: Turn) -> bool:
    return old.role == new.role and old.side == new.side and same(old.raw, new.raw)


def _give(left: dict[bytes, _Waiting], commit: bytes, place: Place, origins: _Origins) -> None:
    waiting = left.setdefault(commit, {}).setdefault(place.entry, (place, {}))[1]
    for index, newest in origins.items():
        waiting.setdefault(index, []).extend(newest)
