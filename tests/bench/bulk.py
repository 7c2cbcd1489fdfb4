"""Commands on a large working file, against the floor."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import floor
import startup
from corpus import write_next_version, write_stamp_only_save
from measure import Row, ratio_row, rtstore, settle, stored
from startup import Start

NAME = "d.jsonl"
#: Time stamps of files must be older than this before a command trusts them.
REST = 0.1


class Round(NamedTuple):
    """Seconds of the commands of one round, sizes in bytes; the floor and start-up timed right before."""

    floor: floor.Floor
    start: Start
    first: float
    stored: int
    touched: float
    untouched: float
    second: float
    growth: int
    switch: float


def measure(scratch: Path, corpus: Path, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Measure first commit, status, second commit and switch."""
    following = scratch / "next.jsonl"
    write_next_version(corpus, following)
    done = []
    for number in range(rounds):
        say(f"large file, round {number + 1} of {rounds}")
        base = floor.measure(corpus, scratch)
        done.append(_round(scratch / "large", corpus, following, base, startup.measure(scratch, 3)))
    rows = _rows(done, corpus.stat().st_size, _after_gc(scratch / "large", corpus))
    following.unlink()
    return rows


def measure_stamps(scratch: Path, corpus: Path, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Measure status after a save that changed nothing but the time stamps in every line."""
    saved = scratch / "saved.jsonl"
    write_stamp_only_save(corpus, saved)
    ratios, firsts, next_ratios, nexts = [], [], [], []
    for number in range(rounds):
        say(f"stamps, round {number + 1} of {rounds}")
        workspace = scratch / "stamps"
        start = startup.measure(scratch, 3)
        commit = _first_commit(workspace, corpus)
        _save(saved, workspace)
        firsts.append(rtstore(workspace, "status").seconds)
        nexts.append(rtstore(workspace, "status").seconds)
        ratios.append(firsts[-1] / commit)
        next_ratios.append(nexts[-1] / median(start.python))
        shutil.rmtree(workspace)
    saved.unlink()
    what = "status after a save that changed only stamps"
    return [
        ratio_row(f"{what}, 20,000 entries", 1.5, ratios, "times a first commit", firsts),
        ratio_row("the same again", 8, next_ratios, "times `python -c pass`", nexts),
    ]


def _first_commit(workspace: Path, corpus: Path) -> float:
    """Make a workspace with a corpus in it, add and commit it; return the seconds of both processes."""
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir()
    rtstore(workspace, "init")
    _save(corpus, workspace)
    return rtstore(workspace, "add", NAME).seconds + rtstore(workspace, "commit", "-m", "one").seconds


def _save(source: Path, workspace: Path) -> None:
    """Save a file as editors do, and let it come to rest."""
    shutil.copyfile(source, workspace / "saving")
    os.replace(workspace / "saving", workspace / NAME)
    settle()
    time.sleep(REST)


def _round(workspace: Path, corpus: Path, following: Path, base: floor.Floor, start: Start) -> Round:
    first = _first_commit(workspace, corpus)
    size = stored(workspace)
    os.utime(workspace / NAME)
    touched = rtstore(workspace, "status").seconds
    time.sleep(REST)
    rtstore(workspace, "status")
    untouched = rtstore(workspace, "status").seconds
    rtstore(workspace, "switch", "-c", "second")
    before = stored(workspace)
    _save(following, workspace)
    second = rtstore(workspace, "commit", "-m", "two").seconds
    growth = stored(workspace) - before
    settle()
    switch = rtstore(workspace, "switch", "main").seconds
    shutil.rmtree(workspace)
    return Round(base, start, first, size, touched, untouched, second, growth, switch)


def _after_gc(workspace: Path, corpus: Path) -> int:
    _first_commit(workspace, corpus)
    rtstore(workspace, "gc")
    size = stored(workspace)
    shutil.rmtree(workspace)
    return size


def _rows(done: list[Round], size: int, after_gc: int) -> list[Row]:
    growth = median(each.growth for each in done) / 1000
    kept, packed = done[0].stored / size, after_gc / size
    firsts = [each.first for each in done]
    return [
        ratio_row(
            f"first add and commit, {size / 1e6:.0f} MB",
            1.5,
            [each.first / each.floor.record for each in done],
            "times the record floor",
            firsts,
        ),
        Row("stored after it", "at most 0.29 of the file", f"{kept:.3f}", kept <= 0.29),
        Row("the same after `gc`", "at most 0.23 of the file", f"{packed:.3f}", packed <= 0.23),
        ratio_row(
            "commit after 100 edits and 100 new entries",
            0.3,
            [each.second / each.first for each in done],
            "of the first",
            [each.second for each in done],
        ),
        Row("growth of the store by it", "at most 200 kB", f"{growth:.0f} kB", growth <= 200),
        ratio_row(
            "status of the unchanged file, its time stamp new",
            1,
            [each.touched / (3 * each.floor.rescan + median(each.start.status)) for each in done],
            "times (3 rescans + start-up)",
            [each.touched for each in done],
        ),
        ratio_row(
            "status of the unchanged file",
            8,
            [each.untouched / median(each.start.python) for each in done],
            "times `python -c pass`",
            [each.untouched for each in done],
        ),
        ratio_row(
            "switch to a branch with another version",
            2.5,
            [each.switch / each.floor.restore for each in done],
            "times the restore floor",
            [each.switch for each in done],
        ),
    ]
