"""Short commands must start fast: what they may not import. (No times: those belong to the benchmarks.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {
    "asyncio",
    "concurrent.futures",
    "dataclasses",
    "datetime",
    "difflib",
    "email",
    "importlib.metadata",
    "logging",
    "numpy",
    "rich",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "textwrap",
    "traceback",
    "urllib",
}


def imported_by(*arguments: str) -> set[str]:
    code = (
        "import sys; before = set(sys.modules); sys.argv[0] = 'rtstore'\n"
        "from rtstore.cli.main import main\n"
        "code = main()\n"
        "print(*(set(sys.modules) - before), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    # -S and -I would hide what an installation adds; what was there before does not count.
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_version_needs_almost_nothing() -> None:
    assert {name for name in imported_by("--version") if name.startswith("rtstore")} == {
        "rtstore",
        "rtstore.cli",
        "rtstore.cli.main",
    }
    assert "click" not in imported_by("--version")


def test_status_imports_nothing_heavy_and_no_other_command(work: Path) -> None:
    names = imported_by("status")
    # What click brings, we cannot help.
    by_click = imported_by_click()
    assert names & HEAVY - by_click == set()
    commands = {f"rtstore.cli.{name}" for name in ("commit", "log", "show", "branch", "config", "demo", "op")}
    assert names & commands == set()


def imported_by_click() -> set[str]:
    code = "import sys; import click; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
