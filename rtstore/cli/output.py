"""Standard output: plain in a file or a pipe; with colours, and a pager where asked, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from rtstore.cli import environment

ColorMode = Literal["auto", "always", "never"]
Style = Literal["bold", "dim", "red", "green", "yellow", "blue", "magenta", "cyan"]

_CODES: Final[dict[str, int]] = {
    "bold": 1,
    "dim": 2,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
}
#: Lines longer than this are hard to read, however wide the terminal is.
_WIDEST: Final = 100


def terminal_width() -> int:
    """Return the columns of the terminal; 80 where there is none, or none that says so."""
    from shutil import get_terminal_size

    return get_terminal_size().columns


class Output:
    """Where a command's answer goes.

    ``setting`` reads a configuration key; it is asked only when something depends on it.
    """

    def __init__(self, setting: Callable[[str], str | None]) -> None:
        self._setting = setting
        self.color: ColorMode | None = None
        self.pager_allowed = True
        self._colored: bool | None = None
        self._write: Callable[[str], object] | None = None

    def line(self, text: str = "") -> None:
        """Print a line."""
        (self._write or sys.stdout.write)(text + "\n")

    def said(self, text: str) -> None:
        """Print a line of ours that is to be read: on a terminal it is broken between words."""
        from rtstore.cli.text import broken

        for line in broken(text, self.width) if sys.stdout.isatty() else [text]:
            self.line(line)

    def json(self, value: Any) -> None:
        """Print a value as JSON."""
        from rtstore.cli.jsonout import dump

        self.line(dump(value))

    def note(self, text: str) -> None:
        """Print a line beside the answer: on standard error."""
        from rtstore.cli.text import broken, printable

        on_terminal = sys.stderr.isatty()
        for line in broken(printable(text), terminal_width()) if on_terminal else [printable(text)]:
            print(line, file=sys.stderr)

    def styled(self, text: str, *styles: Style) -> str:
        """Return text in colour, or as it is where there are no colours."""
        if not self.colored or not text:
            return text
        return f"\x1b[{';'.join(str(_CODES[style]) for style in styles)}m{text}\x1b[0m"

    @property
    def colored(self) -> bool:
        """Whether there are colours: ``--color``, ``ui.color``, ``NO_COLOR``, the terminal, in that order."""
        if self._colored is None:
            mode = self.color or self._setting("ui.color") or "auto"
            on_terminal = sys.stdout.isatty() and not environment.wants_no_color()
            self._colored = on_terminal if mode == "auto" else mode == "always"
        return self._colored

    @property
    def width(self) -> int:
        """Columns to fill: 80 where there is no terminal, at most 100."""
        if not (sys.stdout.isatty() or environment.value("COLUMNS")):
            return 80
        return max(20, min(terminal_width(), _WIDEST))

    @contextmanager
    def paged(self) -> Iterator[None]:
        """Show what is printed inside with a pager, if there is a terminal."""
        if not (self.pager_allowed and sys.stdout.isatty()):
            yield
            return
        from rtstore.cli.pager import Pager

        with Pager(self._setting("core.pager")) as write:
            self._write = write
            try:
                yield
            finally:
                self._write = None
