"""Conversations in and out: import, export, validation, preference pairs, at the size of the large file."""

from __future__ import annotations

import gc
import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import floor
import msgspec
from bulk import NAME
from measure import Row, Run, ratio_row, rtstore, settle, time_row

SHAREGPT_BAR, MESSAGES_BAR, IMPORT_BAR, VALIDATE_BAR = 5, 3, 6, 4
PAIRS_BAR, MEMORY_BAR = 2.0, 400e6
REWRITTEN = 1_000


def measure(scratch: Path, corpus: Path, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Measure what goes out of a committed corpus and what comes into an empty workspace."""
    workspace = scratch / "exchange"
    _two_versions(workspace, corpus)
    runs: dict[str, list[Run]] = {}
    ratios: dict[str, list[float]] = {}
    for number in range(rounds):
        say(f"import and export, round {number + 1} of {rounds}")
        decode, restore = _decode(corpus), floor.measure(corpus, scratch).restore
        for what, (base, run) in _jobs(scratch, workspace, corpus, decode, restore).items():
            done = run()
            runs.setdefault(what, []).append(done)
            ratios.setdefault(what, []).append(done.seconds / base)
    shutil.rmtree(workspace)
    return _rows(runs, ratios)


def _jobs(
    scratch: Path, workspace: Path, corpus: Path, decode: float, restore: float
) -> dict[str, tuple[float, Callable[[], Run]]]:
    """Return what is timed, by name: what it is compared with in seconds, and how it is run."""
    sharegpt = scratch / "out.sharegpt.jsonl"
    return {
        "messages": (restore, lambda: _export(workspace, scratch / "out.jsonl")),
        "sharegpt": (decode, lambda: _export(workspace, sharegpt, "--format", "sharegpt")),
        "import messages": (decode, lambda: _import(scratch / "import", corpus)),
        "import sharegpt": (decode, lambda: _import(scratch / "import", sharegpt)),
        "validate": (decode, lambda: rtstore(workspace, "validate", f"HEAD:{NAME}", worst=1)),
        "pairs": (1, lambda: _export(workspace, scratch / "pairs.jsonl", "--rejected", "HEAD~1")),
    }


def _rows(runs: dict[str, list[Run]], ratios: dict[str, list[float]]) -> list[Row]:
    def ratio(what: str, key: str, bar: float, unit: str) -> Row:
        return ratio_row(what, bar, ratios[key], unit, [run.seconds for run in runs[key]])

    unit = "times the generic decode"
    peak = max(run.peak for each in runs.values() for run in each)
    return [
        ratio("`export --format messages`, unchanged", "messages", MESSAGES_BAR, "times the restore floor"),
        ratio("`export --format sharegpt`", "sharegpt", SHAREGPT_BAR, unit),
        ratio("`import --as sharegpt` of messages", "import messages", IMPORT_BAR, unit),
        ratio("the same of ShareGPT", "import sharegpt", IMPORT_BAR, unit),
        ratio("`validate`", "validate", VALIDATE_BAR, unit),
        time_row(
            f"{REWRITTEN:,} rewritten replies as pairs", PAIRS_BAR, [run.seconds for run in runs["pairs"]]
        ),
        Row(
            "memory of all of these",
            f"at most {MEMORY_BAR / 1e6:g} MB",
            f"{peak / 1e6:.0f} MB",
            peak <= MEMORY_BAR,
        ),
    ]


def _two_versions(workspace: Path, corpus: Path) -> None:
    """Commit a corpus, and a second version of which some replies have other words."""
    workspace.mkdir()
    rtstore(workspace, "init")
    shutil.copyfile(corpus, workspace / NAME)
    rtstore(workspace, "add", NAME)
    rtstore(workspace, "commit", "-m", "first")
    _rewrite(corpus, workspace / NAME)
    rtstore(workspace, "commit", "-m", "second")
    settle()


def _rewrite(old: Path, new: Path) -> None:
    with open(old, encoding="utf-8") as file:
        count = sum(1 for _ in file)
    wanted = set(random.Random(1).sample(range(count), REWRITTEN))
    with open(old, encoding="utf-8") as source, open(new, "w", encoding="utf-8") as target:
        for number, line in enumerate(source):
            target.write(_rewritten(line) if number in wanted else line)


def _rewritten(line: str) -> str:
    record = json.loads(line)
    reply = next(turn for turn in reversed(record["messages"]) if turn["role"] == "assistant")
    reply["content"] = f"Perhaps. {reply['content']}"
    return json.dumps(record, ensure_ascii=False) + "\n"


def _export(workspace: Path, path: Path, *options: str) -> Run:
    for each in (path, Path(f"{path}.manifest.json")):
        each.unlink(missing_ok=True)
    settle()
    return rtstore(workspace, "export", NAME, "-o", str(path), *options)


def _import(workspace: Path, file: Path) -> Run:
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir()
    rtstore(workspace, "init")
    settle()
    return rtstore(workspace, "import", str(file), "--into", NAME, "--as", "sharegpt")


def _decode(file: Path) -> float:
    """Return the seconds that decoding every line to dictionaries takes, the collector off."""
    decode = msgspec.json.Decoder().decode
    gc.disable()
    try:
        start = time.perf_counter()
        with open(file, "rb") as source:
            for line in source:
                decode(line)
        return time.perf_counter() - start
    finally:
        gc.enable()
