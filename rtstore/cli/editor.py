"""The message of a commit, written in the user's editor."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Final

from rtstore.cli import environment
from rtstore.errors import NothingToDoError, UsageError

_DEFAULT: Final = "notepad" if os.name == "nt" else "vi"


def edit_message(comment: str, directory: str) -> str:
    """Return the message the user writes; lines that start with ``#`` are not part of it.

    ``comment`` is shown below, commented out. ``directory`` is where the temporary file is made.

    Raises:
        NothingToDoError: the message is empty.
        UsageError: the editor cannot be started, or failed.
    """
    template = "\n" + "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    descriptor, path = tempfile.mkstemp(prefix="COMMIT_MESSAGE-", suffix=".txt", dir=directory)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(template)
        _run_editor(path)
        with open(path, encoding="utf-8", errors="replace") as file:
            written = file.read()
    finally:
        os.unlink(path)
    message = without_comments(written)
    if not message:
        raise NothingToDoError("the message is empty: no commit was made")
    return message


def without_comments(written: str) -> str:
    """Return a message without the lines that start with ``#`` and the blank space around it."""
    lines = (line.rstrip() for line in written.splitlines() if not line.startswith("#"))
    return "\n".join(lines).strip()


def _run_editor(path: str) -> None:
    editor = environment.value("VISUAL") or environment.value("EDITOR") or _DEFAULT
    quoted = f'"{path}"' if os.name == "nt" else "'" + path.replace("'", "'\\''") + "'"
    # An editor is a line for the shell, as in git: "code --wait", "emacs -nw".
    code = subprocess.run(f"{editor} {quoted}", shell=True, check=False).returncode
    if code:
        raise UsageError(
            f"the editor {editor!r} failed with exit code {code}: no commit was made",
            hint="Set $EDITOR, or give the message with -m.",
        )
