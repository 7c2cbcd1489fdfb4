"""What a user sees when a command fails, and its exit code. There is never a traceback.

``RTSTORE_DEBUG=1`` shows one for internal errors, for the report of the bug.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rtstore.cli import environment
from rtstore.cli.output import terminal_width
from rtstore.cli.text import broken, printable
from rtstore.errors import (
    FileChangedError,
    NothingToDoError,
    RtstoreError,
    StorageError,
    UncommittedChangesError,
    UnfinishedError,
    UsageError,
)

if TYPE_CHECKING:
    import click

    from rtstore.cli.session import Session

INTERRUPTED: Final = 130
#: What shells report for a program that wrote into a closed pipe.
BROKEN_PIPE: Final = 141
#: EX_SOFTWARE: a bug.
INTERNAL: Final = 70
_ENTRIES_SHOWN: Final = 10


def report(error: BaseException, session: Session | None = None) -> int:
    """Say on standard error what went wrong; return the exit code."""
    if isinstance(error, BrokenPipeError):
        _abandon(sys.stdout)
        return BROKEN_PIPE
    if isinstance(error, KeyboardInterrupt):
        _say("\ninterrupted; what was complete is kept, nothing is half done")
        return INTERRUPTED
    known = _known(error, session)
    if known is None:
        return _report_bug(error)
    # What the parser refuses was never begun: that nothing was changed goes without saying.
    _report_known(known, session if isinstance(error, RtstoreError) else None)
    if isinstance(error, OSError):
        _abandon(sys.stdout)
    return known.exit_code


def _known(error: BaseException, session: Session | None) -> RtstoreError | None:
    if isinstance(error, RtstoreError):
        return error
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return StorageError(f"{where}{(error.strerror or str(error)).lower()}")
    from click import Abort, ClickException

    if isinstance(error, ClickException):
        return _of_click(error, session)
    if isinstance(error, Abort | EOFError):
        return UsageError("no answer was given")
    return None


def _of_click(error: click.ClickException, session: Session | None) -> RtstoreError:
    from click import NoSuchOption
    from click import UsageError as ClickUsageError

    path = "rtstore" if session is None or session.command is None else f"rtstore {session.command}"
    if isinstance(error, ClickUsageError) and error.ctx is not None:
        path = error.ctx.command_path
    if isinstance(error, NoSuchOption):
        from rtstore.cli.habits import instead

        message, near = f"unknown option {error.option_name}", error.possibilities
        command = error.ctx.command.name if error.ctx is not None else None
        if hint := instead(command or "", error.option_name):
            return UsageError(message, hint=hint)
    else:
        text = error.format_message().rstrip(".")
        message, near = text[:1].lower() + text[1:], None
    if near:
        return UsageError(message, hint=f"Did you mean {' or '.join(sorted(near))}?")
    return UsageError(message, hint=f"`{path} --help` shows how it is used.")


def _report_known(error: RtstoreError, session: Session | None) -> None:
    said: Callable[[str], str] = str
    if session is not None and not _is_of_the_command_line(error):
        said = session.from_here
    _say(f"error: {said(error.message)}")
    entries = error.entries if isinstance(error, UncommittedChangesError) else ()
    if not all(entry in error.message for entry in entries):
        for entry in entries[:_ENTRIES_SHOWN]:
            _say(f"  {said(entry)}")
        if len(entries) > _ENTRIES_SHOWN:
            _say(f"  and {len(entries) - _ENTRIES_SHOWN} more")
    if error.hint:
        _say(f"hint: {said(error.hint)}")
    if session is not None and session.could_change and not session.has_changed and _is_unsaid(error):
        _say("nothing was changed")


def _is_of_the_command_line(error: RtstoreError) -> bool:
    """Whether an error was raised here: then it calls files as the user does, and not as the library does."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals["__name__"].startswith("rtstore.cli.")


def _is_unsaid(error: RtstoreError) -> bool:
    """Whether it is still to be said that nothing was changed. Two say themselves what was."""
    if isinstance(error, NothingToDoError | FileChangedError | UnfinishedError):
        return False
    return "nothing was changed" not in f"{error.message} {error.hint}".lower()


def _report_bug(error: BaseException) -> int:
    if environment.value("RTSTORE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    _say(f"internal error: {what}; please report it; RTSTORE_DEBUG=1 shows the traceback")
    return INTERNAL


def _say(text: str) -> None:
    # Standard error may be closed, or be the very disk that is full: then there is nobody left to tell.
    with suppress(OSError, ValueError):
        line = printable(text)
        if sys.stderr.isatty():
            line = "\n".join("\n".join(broken(part, terminal_width())) for part in line.split("\n"))
        print(line, file=sys.stderr, flush=True)


def _abandon(stream: object) -> None:
    """Point a stream that cannot be written at nothing, or the interpreter complains when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # type: ignore[attr-defined]
        os.close(null)
