"""``ssh://`` and ``user@host:path``: git's protocol through the system's ``ssh``, with the user's keys and settings."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import time
from collections.abc import Mapping
from threading import Thread
from typing import IO, Final

from rtstore.errors import RemoteError, UnreachableError
from rtstore.remote.git.address import Address
from rtstore.remote.git.bounds import Patience
from rtstore.remote.git.channel import Allowance, Channel
from rtstore.remote.git.failures import AGAIN, one_line
from rtstore.storage.files import WINDOWS

#: Bytes of complaints that are kept.
_COMPLAINTS: Final = 8 << 10
#: Seconds in which ``ssh`` has to end when it has broken off, to say why.
_END: Final = 1.0
_NOBODY: Final = re.compile(
    r"could not resolve|connection (refused|timed out|closed|reset)|no route|unreachable|broken pipe|timeout"
    r"|operation timed out|not known",
    re.IGNORECASE,
)
#: After the login.
_BROKEN: Final = re.compile(r"closed by remote host|disconnect|reset by peer|not responding", re.IGNORECASE)


class SshChannel(Channel):
    """A connection through a running ``ssh``."""

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str] | None,
        allowance: Allowance,
        patience: Patience,
    ) -> None:
        super().__init__(allowance)
        self._patience = patience
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=None if environment is None else dict(environment),
            )
        except (OSError, ValueError) as error:
            raise RemoteError(
                f"cannot run {one_line(command[0])}, which is needed to reach the remote",
                hint="Install OpenSSH's client, or set GIT_SSH_COMMAND to another one.",
            ) from error
        self._input, self._output = _pipe(self._process.stdin), _pipe(self._process.stdout)
        if (
            not WINDOWS
        ):  # where pipes can neither be waited for nor be told not to block; ssh itself gives up there
            os.set_blocking(self._input.fileno(), False)
            os.set_blocking(self._output.fileno(), False)
        self._complaints = b""
        self._listener = Thread(target=self._listen, name="rtstore-ssh", daemon=True)
        self._listener.start()

    def receive(self, size: int) -> bytes:
        """Return what has come; see ``Channel``."""
        _wait(self._output, select.POLLIN if not WINDOWS else 0, self._patience.answer)
        return os.read(self._output.fileno(), size)

    def send(self, data: bytes) -> None:
        """Send all of ``data``; see ``Channel``."""
        rest = memoryview(data)
        while rest:
            _wait(self._input, select.POLLOUT if not WINDOWS else 0, self._patience.answer)
            try:
                rest = rest[os.write(self._input.fileno(), rest) :]
            except BlockingIOError:  # room, but less than the pipe is awake for
                time.sleep(0.001)

    def close(self) -> None:
        """End the connection, when git at the other end is done with what it does after a push."""
        self._input.close()
        self._output.close()
        self._end(self._patience.answer)

    def abandon(self) -> None:
        """End the connection at once; see ``Channel``."""
        if self._process.poll() is None:
            self._process.kill()
        self.close()

    def last_words(self) -> str:
        """Return the last line of what ``ssh``, or git at the other end, wrote about what is wrong."""
        self._end(_END)
        return one_line(self._complaints)

    @property
    def gave_up(self) -> bool:
        """Whether it was ``ssh`` itself that failed, and not git at the other end."""
        return self._process.returncode == 255

    def _end(self, seconds: float) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # A connection that is shared with other commands may stay, and hold the pipe open.
        self._listener.join(_END)

    def _listen(self) -> None:
        with _pipe(self._process.stderr) as pipe:
            while said := os.read(pipe.fileno(), 4096):
                self._complaints = (self._complaints + said)[-_COMPLAINTS:]


def open_ssh(
    address: Address,
    service: bytes,
    version: int,
    allowance: Allowance,
    patience: Patience,
    ssh_command: str | None,
    environment: Mapping[str, str] | None,
) -> SshChannel:
    """Log in and ask for a service in a version of git's protocol.

    Raises:
        RemoteError: ``ssh`` cannot be run.
    """
    command = command_line(address, service, version, patience, ssh_command)
    return SshChannel(command, environment, allowance, patience)


def command_line(
    address: Address, service: bytes, version: int, patience: Patience, ssh_command: str | None
) -> list[str]:
    """Return the command that runs a git service on the host.

    Raises:
        RemoteError: ``ssh_command`` cannot be understood.
    """
    try:
        command = shlex.split(ssh_command, posix=not WINDOWS) if ssh_command else ["ssh"]
    except ValueError as error:
        raise RemoteError(
            "the command that is set for ssh cannot be understood",
            hint="See GIT_SSH_COMMAND and the setting core.sshCommand of git.",
        ) from error
    if os.path.basename(command[0]).lower() in ("ssh", "ssh.exe"):
        seconds = max(1, round(patience.connect))
        command += ["-x", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={seconds}"]
        command += ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]
        if version:
            command += ["-o", f"SetEnv=GIT_PROTOCOL=version={version}"]
    if address.port is not None:
        command += ["-p", str(address.port)]
    quoted = "'" + address.path.replace("'", "'\\''").replace("!", "'\\!'") + "'"
    place = address.host if address.user is None else f"{address.user}@{address.host}"
    return [*command, place, f"git-{service.decode()} {quoted}"]


def explained(place: str, channel: SshChannel) -> RemoteError | None:
    """Return what the end of a connection means, by what ``ssh`` said; None if it said nothing."""
    said = channel.last_words()
    if not said:
        return None
    if channel.gave_up and _BROKEN.search(said):
        return UnreachableError(f"{place} broke the connection", hint=AGAIN)
    if channel.gave_up and _NOBODY.search(said):
        return UnreachableError(f"cannot reach {place}: {said}", hint="Check the network and the address.")
    if channel.gave_up and "verification failed" in said:
        return RemoteError(
            f"the key of the host {place} is not known, or has changed",
            hint="Log in once with ssh and compare the key with what its owner says.",
        )
    if channel.gave_up:
        return RemoteError(
            f"{place} refuses the login: {said}",
            hint="See that `ssh` logs in there without asking: the key in the agent, and known to the host.",
        )
    return RemoteError(f"{place} answers: {said}", hint="Check the address, and your rights there.")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a pipe that was asked for is missing")
    return pipe


def _wait(pipe: IO[bytes], event: int, seconds: float) -> None:
    """Wait until a pipe can be read or written.

    Raises:
        TimeoutError: that takes too long.
    """
    if WINDOWS:
        return
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(seconds * 1000):
        raise TimeoutError
