"""The library at a million entries, against itself at 10,000."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from corpus import write_corpus
from measure import Row, python, ratio_row, rtstore, settle, time_row

NAME = "d.jsonl"
API = Path(__file__).with_name("api.py")
SMALL = 10_000
EDIT_BAR = 0.060
MEMORY_BAR = 400e6


def measure(scratch: Path, count: int, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Measure edits through the library, single reads, and the memory of a first commit."""
    small, large = scratch / "ten-thousand", scratch / "million"
    say(f"writing {count:,} conversations and committing them")
    _workspace(small, SMALL)
    peak = _workspace(large, count)
    bare: list[float] = []
    ratios: list[float] = []
    checked_out: list[float] = []
    copies: list[float] = []
    reads: dict[str, list[float]] = {"position": [], "warm": [], "cold": []}
    for number in range(rounds):
        say(f"library, round {number + 1} of {rounds}")
        ten = _api("edit", small, "other")["edit"][0]
        bare += _api("edit", large, "other")["edit"]
        ratios.append(bare[-1] / ten)
        settle()
        copy = _copy_time(large / NAME)
        settle()
        checked_out += _api("edit", large, "main")["edit"]
        settle()
        # Disks slow down when much was written to them: what a copy takes is measured before and after.
        copy = (copy + _copy_time(large / NAME)) / 2
        copies.append(checked_out[-1] / (EDIT_BAR + copy))
        reads["position"] += _api("read", large, "position")["warm"]
        by_id = _api("read", large, "id")
        reads["warm"] += by_id["warm"]
        reads["cold"] += by_id["cold"]
    for workspace in (small, large):
        shutil.rmtree(workspace)
    ratio = median(ratios)
    return [
        Row(f"memory of the first commit, {count:,} entries", "at most 400 MB", *_memory(peak)),
        time_row("edit of 100 entries and commit, no working file", EDIT_BAR, bare),
        Row("the same against 10,000 entries", "at most 4 times", f"{ratio:.1f}", ratio <= 4),
        ratio_row("the same with a checked-out file", 1, copies, "times (60 ms + a copy of it)", checked_out),
        time_row("read one entry by position", 0.001, reads["position"]),
        time_row("read one entry by id", 0.001, reads["warm"]),
        time_row("read one entry by id, nothing cached", 0.100, reads["cold"]),
    ]


def _workspace(workspace: Path, count: int) -> int:
    """Make a workspace with a corpus committed on two branches; return the most memory that took."""
    workspace.mkdir()
    write_corpus(workspace / NAME, count)
    rtstore(workspace, "init")
    settle()
    runs = [rtstore(workspace, "add", NAME), rtstore(workspace, "commit", "-m", "one")]
    rtstore(workspace, "branch", "other")
    return max(each.peak for each in runs)


def _copy_time(file: Path) -> float:
    """Return the seconds that a durable copy of a file takes."""
    copy = file.with_name("copy")
    start = time.perf_counter()
    with open(file, "rb") as source, open(copy, "wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
        sink.flush()
        os.fsync(sink.fileno())
    taken = time.perf_counter() - start
    copy.unlink()
    return taken


def _api(what: str, workspace: Path, how: str) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = json.loads(python(workspace, API, what, workspace, how).output)
    return measured


def _memory(peak: int) -> tuple[str, bool]:
    return f"{peak / 1e6:.0f} MB", peak <= MEMORY_BAR
