"""Many datasets, few of which changed: what a command does follows those."""

from __future__ import annotations

import os
import time
from collections import Counter
from unittest.mock import patch

import pytest
from workspaces import Desk, lines, talk

from rtstore.storage.cache import Cache
from rtstore.workspace.files import discover

COUNT = 40


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A workspace with many committed datasets, saved long enough ago, one of them edited since."""
    past = time.time_ns() - 10**11
    for number in range(COUNT):
        desk.write(lines(talk(number)), f"{number}.jsonl")
    desk.store.add([desk.root])
    desk.commit()
    with patch("time.time_ns", lambda: past + 2 * 10**11):  # as the next day
        desk.store.status()
    desk.write(lines(talk(1), talk(2)), "1.jsonl")
    return desk


def test_a_commit_notes_what_it_did_not_know(desk: Desk) -> None:
    puts: Counter[str] = Counter()
    real = Cache.put

    def count(self: Cache, key: str, value: object) -> None:
        puts[key] += 1
        real(self, key, value)

    with patch.object(Cache, "put", count):
        desk.commit()
    assert puts == {"seen 1.jsonl": 1}
    with patch.object(Cache, "put", count):
        assert all(change.clean for change in desk.store.status().datasets)


def test_a_commit_reads_each_dataset_that_did_not_change_once(desk: Desk) -> None:
    workspace = desk.store._workspace
    with patch.object(workspace, "dataset", wraps=workspace.dataset) as dataset:
        desk.commit()
    assert dataset.call_count <= COUNT + 4


def test_files_that_are_tracked_need_no_look_to_be_known_for_that(desk: Desk) -> None:
    desk.write(lines(talk(0)), "new.jsonl")
    looked = []
    real = discover.may_be_dataset
    with patch.object(discover, "may_be_dataset", lambda path: looked.append(path) or real(path)):  # type: ignore[func-returns-value]
        assert desk.store.untracked() == ("new.jsonl",)
    assert list(map(os.path.basename, looked)) == ["new.jsonl"]
