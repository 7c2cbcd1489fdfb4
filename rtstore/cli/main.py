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
        from rtstore.cli.run import run

        return run(arguments)
    except KeyboardInterrupt:  # so early that nothing has begun
        return 130
    finally:
        gc.freeze()


def _print_version() -> int:
    from rtstore import __version__

    try:
        print(f"rtstore {__version__}", flush=True)
    except OSError as error:
        from rtstore.cli.failures import report

        return report(error)
    return 0
