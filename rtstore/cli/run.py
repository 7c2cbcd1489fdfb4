"""One run of the command line: from arguments to an exit code. Nothing but a result gets past it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rtstore.cli import environment
from rtstore.cli.failures import report
from rtstore.cli.group import rtstore
from rtstore.cli.help import LEAST
from rtstore.cli.output import terminal_width
from rtstore.cli.session import Session


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. What goes wrong is reported on standard error."""
    _prepare_streams()
    session = Session()
    try:
        code = _invoke(list(arguments), session)
        sys.stdout.flush()
        return code
    except (Exception, KeyboardInterrupt) as error:
        return report(error, session)


def _invoke(arguments: list[str], session: Session) -> int:
    from click.exceptions import Exit

    if environment.value("_RTSTORE_COMPLETE"):
        from rtstore.cli.completion import answer

        return answer(rtstore)
    try:
        with rtstore.make_context("rtstore", arguments, obj=session, terminal_width=_narrow()) as context:
            code = rtstore.invoke(context)
    except Exit as exit_:
        return exit_.exit_code
    return code if isinstance(code, int) else 0


def _narrow() -> int | None:
    """Return how wide help is to be where that is less than the parser thinks of."""
    width = terminal_width() if environment.value("COLUMNS") or sys.stdout.isatty() else LEAST
    return width if width < LEAST else None


def _prepare_streams() -> None:
    """See that printing cannot fail for a missing stream or a character the terminal does not know."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - open as long as the process
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
