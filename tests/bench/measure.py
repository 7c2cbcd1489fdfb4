"""Running whole processes and timing them; rows of the table of results."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"RTSTORE_AUTHOR_NAME": "Ann", "RTSTORE_AUTHOR_EMAIL": "ann@example.org"}


class Run(NamedTuple):
    """One finished process: how long it took, in seconds, the most memory it had, in bytes, what it printed."""

    seconds: float
    peak: int
    output: str


class Row(NamedTuple):
    """One line of the table. ``passed`` is None where there is nothing to pass."""

    what: str
    bar: str
    figure: str
    passed: bool | None


def run(command: Sequence[str | Path], directory: Path, worst: int = 0) -> Run:
    """Run a process to its end; raise if it fails: its exit code is greater than ``worst``."""
    # The resources a process used are told to whoever waits for it, so that is not left to subprocess.
    start = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=directory,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 <= process.returncode <= worst:
        raise RuntimeError(f"{command} ended with {process.returncode}:\n{output}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_maxrss * unit, output)


def rtstore(directory: Path, *arguments: str, worst: int = 0) -> Run:
    """Run a whole ``rtstore`` process: the installed command, else the module from this checkout."""
    command = Path(sys.executable).with_name("rtstore")
    if command.exists():
        return run([command, *arguments], directory, worst)
    ENVIRONMENT["PYTHONPATH"] = str(ROOT)
    return run([sys.executable, "-m", "rtstore", *arguments], directory, worst)


def python(directory: Path, *arguments: str | Path) -> Run:
    """Run a process of this Python that can import the package."""
    if not Path(sys.executable).with_name("rtstore").exists():
        ENVIRONMENT["PYTHONPATH"] = str(ROOT)
    return run([sys.executable, *arguments], directory)


def settle() -> None:
    """Let the disk catch up, so that what was written before is not paid for by what comes next."""
    os.sync()


def stored(workspace: Path) -> int:
    """Return the bytes of everything in a workspace's store but the cache."""
    store = workspace / ".rtstore"
    files = (path for path in store.rglob("*") if path.is_file() and "cache" not in path.parts)
    return sum(path.stat().st_size for path in files)


def ratio_row(what: str, bar: float, ratios: Sequence[float], unit: str, seconds: Sequence[float]) -> Row:
    """Return the row of a figure that is a ratio within one run: the median decides."""
    figure = median(ratios)
    shown = f"{figure:.2f} ({_time(median(seconds))})"
    return Row(what, f"at most {bar:g} {unit}", shown, figure <= bar)


def time_row(what: str, bar: float, seconds: Sequence[float]) -> Row:
    """Return the row of a time that has a limit in seconds."""
    figure = median(seconds)
    return Row(what, f"at most {_time(bar)}", _time(figure), figure <= bar)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    verdict = {True: "passes", False: "**falls short**", None: ""}
    lines = ["| what | bar | figure | |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {row.bar} | {row.figure} | {verdict[row.passed]} |" for row in rows]
    return "\n".join(lines) + "\n"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"
