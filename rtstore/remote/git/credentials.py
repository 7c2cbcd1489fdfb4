"""User names and passwords, from whatever the user has told git to keep them in: rtstore keeps none.

They go through pipes to and from ``git credential``, never through an argument list, a log or a message.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Final, NamedTuple

from rtstore.errors import RemoteError
from rtstore.remote.git.address import Address

#: Seconds for a helper that cannot ask anybody.
_PATIENCE: Final = 30.0


class Credential(NamedTuple):
    """A user's name and password; neither is shown when this is printed."""

    user: str
    password: str
    #: What git said, which it wants to hear again.
    raw: bytes

    def __repr__(self) -> str:
        return "Credential(...)"


class Credentials:
    """Asks git, for each address once. ``may_ask``: somebody sits at a terminal whom git may ask."""

    def __init__(self, environment: Mapping[str, str] | None, *, may_ask: bool) -> None:
        self._environment = environment
        self._may_ask = may_ask
        #: What was accepted, by the question it is the answer to.
        self._accepted: dict[bytes, Credential] = {}
        self._questions: dict[bytes, bytes] = {}

    def fill(self, address: Address) -> Credential | None:
        """Return user and password for a server, None if nobody knows them.

        Raises:
            RemoteError: git cannot be run, or does not come to an end.
        """
        fields = [("protocol", address.scheme), ("host", address.place), ("path", address.path.lstrip("/"))]
        if address.user is not None:
            fields.append(("username", address.user))
        question = ("".join(f"{name}={value}\n" for name, value in fields) + "\n").encode()
        if question in self._accepted:
            return self._accepted[question]
        code, answer = self._run("fill", question)
        found = dict(line.split(b"=", 1) for line in answer.split(b"\n") if b"=" in line)
        if code or b"username" not in found or b"password" not in found:
            return None
        raw = answer.rstrip(b"\n") + b"\n\n"
        self._questions[raw] = question
        user, password = (
            found[name].decode("utf-8", "surrogateescape") for name in (b"username", b"password")
        )
        return Credential(user, password, raw)

    def approve(self, credential: Credential) -> None:
        """Tell git that a credential was accepted, so that it may keep it."""
        question = self._questions[credential.raw]
        if question not in self._accepted:
            self._accepted[question] = credential
            self._run("approve", credential.raw)

    def reject(self, credential: Credential) -> None:
        """Tell git that a credential was refused, so that it forgets it."""
        self._accepted.pop(self._questions[credential.raw], None)
        self._run("reject", credential.raw)

    def _run(self, action: str, message: bytes) -> tuple[int, bytes]:
        command = ["git"]
        if not self._may_ask:
            # A prompt of git is switched off by its environment only, which is not known here when it is inherited;
            # without a terminal in its session it has nobody to ask.
            command += ["-c", "credential.interactive=false"]
        environment = None if self._environment is None else dict(self._environment)
        if environment is not None and not self._may_ask:
            environment["GIT_TERMINAL_PROMPT"] = "0"
        try:
            done = subprocess.run(
                [*command, "credential", action],
                input=message,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if not self._may_ask else None,
                check=False,
                timeout=None if self._may_ask else _PATIENCE,
                start_new_session=not self._may_ask,
                env=environment,
            )
        except OSError as error:
            raise RemoteError(
                "the remote asks for a password, and git, which would know it, cannot be run",
                hint="Install git, or see that it is found.",
            ) from error
        except subprocess.TimeoutExpired:
            # Its input is in the error, so that is not handed on.
            raise RemoteError(
                "the credential helper of git does not come to an end",
                hint="See `git config --get-all credential.helper`.",
            ) from None
        return done.returncode, done.stdout
