"""Texts written in the user's editor: the message of a commit, a turn in conflict."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Final, NamedTuple

from rtstore.cli import environment
from rtstore.errors import NothingToDoError, UsageError

_DEFAULT: Final = "notepad" if os.name == "nt" else "vi"
#: What is below it is not part of a text; git has it too, and editors know it.
SCISSORS: Final = "# ------------------------ >8 ------------------------\n"


#: What shells report for a program that is not there, or is none.
_NOT_STARTED: Final = frozenset((126, 127, 9009))


class _Purpose(NamedTuple):
    """What is written, and what to say if the editor cannot be started (``hint``) or fails (``otherwise``)."""

    prefix: str
    suffix: str
    outcome: str
    hint: str
    otherwise: str | None = None


def edit_message(comment: str, directory: str) -> str:
    """Return the message the user writes; lines that start with ``#`` are not part of it.

    ``comment`` is shown below, commented out. ``directory`` is where the temporary file is made.

    Raises:
        NothingToDoError: the message is empty.
        UsageError: the editor cannot be started, or failed.
    """
    template = "\n" + "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    hint = "Set $EDITOR, or give the message with -m."
    otherwise = "Leave the editor without an error, or give the message with -m."
    purpose = _Purpose("COMMIT_MESSAGE-", ".txt", "no commit was made", hint, otherwise)
    message = without_comments(_edited(template, directory, purpose))
    if not message:
        raise NothingToDoError("the message is empty: no commit was made")
    return message


def edit_text(text: str, below: str, directory: str, suffix: str = ".txt") -> str:
    """Return what the user makes of a text; empty if nothing is left of it.

    ``below`` is shown under the text, for the user to take from, and is not part of it.

    Raises:
        UsageError: the editor cannot be started, or failed.
    """
    template = f"{text}\n{SCISSORS}# What is above this line counts.\n{below}"
    hint = "Set $EDITOR to an editor that is there."
    written = _edited(template, directory, _Purpose("RESOLVE-", suffix, "nothing was taken", hint))
    above = written.replace("\r\n", "\n") if "\r" not in text else written
    return above.partition(SCISSORS)[0].removesuffix("\n")


def without_comments(written: str) -> str:
    """Return a message without the lines that start with ``#`` and the blank space around it."""
    lines = (line.rstrip() for line in written.splitlines() if not line.startswith("#"))
    return "\n".join(lines).strip()


def _edited(template: str, directory: str, purpose: _Purpose) -> str:
    """Return what the user makes of a file; line breaks stay as they are."""
    descriptor, path = tempfile.mkstemp(prefix=purpose.prefix, suffix=purpose.suffix, dir=directory)
    try:
        with open(descriptor, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            file.write(template)
        _run_editor(path, purpose)
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    finally:
        os.unlink(path)


def _run_editor(path: str, purpose: _Purpose) -> None:
    editor = environment.value("VISUAL") or environment.value("EDITOR") or _DEFAULT
    quoted = f'"{path}"' if os.name == "nt" else "'" + path.replace("'", "'\\''") + "'"
    # An editor is a line for the shell, as in git: "code --wait", "emacs -nw".
    code = subprocess.run(f"{editor} {quoted}", shell=True, check=False).returncode
    if code in _NOT_STARTED:
        raise UsageError(f"the editor {editor!r} cannot be started: {purpose.outcome}", hint=purpose.hint)
    if code:
        raise UsageError(
            f"the editor {editor!r} ended with an error (exit code {code}): {purpose.outcome}",
            hint=purpose.otherwise,
        )
