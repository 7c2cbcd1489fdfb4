"""Keys to try things with, made by the real tools, and what tests of them share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rtstore.errors import RtstoreError


def tool(name: str, package: str) -> str:
    """Return the path of a program; without it the test has failed, and says what to install."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"the program {name} is needed: install the Debian package {package}")
    return path


def age_tool(*arguments: str | Path, stdin: bytes = b"", fails: bool = False) -> bytes:
    """Run the real age; return what it prints."""
    return _run([tool("age", "age"), *map(str, arguments)], stdin, fails)


def age_keygen(*arguments: str | Path) -> bytes:
    """Run the real age-keygen; return what it prints."""
    return _run([tool("age-keygen", "age"), *map(str, arguments)], b"", False)


def ssh_key(path: Path, *options: str, passphrase: str = "") -> Path:
    """Make an ssh key, with ``FILE.pub`` beside it, as ssh-keygen is told by ``options``."""
    command = [
        tool("ssh-keygen", "openssh-client"),
        "-q",
        "-C",
        "mara@desk",
        "-N",
        passphrase,
        "-f",
        str(path),
    ]
    _run([*command, *options], b"", False)
    return path


def refusal(call: Callable[[], object]) -> RtstoreError:
    """Return the error that a call ends with; see that its message is one line."""
    with pytest.raises(RtstoreError) as caught:
        call()
    assert "\n" not in f"{caught.value.message}{caught.value.hint}"
    return caught.value


def _run(command: list[str], stdin: bytes, fails: bool) -> bytes:
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert (done.returncode != 0) is fails, done
    return done.stdout
