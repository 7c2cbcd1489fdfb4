"""How long short commands take, against an empty Python process."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median
from typing import NamedTuple

from corpus import FIXTURES
from measure import Row, python, ratio_row, rtstore


class Start(NamedTuple):
    """Seconds that processes take which have next to nothing to do, one of each kind a round."""

    python: list[float]
    version: list[float]
    status: list[float]


def measure(scratch: Path, rounds: int) -> Start:
    """Time ``python -c pass``, ``rtstore --version``, and ``rtstore status`` in a small workspace."""
    workspace = scratch / "small"
    shutil.copytree(FIXTURES / "1-first-draft", workspace)
    for command in (["init"], ["add", "."], ["commit", "-m", "one"], ["status"]):
        rtstore(workspace, *command)
    start = Start([], [], [])
    for _ in range(rounds):
        start.python.append(python(workspace, "-c", "pass").seconds)
        start.version.append(rtstore(workspace, "--version").seconds)
        start.status.append(rtstore(workspace, "status").seconds)
    shutil.rmtree(workspace)
    return start


def rows(start: Start) -> list[Row]:
    """Return the rows of the table about short commands."""
    unit = "times `python -c pass`"
    return [
        ratio_row("`rtstore --version`", 5, _against(start.version, start.python), unit, start.version),
        ratio_row(
            "`rtstore status`, small workspace", 8, _against(start.status, start.python), unit, start.status
        ),
    ]


def _against(times: list[float], base: list[float]) -> list[float]:
    return [each / median(base) for each in times]
