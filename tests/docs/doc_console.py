"""Runs the console blocks of a page of documentation, so that what they show is what a reader gets.

A block is fenced as ``console``; a line that starts with ``$`` is a command, those after it are what it prints. All
blocks of a page are one session, in a directory that has the example dataset in ``fixtures``.

``python tests/docs/doc_console.py README.md docs/guide.md`` writes into the pages what the commands print now.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
#: What pages call the directory of the session.
HOME = "/home/mara"
#: The only programs that a page may run.
ALLOWED = frozenset({"rtstore", "python", "cat", "cd", "cp", "ls", "mkdir", "mv", "rm", "sed"})
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FUNCTIONS = 'rtstore() { "$PYTHON" -m rtstore "$@"; }; python() { "$PYTHON" "$@"; }; '


class Step(NamedTuple):
    """One command of a page, and what the page says it prints."""

    command: str
    documented: str


class Console:
    """A shell in a directory of its own, where nothing of the user's settings can be seen."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._directory = self._root
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.path.join(self._root, ".home"),
            "RTSTORE_CONFIG_DIR": os.path.join(self._root, ".home", "rtstore"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONPATH": str(PROJECT),
            "PYTHONUTF8": "1",
            "PYTHON": sys.executable,
        }
        shutil.copytree(PROJECT / "fixtures", os.path.join(self._root, "fixtures"))

    def run(self, command: str) -> str:
        """Run a command and return all it prints, with ``HOME`` in place of the session's directory."""
        program, _, rest = command.partition(" ")
        if program not in ALLOWED:
            raise ValueError(f"pages may not run {program!r}")
        if program == "cd":
            self._directory = os.path.normpath(os.path.join(self._directory, rest))
            return ""
        return self._printed("sh", "-c", _FUNCTIONS + command)

    def python(self, program: str) -> str:
        """Run a Python program and return all it prints."""
        return self._printed(sys.executable, "-c", program)

    def _printed(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout.decode().replace(self._root, HOME)


@contextmanager
def console() -> Iterator[Console]:
    """Provide a console in a temporary directory."""
    with tempfile.TemporaryDirectory(prefix="rtstore-docs-") as directory:
        yield Console(directory)


def steps(page: str) -> list[Step]:
    """Return the commands of a page, in order."""
    return [step for block in _BLOCK.findall(page) for step in _steps_of(block)]


def python_blocks(page: str) -> list[str]:
    """Return the Python programs of a page."""
    return re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def _steps_of(block: str) -> Iterator[Step]:
    assert block.startswith("$ "), f"a console block begins with a command: {block[:40]!r}"
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Step(command, output)


def played(page: str, run: Callable[[str], str]) -> str:
    """Return the page with what its commands print now."""

    def replay(block: re.Match[str]) -> str:
        played = "".join(f"$ {step.command}\n{run(step.command)}" for step in _steps_of(block[1]))
        return f"```console\n{played}```"

    return _BLOCK.sub(replay, page)


def masked(text: str) -> str:
    """Return output with what differs from run to run replaced: ids, times, sizes; and spaces that align them."""
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}", "DATE", text)
    text = re.sub(r"\b(now|\d+ (second|minute)s? ago) *", "AGO ", text)
    return re.sub(r"\b[\d.,]+ (bytes?|[kMG]B)\b", "SIZE", text)


def differences(page: Path) -> list[tuple[Step, str]]:
    """Return the steps of a page that print something else than it says, each with what they do print."""
    with console() as shell:
        pairs = [(step, shell.run(step.command)) for step in steps(page.read_text(encoding="utf-8"))]
    return [(step, printed) for step, printed in pairs if masked(step.documented) != masked(printed)]


def _rewrite(page: Path) -> None:
    with console() as shell:
        page.write_text(played(page.read_text(encoding="utf-8"), shell.run), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _rewrite(Path(name))
