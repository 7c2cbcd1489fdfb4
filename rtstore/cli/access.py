"""What commands that talk to a remote share: options that name keys, and what goes to the programs that reach it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from rtstore.cli import environment
from rtstore.cli.passphrase import Passphrases
from rtstore.cli.progress import progress

if TYPE_CHECKING:
    from rtstore.remote.access import Access

_OPTIONS: Final = (
    click.option(
        "--identity",
        "identities",
        metavar="FILE",
        multiple=True,
        type=click.Path(),
        help="Open the backup with the age key in FILE, too.",
    ),
    click.option(
        "--ssh-key",
        "ssh_keys",
        metavar="FILE",
        multiple=True,
        type=click.Path(),
        help="Open the backup with this private ssh key, too.",
    ),
)


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that name keys: ``identities`` and ``ssh_keys``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@contextmanager
def accessing(
    identities: tuple[str, ...] = (), ssh_keys: tuple[str, ...] = (), passphrases: Passphrases | None = None
) -> Iterator[Access]:
    """Return what a command may use to get at a remote."""
    from rtstore.remote.access import Access
    from rtstore.remote.keys.identities import load_identities, load_ssh_key

    ask = (passphrases or Passphrases()).ask
    keys = [key for path in identities for key in load_identities(path, ask)]
    keys += map(load_ssh_key, ssh_keys)
    with progress() as told:
        yield Access(
            environment.user_config_directory(),
            tuple(keys),
            ask,
            environment.value("GIT_SSH_COMMAND"),
            environment.everything(),
            told,
            may_ask=sys.stdin is not None and sys.stdin.isatty() and os.name != "nt",
        )
