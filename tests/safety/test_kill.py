"""A process is killed at random moments, over and over: nothing it acknowledged is lost, no file is half there.

``RTSTORE_KILL_SEED`` chooses the moments and what is done (default 1), so that a failure can be had again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

import rtstore
from rtstore import Store
from tests.safety import worker
from tests.safety.scenes import AUTHOR, check_store, committed, put, version, working_files

SEED = os.environ.get("RTSTORE_KILL_SEED", "1")
#: Seconds after which a worker that is ready is killed, at most.
LIFE = 0.4


def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    kill_over_and_over(tmp_path, 8)


@pytest.mark.slow
def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    kill_over_and_over(tmp_path, 220)


def kill_over_and_over(directory: Path, rounds: int) -> None:
    random = Random(SEED)
    root, log = directory / "workspace", directory / "log"
    root.mkdir()
    log.touch()
    known = Known()
    begin(root, known)
    for number in range(rounds):
        kill_one(root, log, f"{SEED}-{number}", random.random() * LIFE)
        lines = [
            json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")
        ]
        known.learn(lines[known.lines :])
        check(root, known, everything=number % 20 == 19 or number == rounds - 1)


def begin(root: Path, known: Known) -> None:
    files = version(0, worker.ENTRIES)
    put(root, files)
    store = rtstore.init(root)
    store.add([str(root)])
    known.commits[store.commit("first", AUTHOR).id.hex()] = worker.digests(files)
    known.contents |= {*worker.digests(files).values()}
    store.create_branch("lora")


def kill_one(root: Path, log: Path, seed: str, life: float) -> None:
    arguments = [sys.executable, worker.__file__, "work", str(root), str(log), seed]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"ready\n", process.stderr.read().decode()
        time.sleep(life)
        still_alive = process.poll() is None
        process.kill()
        assert still_alive, process.stderr.read().decode()


class Known:
    """What the workers said: commits with what is in them, contents that files may have, whether one is edited."""

    def __init__(self) -> None:
        self.commits: dict[str, dict[str, str]] = {}
        self.contents: set[str] = set()
        self.editing = False
        self.lines = 0

    def learn(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            self.lines += 1
            self.editing = "editing" in line or (self.editing and "refused" in line)
            if "commit" in line:
                self.commits[line["commit"]] = line["files"]
            self.contents |= {*line.get("editing", {}).values(), *line.get("files", {}).values()}


def check(root: Path, known: Known, *, everything: bool) -> None:
    store = check_store(root) if everything else rtstore.open(root)
    # A commit that was made but not yet acknowledged may be there as well.
    for revision in ("HEAD", *store.branches()):
        known.contents |= {*worker.digests(committed(store, revision)).values()}
    for name, content in working_files(root).items():
        assert not name.startswith(".") or name.endswith(".editor")
        assert name.endswith(".editor") or worker.digest(content) in known.contents
    assert store.status().clean or known.editing
    recent = list(known.commits)[-10:]
    for id in known.commits if everything else recent:
        assert worker.digests(committed(store, id)) == known.commits[id]
    check_lines(store)


def check_lines(store: Store) -> None:
    """The working files are datasets: all of their lines can be read."""
    for path in Path(store.root).rglob("[a-z]*.jsonl"):
        for line in path.read_bytes().splitlines():
            json.loads(line)
