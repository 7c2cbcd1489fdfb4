"""Runs the console blocks of a page of documentation, so that what they show is what a reader gets.

A block is fenced as ``console``; a line that starts with ``$`` is a command, those after it are what it prints. All
blocks of a page are one session, in a directory that has the example dataset in ``fixtures``.

``PYTHONPATH=. python tests/docs/doc_console.py README.md docs/guide.md`` writes into the pages what their commands
print now.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from rtstore.cli.run import run as run_rtstore

PROJECT = Path(__file__).resolve().parents[2]
#: What pages call the directory of the session.
HOME = "/home/mara"
#: The only programs that a page may run.
ALLOWED = frozenset({"rtstore", "python", "cat", "cd", "cp", "git", "ls", "mkdir", "mv", "rm", "sed"})
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
        if program == "rtstore" and ">" not in command:
            return self._shown(self._in_this_process(shlex.split(rest)))
        return self._printed("sh", "-c", _FUNCTIONS + command)

    def _in_this_process(self, arguments: list[str]) -> bytes:
        """Run rtstore without starting a process, which takes most of the time of a short command."""
        printed = io.BytesIO()
        stream = io.TextIOWrapper(printed, encoding="utf-8", newline="\n", write_through=True)
        environment = patch.dict(os.environ, self._environment, clear=True)
        with environment, chdir(self._directory), redirect_stdout(stream), redirect_stderr(stream):
            run_rtstore(arguments)
        return printed.getvalue()

    def _shown(self, printed: bytes) -> str:
        return printed.decode().replace(self._root, HOME)

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
        return self._shown(done.stdout)


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
    text = re.sub(r"\b[0-9a-f]{12,64}\b|\b[0-9a-f]{4}(-[0-9a-f]{4}){7}\b|\bage1[0-9a-z]{50,}", "ID", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d [+-]\d{4})?\b", "DATE", text)
    text = re.sub(r"\b(now|\d+ (second|minute)s? ago) *", "AGO ", text)
    text = re.sub(r"\bcache entries \d+|\d+ cache entries\b", "CACHED", text)
    return re.sub(r"\b[\d.,]+ (bytes?|[kMG]B)\b", "SIZE", text)


class Outcome(NamedTuple):
    """What came of a page: how many commands it has, those that print something else than it says, each with what
    they do print, and what its Python programs print in the directory above the workspace."""

    steps: int
    differences: list[tuple[Step, str]]
    printed: str


def outcome(page: Path) -> Outcome:
    """Run the commands and then the Python programs of a page."""
    text = page.read_text(encoding="utf-8")
    with console() as shell:
        pairs = [(step, shell.run(step.command)) for step in steps(text)]
        shell.run("cd ..")
        printed = shell.python("\n".join(python_blocks(text)))
    differing = [pair for pair in pairs if masked(pair[0].documented) != masked(pair[1])]
    return Outcome(len(pairs), differing, printed)


def _rewrite(page: Path) -> None:
    with console() as shell:
        page.write_text(played(page.read_text(encoding="utf-8"), shell.run), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _rewrite(Path(name))
