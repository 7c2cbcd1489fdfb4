"""Telling a story of commands: what is about to happen, the command, and what it really prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shlex import quote
from string import ascii_letters, digits
from textwrap import fill
from typing import ClassVar, Final

import rtstore
from rtstore.cli.output import Output
from rtstore.errors import RtstoreError

_WIDTH: Final = 78
_PLAIN: Final = frozenset(ascii_letters + digits + "-_./:#~@")


class StepFailed(RtstoreError):
    """A command of the demo failed."""

    exit_code: ClassVar[int] = 1


class Narrator:
    """Runs the commands of a story in a directory, as processes of their own, and prints what they print.

    ``directory`` is the workspace. The user's configuration has no say: each run looks the same.
    """

    def __init__(self, out: Output, directory: str) -> None:
        self._out = out
        self.directory = directory
        #: Nothing is there before the demo makes a key.
        self._configuration = os.path.join(directory, ".configuration")

    def say(self, text: str) -> None:
        """Tell what comes next."""
        self._out.line()
        self._out.line(fill(text, _WIDTH))

    def show(self, line: str) -> None:
        """Show a line that is no command's."""
        self._out.line(line)

    def run(self, *arguments: str, code: int = 0, shown: tuple[str, ...] | None = None) -> None:
        """Show and run one rtstore command, which is to exit with ``code``. ``shown``: how it is written there.

        Raises:
            StepFailed: it failed.
        """
        self._out.line(self._out.styled(f"$ rtstore {' '.join(map(_quoted, shown or arguments))}", "bold"))
        color = ("--color", "always") if self._out.colored else ("--color", "never")
        done = subprocess.run(
            [sys.executable, "-m", "rtstore", "--no-pager", *color, *arguments],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            self._out.line(line)
        if done.returncode != code:
            raise StepFailed(
                f"this step of the demo failed with exit code {done.returncode}",
                hint="Please report it, with the output above.",
            )

    def act(self, what: str) -> None:
        """Show something that happens to the files, done by another program than rtstore."""
        self._out.line(self._out.styled(f"# {what}", "dim"))

    def path(self, name: str) -> Path:
        """Return the path of a file of the workspace."""
        return Path(self.directory, name)

    def _environment(self) -> dict[str, str]:
        # The package need not be installed: the commands have to find the one that runs this.
        package = str(Path(rtstore.__file__).resolve().parent.parent)
        search = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH")) if part)
        return {
            **os.environ,
            "PYTHONPATH": search,
            "PYTHONIOENCODING": "utf-8",
            "RTSTORE_CONFIG_DIR": self._configuration,
        }


def _quoted(argument: str) -> str:
    """Return an argument as people would write it for a shell: `HEAD~1` and `x.jsonl#9` need no quotes."""
    if argument[0] not in "#~" and not set(argument) - _PLAIN:
        return argument
    return f'"{argument}"' if not set('"$`\\!') & set(argument) else quote(argument)
