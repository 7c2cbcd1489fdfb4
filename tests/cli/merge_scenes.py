"""Branches whose work meets: what they do to the dataset of a ferryman's replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cli_helpers import Result, answering, entry, ok, run, write

Entries = Sequence[dict[str, Any]]


def crossings(**replies: str) -> list[dict[str, Any]]:
    """Return the four entries of the first crossing, some with another reply: ``_2="No."``."""
    return [entry(number, replies.get(f"_{number}", "Aye.")) for number in range(1, 5)]


def diverge(path: Path, ours: Entries | None, theirs: Entries) -> None:
    """Commit ``theirs`` on a new branch ``noir``, and ``ours``, if any, on ``main``, where HEAD is then."""
    ok("switch", "-c", "noir")
    write(path, *theirs)
    ok("commit", "-m", "Noir")
    ok("switch", "main")
    if ours is not None:
        write(path, *ours)
        ok("commit", "-m", "Back on main")


def conflict_over(path: Path) -> None:
    """Let both branches change the replies of the first two entries, whatever is in the files now."""
    write(path, *crossings())
    if not ok("status").endswith("clean\n"):
        run("commit", "-m", "As it was")
    diverge(
        path, crossings(_1="Aye, and back.", _2="Never."), crossings(_1="Aye, for a price.", _2="Drowned.")
    )


def merged(path: Path, ours: Entries, theirs: Entries) -> Result:
    """Merge ``noir``, after both branches did something."""
    diverge(path, ours, theirs)
    return run("merge", "noir")


def answered(monkeypatch: Any, *lines: str) -> Result:
    """Walk through the conflicts on a terminal where a user types ``lines``."""
    monkeypatch.setenv("COLUMNS", "80")
    with answering(monkeypatch, *lines):
        return run("--color", "never", "resolve", terminal=True)


def replies(path: Path) -> Iterator[str]:
    """Yield the last reply of each entry of a file."""
    import json

    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["messages"][-1]["content"]
