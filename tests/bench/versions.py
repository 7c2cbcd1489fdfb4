"""Comparing, merging and searching versions of a large dataset."""

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
from bulk import NAME, REST
from corpus import write_corpus, write_next_version, write_reworded
from measure import Row, python, ratio_row, rtstore, settle, time_row

API = Path(__file__).with_name("api.py")
#: A phrase that some turns have, and many words of it all of them.
PHRASE = "And then she smiled"
REWORDED = 20_000
STAT_BAR, GROWTH_BAR = 12, 1.5
JSON_BAR, WORKING_BAR, MERGE_BAR, ALIGN_BAR, ALIGN_MEMORY = 0.5, 0.3, 1.5, 10, 500e6
GREP_BAR = 3


class Round(NamedTuple):
    """Seconds of one round; the floor and start-up timed right before."""

    floor: floor.Floor
    python: float
    stat: float
    full: float
    scan: float
    working: float
    grep: float


def measure(scratch: Path, corpus: Path, rounds: int, say: Callable[[str], None]) -> tuple[list[Row], float]:
    """Measure diff and grep; return the rows, and the seconds ``diff --stat`` of two commits takes."""
    workspace = scratch / "versions"
    _two_versions(workspace, corpus)
    done = []
    for number in range(rounds):
        say(f"versions, round {number + 1} of {rounds}")
        done.append(_round(workspace, corpus, scratch))
    shutil.rmtree(workspace)
    stats = [each.stat for each in done]
    unit = "times `python -c pass`"
    rows = [
        ratio_row(
            "`diff --stat` of two commits, 200 changes",
            STAT_BAR,
            _ratios(done, "stat", "python"),
            unit,
            stats,
        ),
        time_row("`diff --json` of the same", JSON_BAR, [each.full for each in done]),
        time_row(
            "`diff` of the changed file, beyond the commit's scan",
            WORKING_BAR,
            [max(0.0, each.working - each.scan) for each in done],
        ),
        ratio_row(
            "`grep` of a phrase",
            GREP_BAR,
            [each.grep / each.floor.restore for each in done],
            "times the restore floor",
            [each.grep for each in done],
        ),
    ]
    return rows, median(stats)


def measure_million(
    scratch: Path, count: int, rounds: int, stat: float, say: Callable[[str], None]
) -> list[Row]:
    """Measure ``diff --stat`` and a merge at a million entries; ``stat``: the former at the usual size."""
    workspace, corpus = scratch / "versions", scratch / "corpus.jsonl"
    say(f"two versions of {count:,} conversations")
    write_corpus(corpus, count)
    _two_versions(workspace, corpus)
    corpus.unlink()
    stats, merges = [], []
    for number in range(rounds):
        say(f"million versions, round {number + 1} of {rounds}")
        stats.append(rtstore(workspace, "diff", "--stat", "first..second").seconds)
        merges.append(float(python(workspace, API, "merge", workspace, "second").output.strip("[]\n")))
    shutil.rmtree(workspace)
    what = f"`diff --stat` of two commits, {count:,} entries"
    return [
        ratio_row(what, GROWTH_BAR, [each / stat for each in stats], "times the same at 120,000", stats),
        time_row("merge of two branches, 1,000 edits each, no working file", MERGE_BAR, merges),
    ]


def measure_alignment(scratch: Path, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Measure ``status`` of a file without ids in which every record was edited a little."""
    workspace, corpus = scratch / "reworded", scratch / "plain.jsonl"
    write_corpus(corpus, REWORDED, ids=False)
    seconds, peaks = [], []
    for number in range(rounds):
        say(f"alignment, round {number + 1} of {rounds}")
        _commit_first(workspace, corpus)
        write_reworded(corpus, workspace / NAME)
        settle()
        run = rtstore(workspace, "status")
        seconds.append(run.seconds)
        peaks.append(run.peak)
        shutil.rmtree(workspace)
    corpus.unlink()
    peak = median(peaks)
    return [
        time_row(f"`status` of {REWORDED:,} entries without ids, all edited", ALIGN_BAR, seconds),
        Row("memory of it", "at most 500 MB", f"{peak / 1e6:.0f} MB", peak <= ALIGN_MEMORY),
    ]


def _two_versions(workspace: Path, corpus: Path) -> None:
    """Make a workspace with two commits of a corpus, ``first`` and ``second``, 200 changes apart."""
    _commit_first(workspace, corpus)
    rtstore(workspace, "branch", "first")
    rtstore(workspace, "switch", "-c", "second")
    _next_version(workspace, corpus, seed=1)
    rtstore(workspace, "commit", "-m", "two")


def _commit_first(workspace: Path, corpus: Path) -> None:
    workspace.mkdir()
    rtstore(workspace, "init")
    shutil.copyfile(corpus, workspace / NAME)
    settle()
    rtstore(workspace, "add", NAME)
    rtstore(workspace, "commit", "-m", "one")


def _next_version(workspace: Path, corpus: Path, seed: int) -> None:
    write_next_version(corpus, workspace / "saving", seed=seed)
    os.replace(workspace / "saving", workspace / NAME)
    settle()
    time.sleep(REST)


def _round(workspace: Path, corpus: Path, scratch: Path) -> Round:
    base, start = floor.measure(corpus, scratch), startup.measure(scratch, 3)
    stat = rtstore(workspace, "diff", "--stat", "first..second").seconds
    full = rtstore(workspace, "diff", "--json", "first..second").seconds
    grep = rtstore(workspace, "grep", PHRASE).seconds
    _next_version(workspace, workspace / NAME, seed=2)
    working = rtstore(workspace, "diff").seconds
    os.utime(workspace / NAME)
    scan = rtstore(workspace, "commit", "-m", "three").seconds
    rtstore(workspace, "undo")
    rtstore(workspace, "restore", NAME)
    return Round(base, median(start.python), stat, full, scan, working, grep)


def _ratios(done: list[Round], what: str, against: str) -> list[float]:
    return [getattr(each, what) / getattr(each, against) for each in done]
