"""What a process does until it is killed: ``python travel_worker.py TASK WORKSPACE CONFIG URL SEED``."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from shutil import rmtree

sys.path.insert(0, str(Path(__file__).parents[3]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from workspaces import lines, talk

import rtstore
from rtstore.errors import RtstoreError

AUTHOR = "Nell <nell@example.org>"


def push(root: Path, config: str, url: str, chance: Random) -> None:
    """Commit and push over and over; say each commit that was pushed."""
    store = rtstore.open(root, config)
    print("ready", flush=True)
    while True:
        number = chance.randrange(1 << 20)
        (root / "mara.jsonl").write_bytes(lines(*map(talk, range(number, number + 300))))
        id = store.commit("a session", AUTHOR, allow_empty=True).id
        store.push()
        print(id.hex(), flush=True)


def fetch(root: Path, config: str, url: str, chance: Random) -> None:
    """Fetch and pull over and over, sometimes with nothing remembered."""
    store = rtstore.open(root, config)
    print("ready", flush=True)
    while True:
        if chance.random() < 0.5:
            (root / ".rtstore" / "remotes" / "backup.tree").unlink(missing_ok=True)
        store.fetch()
        try:
            store.pull(author=AUTHOR)
        except RtstoreError:
            store = rtstore.open(root, config)


def clone(root: Path, config: str, url: str, chance: Random) -> None:
    """Clone over and over."""
    print("ready", flush=True)
    while True:
        rmtree(root / "clone", ignore_errors=True)
        rtstore.clone(url, root / "clone", config)


def main() -> None:
    task, root, config, url, seed = sys.argv[1:]
    {"push": push, "fetch": fetch, "clone": clone}[task](Path(root), config, url, Random(seed))


if __name__ == "__main__":
    main()
