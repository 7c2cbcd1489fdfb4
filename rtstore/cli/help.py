"""Help that is narrow where the terminal is: words and names stay whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click

#: The parser's own layout is for this width at least.
LEAST: Final = 52


class HelpFormatter(click.HelpFormatter):
    """Lays help out; where there is little room, names stand above what they mean."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line; on a narrow terminal what the command takes goes below."""
        if self.width >= LEAST:
            super().write_usage(prog, args, prefix)
            return
        self.write(f"{'Usage: ' if prefix is None else prefix}{prog}\n")
        with self.indentation():
            self.write_text(args)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of names with what they mean."""
        super().write_dl(rows, col_max if self.width >= LEAST else 12, col_spacing)


class Context(click.Context):
    """What a command is run with: its help is laid out here."""

    formatter_class = HelpFormatter
