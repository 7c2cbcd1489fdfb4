"""What a command may use to get at a remote: keys, and the ways to ask for more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from rtstore.remote.keys.age import Identity
from rtstore.remote.keys.identities import AskPassphrase

#: Told what is being done, how many bytes of it are done, and of how many (None: that is not known).
Progress = Callable[[str, int, int | None], None]


def no_progress(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""


class Access(NamedTuple):
    """``directory``: the user's configuration directory, where this machine's key is; None: there is none.

    ``identities``: keys that were named on the command line; ``ask`` asks for a passphrase. ``ssh_command`` and
    ``environment`` are for the programs that reach a git server, which ``may_ask`` at the terminal.
    ``by_passphrase``: a backup that is new here is opened with its passphrase, whatever keys there are.
    """

    directory: str | None = None
    identities: tuple[Identity, ...] = ()
    ask: AskPassphrase | None = None
    ssh_command: str | None = None
    environment: Mapping[str, str] | None = None
    progress: Progress = no_progress
    may_ask: bool = False
    by_passphrase: bool = False
