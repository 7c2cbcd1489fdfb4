"""Who makes a commit: what is configured, what git knows, the environment; else the user is asked."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rtstore.cli import environment
from rtstore.errors import UsageError
from rtstore.workspace.author import Identity, format_author, parse_author

if TYPE_CHECKING:
    from rtstore.cli.session import Session


def find_author(session: Session) -> str:
    """Return ``Name <email>`` for a commit.

    Name and email are looked for one by one: in rtstore's configuration, in git's, in the variables
    ``RTSTORE_AUTHOR_NAME``, ``GIT_AUTHOR_NAME`` (``..._EMAIL``) and ``EMAIL``. On a terminal a name that is
    nowhere is asked for, and kept in the user's configuration.

    Raises:
        UsageError: nobody says who it is, or what they say cannot be an author.
    """
    config = session.config()
    name, email = config.get("user.name"), config.get("user.email")
    if name is None or email is None:
        git = _from_git()
        name = name or git.get("user.name") or _from_environment("NAME")
        email = email or git.get("user.email") or _from_environment("EMAIL") or environment.value("EMAIL")
    if name is None:
        return format_author(_ask(session))
    return format_author(Identity(name, email or ""))


def _from_environment(part: str) -> str | None:
    return environment.value(f"RTSTORE_AUTHOR_{part}") or environment.value(f"GIT_AUTHOR_{part}")


def _from_git() -> dict[str, str]:
    """Return what git's configuration says about the user; nothing if there is no git."""
    import subprocess

    command = ["git", "config", "--null", "--get-regexp", r"^user\.(name|email)$"]
    try:
        answer = subprocess.run(command, capture_output=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (item.partition("\n") for item in answer.decode(errors="replace").split("\0") if item)
    # A later file of git's goes before an earlier one, as the later pair does here.
    return {key: value.strip() for key, _, value in pairs if value.strip()}


def _answer(question: str) -> str:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _ask(session: Session) -> Identity:
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "nobody is named as the author of commits",
            hint='`rtstore config --user user.name "Your Name"`, and the same with user.email.',
        )
    answer = _answer("Your name <email> for commits: ")
    if not answer:
        raise UsageError("no name was given", hint="Write it like 'Mara Lind <mara@example.org>'.")
    if not {"<", ">"} & set(answer):
        answer = f"{answer} <{_answer('Your email, or nothing: ')}>"
    identity = parse_author(answer)
    config = session.config()
    config.set("user.name", identity.name, where="user")
    if identity.email:
        config.set("user.email", identity.email, where="user")
    path = os.path.join(environment.user_config_directory(), "config")
    session.out.note(f"kept in {path}; `rtstore config --user user.name NAME` changes it")
    return identity
