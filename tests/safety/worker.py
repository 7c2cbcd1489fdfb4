"""What other processes do to a workspace in these tests: ``python worker.py TASK WORKSPACE LOG SEED``.

Every line of the log is one JSON value, written before the next thing is done; so the log of a process that was
killed says all that had been acknowledged to it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import rtstore
from rtstore import Store
from rtstore.errors import NothingToDoError, RevisionError, RtstoreError, UncommittedChangesError
from tests.safety.scenes import AUTHOR, MARA, TOM, committed, jsonl, put, version

#: Entries of the datasets of a worker: enough for several leaves and for writes that take a moment.
ENTRIES = 60


class Log:
    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def say(self, **fields: Any) -> None:
        self._file.write(json.dumps(fields) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def digests(files: dict[str, bytes]) -> dict[str, str]:
    return {name: digest(content) for name, content in sorted(files.items())}


# --- everything, until it is killed
# --------------------------------------------------------------------------------------------------------


def work(root: Path, log: Log, random: Random) -> None:
    """Use the store as a busy user would. What leaves uncommitted changes is announced before it is done."""
    store = rtstore.open(root)
    tidy(store, log)
    print("ready", flush=True)
    while True:
        task = random.choice([session, session, by_api, switch, switch, undo, gc, restore])
        try:
            task(root, store, log, random)
        except (NothingToDoError, UncommittedChangesError, RevisionError):
            log.say(refused=task.__name__)
        tidy(store, log)


def tidy(store: Store, log: Log) -> None:
    if not store.status().clean:
        acknowledge(store, log, store.commit("what was left", AUTHOR).id)


def acknowledge(store: Store, log: Log, commit: bytes) -> None:
    log.say(commit=commit.hex(), files=digests(committed(store, commit.hex())))


def session(root: Path, store: Store, log: Log, random: Random) -> None:
    """A session in an editor that ends with a commit."""
    files = version(random.getrandbits(40), ENTRIES)
    log.say(editing=digests(files))
    put(root, files)
    acknowledge(store, log, store.commit("session", AUTHOR).id)


def by_api(root: Path, store: Store, log: Log, random: Random) -> None:
    branch = random.choice(["main", "lora"])
    with store.edit(branch, "through the API", AUTHOR) as edit:
        edit[MARA][random.randrange(len(edit[MARA]))].turns[2].content = f"Said by {random.getrandbits(40)}."
    if edit.result is not None:
        acknowledge(store, log, edit.result.id)


def switch(root: Path, store: Store, log: Log, random: Random) -> None:
    branch = random.choice(["main", "lora"])
    store.switch(branch)
    log.say(branch=branch)


def undo(root: Path, store: Store, log: Log, random: Random) -> None:
    log.say(editing={})
    store.undo()
    if random.random() < 0.5:
        store.redo()


def restore(root: Path, store: Store, log: Log, random: Random) -> None:
    log.say(editing={})
    store.restore([MARA, TOM], source=random.choice(["main", "lora"]))


def gc(root: Path, store: Store, log: Log, random: Random) -> None:
    store.gc()
    log.say(collected=True)


# --- two at once
# --------------------------------------------------------------------------------------------------------


def commit(root: Path, log: Log, random: Random) -> None:
    """Commit a dataset of one's own ten times."""
    name = f"own-{os.getpid()}.jsonl"
    store = rtstore.open(root)
    for number in range(10):
        put(root, {name: jsonl(name, [f"Reply {number}.", f"Of {os.getpid()}."])})
        if number == 0:
            store.add([str(root / name)])
        acknowledge(store, log, store.commit(f"{name} {number}", AUTHOR, [name]).id)


def read(root: Path, log: Log, random: Random) -> None:
    """Read all versions, opened anew or with a store that has been open for long, until told to stop."""
    store = rtstore.open(root)
    versions = 0
    while not (root / "stop").exists():
        if random.random() < 0.3:
            store = rtstore.open(root)
        for id, _ in list(store.log()):
            for dataset in store[id.hex()].values():
                assert len(list(dataset)) == len(dataset)
                assert b"".join(dataset.chunks())
            versions += 1
    log.say(versions=versions)


def edit(root: Path, log: Log, random: Random) -> None:
    """Be an editor that saves a file again and again, in either way, until told to stop.

    Each content that was found to be replaced by another program is logged: it must be in the history.
    """
    path = root / TOM
    number, saved = 0, digest(path.read_bytes())
    while not (root / "stop").exists():
        number += 1
        time.sleep(random.random() * (0.02 if number % 10 else 0.3))
        # Of another size each time: saved twice in one tick of the clock, a file would look the same otherwise.
        content = jsonl(TOM, [f"Saved {number}." + "!" * (number % 99), *(["And more."] * ENTRIES)])
        if digest(path.read_bytes()) != saved:
            log.say(replaced=saved)
        if random.random() < 0.5:
            put(root, {TOM: content})
        else:
            save_in_place(path, content)
        saved = digest(content)
    if digest(path.read_bytes()) != saved:
        log.say(replaced=saved)
    log.say(saves=number)


def save_in_place(path: Path, content: bytes) -> None:
    """Save as many programs do: the file is empty for a moment, and half there for another."""
    with path.open("wb") as file:
        middle = len(content) // 2
        file.write(content[:middle])
        file.flush()
        file.write(content[middle:])


def hold(root: Path, log: Log, random: Random) -> None:
    """Hold the lock until killed or told to stop."""
    from rtstore.workspace.workspace import Workspace

    with Workspace.open(str(root)).lock:
        print("ready", flush=True)
        while not (root / "stop").exists():
            time.sleep(0.01)


def main() -> None:
    task, root, log, seed = sys.argv[1:]
    tasks = {"work": work, "commit": commit, "read": read, "edit": edit, "hold": hold}
    try:
        tasks[task](Path(root), Log(Path(log)), Random(seed))
    except RtstoreError as error:
        print(f"{type(error).__name__}: {error.message}", file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
