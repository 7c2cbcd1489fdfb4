"""Short commands must start fast: what they may not import. (No times: those belong to the benchmarks.)"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cli_helpers import entry, ok, write

from rtstore.cli.table import COMMANDS

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


def imported_by(code: str, *arguments: str) -> set[str]:
    """Return what Python code imports in a process of its own, with ``arguments`` as its command line."""
    whole = (
        f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before), file=sys.stderr)"
    )
    command = [sys.executable, "-c", whole, *arguments]
    # The environment as Python knows it: readline, which pytest imports, sets COLUMNS behind its back.
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    return set(done.stderr.split())


def imported_by_command(*arguments: str) -> set[str]:
    return imported_by("from rtstore.cli.main import main; assert main() == 0", *arguments)


def test_the_version_needs_almost_nothing() -> None:
    names = imported_by_command("--version")
    ours = {name for name in names if name.startswith("rtstore")}
    assert ours == {"rtstore", "rtstore.cli", "rtstore.cli.main"}
    assert names & {"click", "msgspec", "re", "typing"} <= imported_by("import rtstore")


def test_status_imports_nothing_heavy_and_no_other_command(work: Path) -> None:
    names = imported_by_command("status")
    by_dependencies = imported_by("import blake3, click, msgspec, zstandard")
    assert names & HEAVY - by_dependencies == set()
    others = {f"rtstore.cli.{name}" for name in ("branch", "commit", "config", "demo", "log", "op", "show")}
    assert names & others == set()


def test_counting_differences_imports_nothing_that_looks_into_conversations(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))
    ok("commit", "-m", "Second")
    names = imported_by_command("diff", "--stat", "HEAD~1..HEAD")
    by_dependencies = imported_by("import blake3, click, msgspec, zstandard")
    assert names & HEAVY - by_dependencies == set()
    assert {name for name in names if name.startswith("rtstore.cli.diff.")} == {
        "rtstore.cli.diff.stat",
        "rtstore.cli.diff.versions",
    }
    writers = {"rtstore.compare.datasets", "rtstore.compare.words", "rtstore.model.shapes", "html"}
    assert names & writers == set()


def test_help_imports_no_command() -> None:
    names = imported_by_command("--help")
    assert {f"rtstore.cli.{listed.module}" for listed in COMMANDS.values()} & names == set()
