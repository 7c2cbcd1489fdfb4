"""How much of this machine a remote that is not trusted may use up, and how long it may keep us waiting."""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """What is refused from a remote because no backup needs it."""

    #: Bytes of one object; what rtstore pushes has half a MiB.
    object: int = 256 << 20
    #: Bytes of an object that the server sends as a difference, which are trees: this much is held in memory.
    rebuilt: int = 16 << 20
    #: Bytes that all such objects of one transfer may come to. They cost time, not memory.
    rebuilt_in_all: int = 4 << 30
    #: Objects of one transfer; a few hundred bytes of memory each.
    objects: int = 500_000
    #: Bytes of everything else that a server says: its list of branches, its progress.
    talk: int = 64 << 20
    #: Bytes that are left free on the disk.
    reserve: int = 256 << 20


class Patience(NamedTuple):
    """Seconds to wait for a server."""

    #: For its address, and then for it to take the connection.
    connect: float = 5.0
    #: For the first word it says, and later for the next: git servers say every five seconds that they work.
    answer: float = 60.0
