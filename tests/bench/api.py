"""What is measured inside a process that uses the library. Prints seconds as JSON.

api.py edit WORKSPACE BRANCH     open the store; edit 100 entries of d.jsonl and commit; undo
api.py merge WORKSPACE BRANCH    two branches from BRANCH, 1,000 edits each; merge one into the other
api.py read WORKSPACE position   20 entries by position
api.py read WORKSPACE id         one entry by id in a store without a cache, then 20 more
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rtstore

NAME = "d.jsonl"
EDITS = 100
#: A branch that is not checked out.
WARM_UP = "other"
AUTHOR = "Ann <ann@example.org>"
READS = 20
MERGED = 1_000


def edit(workspace: str, branch: str) -> dict[str, list[float]]:
    """Time one edit of ``EDITS`` entries, from the call to the commit, in a process that has done one before."""
    _edit(rtstore.open(workspace), WARM_UP, [0])
    store = rtstore.open(workspace)  # which has read nothing yet
    places = random.sample(range(len(store[branch][NAME])), EDITS)
    return {"edit": [_edit(store, branch, places)]}


def _edit(store: rtstore.Store, branch: str, places: list[int]) -> float:
    start = time.perf_counter()
    with store.edit(branch, "a session", AUTHOR) as session:
        dataset = session[NAME]
        for place in places:
            dataset[place].turns[1].content = f"I would rather not, said number {place}."
    taken = time.perf_counter() - start
    store.undo()
    return taken


def merge(workspace: str, branch: str) -> list[float]:
    """Time the merge of two branches that are not checked out, with ``MERGED`` edits to other entries each."""
    store = rtstore.open(workspace)
    count = len(store[branch][NAME])
    places = random.sample(range(count), 2 * MERGED)
    for name, chosen in (("ours", places[:MERGED]), ("theirs", places[MERGED:])):
        store.create_branch(name, branch, force=True)
        with store.edit(name, name, AUTHOR) as session:
            for place in chosen:
                session[NAME][place].turns[1].content = f"{name}, said number {place}."
    store = rtstore.open(workspace)
    start = time.perf_counter()
    store.merge("theirs", into="ours", author=AUTHOR)
    return [time.perf_counter() - start]


def read(workspace: str, way: str) -> dict[str, list[float]]:
    """Time reads of single entries."""
    dataset = rtstore.open(workspace)["HEAD"][NAME]
    places = random.sample(range(len(dataset)), READS + 1)
    ids = [dataset[place].id.hex() for place in places]
    with without_cache(Path(workspace)):
        dataset = rtstore.open(workspace)["HEAD"][NAME]
        if way == "position":
            return {"warm": [timed(dataset, place) for place in places]}
        times = [timed(dataset, id) for id in ids]
        return {"cold": times[:1], "warm": times[1:]}


@contextmanager
def without_cache(workspace: Path) -> Iterator[None]:
    """Take the cache away, and bring it back: else the next command would have to read the working file."""
    cache, aside = workspace / ".rtstore" / "cache", workspace / "cache-aside"
    cache.rename(aside)
    try:
        yield
    finally:
        shutil.rmtree(cache, ignore_errors=True)
        aside.rename(cache)


def timed(dataset: rtstore.Dataset, key: int | str) -> float:
    start = time.perf_counter()
    assert dataset[key].text
    return time.perf_counter() - start


if __name__ == "__main__":
    what, where, how = sys.argv[1:]
    print(json.dumps({"edit": edit, "merge": merge, "read": read}[what](where, how)))
