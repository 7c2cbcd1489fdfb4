"""The history of one entry: what commits did to it, under whatever name its dataset had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from rtstore.compare.contents import annotation_difference
from rtstore.compare.difference import EntryChange, FieldChange
from rtstore.compare.entries import relate
from rtstore.compare.records import record_difference
from rtstore.history.ancestry import walk
from rtstore.model.objects import Commit
from rtstore.workspace.lookback.find import entry_id
from rtstore.workspace.lookback.places import Place, Places, may_touch
from rtstore.workspace.workspace import Workspace


class EntryStep(Struct, frozen=True):
    """What a commit did to an entry.

    ``path``: its dataset's name then; ``old_path``: before, where it was another. ``change``: in a merge, against
    the first parent that has the entry. ``sources``: the entries it was made of, by splitting or joining them.
    """

    commit_id: bytes
    commit: Commit
    path: str
    change: EntryChange
    old_path: str | None = None
    sources: tuple[bytes, ...] = ()


#: By commit still to be looked at, where the entries followed are in it.
_Live = dict[bytes, dict[bytes, Place | None]]


def entry_log(
    workspace: Workspace, starts: Sequence[bytes], exclude: Sequence[bytes], path: str, entry: str
) -> Iterator[EntryStep]:
    """Return what the ancestors of ``starts`` that are none of ``exclude`` did to an entry, newest first.

    ``path``: the name of its dataset. ``entry``: its position in the first of ``starts``, or the beginning of its id,
    also of one that is not there any more. Where an entry was made of others, their history follows. A merge that
    took the entry from one side is passed over.

    Raises:
        RevisionError: there is no such entry, or there are several.
        DamagedError: something is missing or damaged.
    """
    places = Places(workspace)
    id = entry_id(workspace, places, starts, path, entry)
    live: _Live = {commit: {id: places.find(commit, id, path)} for commit in starts}
    return _steps(places, live, walk(workspace, starts, exclude))


def _steps(places: Places, live: _Live, commits: Iterable[tuple[bytes, Commit]]) -> Iterator[EntryStep]:
    for id, commit in commits:
        for each, place in live.pop(id, {}).items():
            if place is None:
                yield from _without(places, live, (id, commit), each)
            else:
                yield from _with(places, live, (id, commit), place)


def _without(places: Places, live: _Live, at: tuple[bytes, Commit], entry: bytes) -> Iterator[EntryStep]:
    """Go on from a commit that does not have an entry: it may have removed it."""
    id, commit = at
    touched = may_touch(commit, None)
    found = [places.removed(entry, id, parent) if touched else None for parent in commit.parents]
    _follow(live, entry, list(zip(commit.parents, found, strict=True)))
    if found and found[0] is not None and None not in found:
        old = found[0]
        change = EntryChange("removed", entry, old.position, None, old_text=places.record(old))
        yield EntryStep(id, commit, old.path, change)


def _with(places: Places, live: _Live, at: tuple[bytes, Commit], place: Place) -> Iterator[EntryStep]:
    """Go on from a commit that has an entry: it may have added, edited or moved it."""
    id, commit = at
    if not may_touch(commit, place.path):
        _follow(live, place.entry, [(commit.parents[0], place)])
        return
    found = [(parent, places.before(place, id, parent)) for parent in commit.parents]
    had = [(parent, old) for parent, old in found if old is not None]
    if not had:
        yield _added(places, live, at, place)
        _follow(live, place.entry, found)
        return
    same = next(((parent, old) for parent, old in had if place.same_entry(old)), None)
    if same is not None and not _moved(places, commit, same[1], place):
        _follow(live, place.entry, [same])
        return
    yield _changed(places, at, same[1] if same else had[0][1], place)
    _follow(live, place.entry, had)


def _follow(live: _Live, entry: bytes, found: Sequence[tuple[bytes, Place | None]]) -> None:
    for parent, place in found:
        known = live.setdefault(parent, {})
        known[entry] = known.get(entry) or place


def _added(places: Places, live: _Live, at: tuple[bytes, Commit], place: Place) -> EntryStep:
    id, commit = at
    sources = places.annotation(place).lineage
    for parent in commit.parents:
        for source in sources:
            _follow(live, source, [(parent, places.find(parent, source, place.path))])
    change = EntryChange("added", place.entry, None, place.position, new_text=places.record(place))
    return EntryStep(id, commit, place.path, change, sources=sources)


def _changed(places: Places, at: tuple[bytes, Commit], old: Place, new: Place) -> EntryStep:
    id, commit = at
    before, after = places.record(old), places.record(new)
    turns, fields = record_difference(before, after)
    fields += _annotation_changes(places, old, new)
    moved = _moved(places, commit, old, new)
    if turns or fields or (old.record == new.record and not moved):
        kind = "edited"
    else:
        kind = "moved" if old.record == new.record else "reformatted"
    change = EntryChange(
        kind, new.entry, old.position, new.position, before, after, turns, fields, moved=moved
    )
    return EntryStep(id, commit, new.path, change, None if old.path == new.path else old.path)


def _moved(places: Places, commit: Commit, old: Place, new: Place) -> bool:
    """Tell whether an entry has another place among the others; only commits that say they move any are looked at."""
    if old.path != new.path:
        return True
    counts = dict(commit.counts).get(new.path)
    if counts is None or not counts.moved or len(commit.parents) != 1:
        return False
    changes = relate(places.dataset(old.dataset)[1], places.dataset(new.dataset)[1]).changes
    return any(move.entry == new.entry for move in changes.moved)


def _annotation_changes(places: Places, old: Place, new: Place) -> tuple[FieldChange, ...]:
    if old.annotation == new.annotation:
        return ()
    return annotation_difference(places.annotation(old), places.annotation(new))
