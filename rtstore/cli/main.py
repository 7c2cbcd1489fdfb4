"""The ``rtstore`` program.

Half the time of a short command is start-up, so this module imports nothing it may not need: the version is
printed without the command line parser, and ``run`` brings in only the command that is asked for.
"""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command in ``sys.argv`` and return its exit code."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]) and sys.stdout is not None:
        return _print_version()
    # A command is over before cycles of garbage matter, and what it keeps is large: collecting would cost a
    # third of the time of reading records. `freeze` spares the interpreter the same walk when it ends.
    gc.disable()
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # so early, or so late, that there is nothing to say about it
        return 130
    finally:
        gc.freeze()


def _run(arguments: list[str]) -> int:
    import signal

    # Until the command starts, Ctrl-C just ends the process: extension modules that are interrupted while they
    # are loaded can crash the interpreter when it ends. (A shell may have the signal ignored: leave that.)
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from rtstore.cli.run import run

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A closed terminal, or a machine that is shut down: what is begun is cleared away, as after Ctrl-C.
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    return run(arguments)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _print_version() -> int:
    from rtstore import __version__

    try:
        print(f"rtstore {__version__}", flush=True)
    except OSError as error:
        from rtstore.cli.failures import report

        return report(error)
    return 0
