"""``git://``: a plain connection to a git daemon."""

from __future__ import annotations

import socket
from typing import Final

from rtstore.remote.git.address import Address
from rtstore.remote.git.bounds import Patience
from rtstore.remote.git.channel import Allowance, Channel
from rtstore.remote.git.lookup import connect

_PORT: Final = 9418


class SocketChannel(Channel):
    """A connection through a socket."""

    def __init__(self, connection: socket.socket, allowance: Allowance) -> None:
        super().__init__(allowance)
        self._connection = connection

    def receive(self, size: int) -> bytes:
        """Return what has come; see ``Channel``."""
        return self._connection.recv(size)

    def send(self, data: bytes) -> None:
        """Send all of ``data``; see ``Channel``."""
        self._connection.sendall(data)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def open_daemon(
    address: Address, service: bytes, version: int, allowance: Allowance, patience: Patience
) -> SocketChannel:
    """Connect to a git daemon and ask for a service in a version of git's protocol.

    Raises:
        UnreachableError: it does not answer.
    """
    channel = SocketChannel(connect(address.host, address.port or _PORT, patience), allowance)
    path = address.path.removeprefix("/") if address.path.startswith("/~") else address.path
    request = b"git-%s %s\0host=%s\0" % (service, path.encode(), address.place.encode("idna"))
    if version:
        request += b"\0version=%d\0" % version  # behind two zero bytes, where old daemons do not look
    try:
        channel.write(b"%04x%s" % (len(request) + 4, request))
    except BaseException:
        channel.close()
        raise
    return channel
