"""The servers that git repositories are behind: a git daemon, `ssh`, HTTP."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import IO

from dulwich.client import TraditionalGitClient
from dulwich.config import Config
from dulwich.protocol import Protocol

from rtstore.remote.git.address import Address
from rtstore.remote.git.bounds import Bounds, Patience
from rtstore.remote.git.channel import Allowance, Channel
from rtstore.remote.git.credentials import Credentials
from rtstore.remote.git.http import HttpClient
from rtstore.remote.git.smart import Client, Conversation, SmartRepository
from rtstore.remote.git.ssh import SshChannel, explained, open_ssh
from rtstore.remote.git.tcp import open_daemon
from rtstore.storage.files import Files

#: Connects for a service of git ("upload-pack") in a version of its protocol.
Connect = Callable[[bytes, int], Channel]


class WiredClient(TraditionalGitClient, Client):
    """Dulwich's client for connections, with connections of our own."""

    def __init__(self, connect: Connect) -> None:
        super().__init__(thin_packs=False, quiet=True)
        self._connect_to = connect
        self._protocol: Protocol | None = None
        #: The last connection.
        self.channel: Channel | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._protocol is not None:
            self._protocol.close()

    def abandon(self) -> None:
        """Close the connection at once."""
        if self.channel is not None:
            self.channel.abandon()
        self.close()

    def _connect(
        self, cmd: bytes, path: str | bytes, protocol_version: int | None = None
    ) -> tuple[Protocol, Callable[[], bool], IO[bytes] | None]:
        """Connect; what dulwich's client is built on."""
        version = 2 if cmd == b"upload-pack" else 0
        channel = self._connect_to(cmd, version)
        self.channel = channel
        self._protocol = Protocol(
            channel.read, lambda data: channel.write(self.with_here(data)), channel.close
        )
        # Nothing has come before a request is whole, since there is one `have` at most.
        return self._protocol, lambda: False, None


class WiredRepository(SmartRepository):
    """A repository behind a connection."""

    def __init__(self, address: Address, files: Files, bounds: Bounds, patience: Patience) -> None:
        super().__init__(address.place, files, bounds)
        self._address = address
        self._patience = patience

    @abstractmethod
    def connect(self, service: bytes, version: int, allowance: Allowance) -> Channel:
        """Connect for a service of git."""

    def begin(self, allowance: Allowance) -> Conversation:
        """Return what a conversation needs; see ``SmartRepository``."""
        client = WiredClient(lambda service, version: self.connect(service, version, allowance))
        path = self._address.path.encode("utf-8", "surrogateescape")
        return Conversation(
            client, path, allowance, client.close, client.abandon, lambda: self.why(client.channel)
        )

    def why(self, channel: Channel | None) -> Exception | None:
        """Return why a server hung up, if that is known."""
        return None


class DaemonRepository(WiredRepository):
    """A repository behind a git daemon."""

    def connect(self, service: bytes, version: int, allowance: Allowance) -> Channel:
        """Connect for a service of git."""
        return open_daemon(self._address, service, version, allowance, self._patience)


class SshRepository(WiredRepository):
    """A repository behind ``ssh``."""

    def __init__(
        self,
        address: Address,
        files: Files,
        bounds: Bounds,
        patience: Patience,
        ssh_command: str | None,
        environment: Mapping[str, str] | None,
    ) -> None:
        super().__init__(address, files, bounds, patience)
        self._ssh_command = ssh_command
        self._environment = environment

    def connect(self, service: bytes, version: int, allowance: Allowance) -> Channel:
        """Connect for a service of git."""
        return open_ssh(
            self._address,
            service,
            version,
            allowance,
            self._patience,
            self._ssh_command,
            self._environment,
        )

    def why(self, channel: Channel | None) -> Exception | None:
        """Return why a server hung up, by what ``ssh`` said."""
        return explained(self._address.place, channel) if isinstance(channel, SshChannel) else None


class HttpRepository(SmartRepository):
    """A repository behind HTTP."""

    def __init__(
        self,
        address: Address,
        files: Files,
        bounds: Bounds,
        patience: Patience,
        credentials: Credentials,
        config: Config,
    ) -> None:
        super().__init__(address.place, files, bounds)
        self._address = address
        self._patience = patience
        self._credentials = credentials
        self._config = config

    def begin(self, allowance: Allowance) -> Conversation:
        """Return what a conversation needs; see ``SmartRepository``."""
        client = HttpClient(self._address, self._config, self._credentials, allowance, self._patience)
        path = self._address.path.encode("utf-8", "surrogateescape")
        return Conversation(client, path, allowance, client.close, client.close, lambda: None)
