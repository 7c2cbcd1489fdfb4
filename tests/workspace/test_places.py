"""Finding an entry in the version before, whatever happened to the entries around it."""

from __future__ import annotations

import random
from collections import Counter
from unittest.mock import patch

import pytest
from stories import Story, Told, entry_id
from workspaces import NAME, Desk

from rtstore.model.ids import Kind
from rtstore.storage.objects import ObjectStore
from rtstore.workspace.lookback.places import Places


def entries(names: list[str]) -> list[Told]:
    return [Told(name, ["Be brief.", f"Who is {name}?"]) for name in names]


def changed(names: list[str], chance: random.Random, fresh: str) -> list[str]:
    """Return names after blocks of them were removed, moved and added."""
    names = list(names)
    for number in range(chance.randrange(1, 4)):
        start = chance.randrange(len(names))
        block = names[start : start + chance.choice([1, 1, 5, 60])]
        names = [name for name in names if name not in set(block)]
        if chance.random() < 0.5:
            place = chance.randrange(len(names) + 1)
            names[place:place] = block
        names.insert(chance.randrange(len(names) + 1), f"{fresh} {number}")
    return names


@pytest.mark.parametrize("seed", range(12))
def test_where_an_entry_was_before(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    story = Story(desk)
    old = [f"entry {number}" for number in range(chance.choice([1, 100, 900]))]
    new = changed([*old, "last"], chance, "fresh")
    parent = story.commit(entries(old))
    commit = story.commit(entries(new), parent)
    places = Places(story.workspace)
    dataset = places.datasets(commit)[NAME]
    for position, name in enumerate(new):
        before = places.before(places.at(NAME, dataset, position), commit, parent)
        assert (before.position if before else None) == (old.index(name) if name in old else None)
    for name in set(old) - set(new):
        removed = places.removed(entry_id(name), commit, parent)
        assert removed is not None
        assert removed.position == old.index(name)


def test_the_cost_follows_the_history_and_not_the_dataset(desk: Desk) -> None:
    story = Story(desk)
    names = [f"entry {number}" for number in range(2000)]
    commit = story.commit(entries(names))
    for number in range(8):
        names = [name for name in names if name != f"entry {number * 250 + 7}"]
        commit = story.commit(entries(names), commit)
    desk.reopen()
    reads: Counter[Kind] = Counter()
    read = ObjectStore.read_version

    def counted(store: ObjectStore, kind: Kind, id: bytes, *more: int) -> tuple[bytes, int]:
        reads[kind] += 1
        return read(store, kind, id, *more)

    with patch.object(ObjectStore, "read_version", counted):
        steps = list(desk.store.entry_log(NAME, "1000"))
    assert [step.change.change for step in steps] == ["added"]
    # The pages around the entry, in each version; its position in the first is known.
    assert reads[Kind.LEAF] <= 8 * 2
    assert reads[Kind.INNER] <= 8 * 3
    assert reads[Kind.RECORD] == 1
