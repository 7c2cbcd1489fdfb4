"""Finding a host and connecting to it, within seconds: the operating system alone may take a minute to give up."""

from __future__ import annotations

import socket
import time
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from rtstore.errors import UnreachableError
from rtstore.remote.git.bounds import Patience

_Found = list[tuple[Any, ...]]


def look_up(host: str, port: int, patience: Patience) -> _Found:
    """Return the addresses of a host, as ``socket.getaddrinfo`` gives them.

    Raises:
        UnreachableError: it has none, or nobody says so in time.
    """
    found: SimpleQueue[_Found | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        try:
            found.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    Thread(target=ask, name="rtstore-look-up", daemon=True).start()
    try:
        answer = found.get(timeout=patience.connect)
    except Empty as error:
        raise _unknown(host) from error
    if isinstance(answer, Exception):
        raise _unknown(host) from answer
    return answer


def connect(host: str, port: int, patience: Patience) -> socket.socket:
    """Return a connection to a host.

    Raises:
        UnreachableError: it does not take one, in time.
    """
    addresses = look_up(host, port, patience)
    deadline = time.monotonic() + patience.connect
    reason = "it has no address"
    for number, (family, type, protocol, _, address) in enumerate(addresses):
        connection = socket.socket(family, type, protocol)
        try:
            share = (deadline - time.monotonic()) / (len(addresses) - number)
            connection.settimeout(max(share, 0.1))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(patience.answer)
        except OSError as error:
            connection.close()
            reason = "it does not answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
        else:
            return connection
    raise UnreachableError(
        f"cannot connect to {host}, port {port}: {reason}", hint="Check the network and the address."
    )


def _unknown(host: str) -> UnreachableError:
    return UnreachableError(f"cannot find the host {host}", hint="Check the network and the address.")
