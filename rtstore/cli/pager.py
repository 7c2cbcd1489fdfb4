"""The program long output is shown with: ``core.pager``, ``$PAGER``, else ``less``, as in git."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final

from rtstore.cli import environment
from rtstore.errors import UsageError

_DEFAULT: Final = "less -FRX"
#: What a shell exits with if it finds no such program, or one that it may not run.
_NOT_RUN: Final = (126, 127)


class Pager:
    """A running pager, as a context that gives the function to write with.

    Nothing is started before the first line. Without any pager, or with ``cat``, lines are printed as they
    are.
    """

    def __init__(self, configured: str | None = None) -> None:
        self._command = _command(configured)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Callable[[str], object]:
        return sys.stdout.write if self._command is None else self._write

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._process is None:
            return False
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        self._wait(self._process)
        # A user who has seen enough quits the pager: that is no error.
        quit_early = isinstance(error, BrokenPipeError)
        if self._process.returncode in _NOT_RUN and (error is None or quit_early):
            raise UsageError(
                f"the pager {self._command!r} cannot be run",
                hint="Set core.pager or $PAGER to another program, or use --no-pager.",
            )
        return quit_early

    def _write(self, text: str) -> None:
        if self._process is None:
            sys.stdout.flush()
            assert self._command is not None
            # A pager is a line for the shell, with options, as git has it: "less -S", "bat --plain".
            self._process = subprocess.Popen(self._command, shell=True, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode("utf-8", "backslashreplace"))

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            # Ctrl-C is for the pager, which may stop a search with it.
            with suppress(KeyboardInterrupt):
                process.wait()
                return


def _command(configured: str | None) -> str | None:
    chosen = configured or environment.value("PAGER")
    if chosen:
        return None if chosen == "cat" else chosen
    from shutil import which

    return _DEFAULT if os.name != "nt" and which("less") else None
