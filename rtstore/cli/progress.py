"""Progress of what takes long, with bytes and rate: on a terminal, on standard error, in one line that goes away."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rtstore.cli import text
from rtstore.cli.output import terminal_width
from rtstore.remote.access import Progress, no_progress

#: Seconds between two looks.
_PAUSE: Final = 0.1
_CLEAR: Final = "\r\x1b[K"


@contextmanager
def progress() -> Iterator[Progress]:
    """Return what is to be told of progress; the line is gone afterwards."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield no_progress
        return
    line = _Line()
    try:
        yield line.tell
    finally:
        line.clear()


@contextmanager
def counting(what: str, things: str) -> Iterator[Callable[[int, int], None]]:
    """Return what is to be told how many of some ``things`` are done, of how many; 0: that is not known."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    line = _Line(things)
    try:
        yield lambda done, total: line.tell(what, done, total or None)
    finally:
        line.clear()


class _Line:
    def __init__(self, things: str | None = None) -> None:
        self._what = ""
        self._things = things
        self._started = 0.0
        self._next = 0.0
        self._shown = False

    def tell(self, what: str, done: int, total: int | None) -> None:
        """Show how far it is, if the last look was long enough ago."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._started, self._next = what, now, now + _PAUSE
        if now < self._next and done != total:
            return
        self._next = now + _PAUSE
        self._shown = True
        sys.stderr.write(f"{_CLEAR}{self._words(done, total, now - self._started)[: terminal_width() - 1]}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._shown = False

    def _words(self, done: int, total: int | None, seconds: float) -> str:
        if self._what == "unpacking":
            return f"{self._what}: {done:,} of {total or 0:,} parts"
        if self._things is not None:
            of = f" of {total:,} {self._things} ({done * 100 // total} %)" if total else f" {self._things}"
            return f"{self._what}: {done:,}{of}"
        of = f" of {text.size(total)} ({done * 100 // max(total, 1)} %)" if total else ""
        rate = f", {text.size(int(done / seconds))}/s" if seconds > 0.2 else ""
        return f"{self._what}: {text.size(done)}{of}{rate}"
