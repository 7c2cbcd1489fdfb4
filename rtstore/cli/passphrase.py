"""Where passphrases come from: the terminal, without echo, the environment, or a line of standard input.

Never from the command line itself, which every user of a machine can see.
"""

from __future__ import annotations

import sys
from typing import Final

from rtstore.cli import environment
from rtstore.errors import KeyFileError

#: Characters of a line that are read, where a program and not a person writes it.
_LONGEST: Final = 4096


class Passphrases:
    """The passphrases of one command. ``$RTSTORE_PASSPHRASE`` stands for each that is asked for.

    Programs that rtstore starts do not find it in their environment any more.
    """

    def __init__(self) -> None:
        self._given = environment.taken("RTSTORE_PASSPHRASE")

    def ask(self, what: str) -> str:
        """Return the passphrase that something has. ``what`` names it: "the backup".

        Raises:
            KeyFileError: none is given.
        """
        return self._given or self._read(f"Passphrase of {what}: ")

    def choose(self, what: str) -> str:
        """Return a passphrase that something is to have; a person types it twice.

        Raises:
            KeyFileError: none is given, or the two differ.
        """
        if self._given:
            return self._given
        chosen = self._read(f"New passphrase of {what}: ")
        if _on_terminal() and _typed("The same once more: ") != chosen:
            raise KeyFileError("the two passphrases differ", hint="Run it again.")
        return chosen

    def _read(self, prompt: str) -> str:
        passphrase = _typed(prompt) if _on_terminal() else _line()
        if not passphrase:
            raise KeyFileError(
                "no passphrase was given",
                hint="Type it on a terminal, or give it in RTSTORE_PASSPHRASE or as a line of standard input.",
            )
        return passphrase


def _on_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _typed(prompt: str) -> str:
    import warnings
    from getpass import GetPassWarning, getpass

    from rtstore.cli.text import printable

    with warnings.catch_warnings():
        # Where the echo cannot be turned off it would go on, and show what is typed.
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(printable(prompt))
        except EOFError:
            print(file=sys.stderr)  # what comes next does not go on the line of the prompt
            return ""
        except GetPassWarning:
            raise KeyFileError(
                "this terminal would show the passphrase while it is typed",
                hint="Give it in RTSTORE_PASSPHRASE or as a line of standard input.",
            ) from None


def _line() -> str:
    if sys.stdin is None:
        return ""
    try:
        line = sys.stdin.readline(_LONGEST + 1)
    except UnicodeDecodeError:
        raise KeyFileError("the passphrase on standard input is not text") from None
    if len(line) > _LONGEST:
        raise KeyFileError(f"the passphrase on standard input has more than {_LONGEST:,} characters")
    return line.removesuffix("\n").removesuffix("\r")
