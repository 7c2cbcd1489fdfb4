"""From an address to the repository that is there."""

from __future__ import annotations

from collections.abc import Mapping

from rtstore.remote.git.address import Kind, parse
from rtstore.remote.git.bounds import Bounds, Patience
from rtstore.remote.git.repository import Repository
from rtstore.storage.files import Files


def open_repository(
    address: str,
    *,
    files: Files | None = None,
    ssh_command: str | None = None,
    environment: Mapping[str, str] | None = None,
    may_ask: bool = False,
    bounds: Bounds | None = None,
    patience: Patience | None = None,
) -> Repository:
    """Return the repository at an address. Nobody is talked to before it is asked for something.

    ``ssh_command``: what git calls GIT_SSH_COMMAND, instead of its setting core.sshCommand. ``environment``: that of
    ``ssh`` and ``git credential``; None: that of this process. ``may_ask``: git may ask for a password at the terminal.

    Raises:
        UsageError: it is no address, or one that rtstore refuses.
    """
    place = parse(address)
    files, bounds, patience = files or Files(), bounds or Bounds(), patience or Patience()
    # Dulwich takes a tenth of a second to import, which only those shall wait for who talk to a remote.
    if place.kind is Kind.PATH:
        from rtstore.remote.git.path import PathRepository

        return PathRepository(place.path, files, bounds)

    from rtstore.remote.git.servers import DaemonRepository, HttpRepository, SshRepository

    if place.kind is Kind.GIT:
        return DaemonRepository(place, files, bounds, patience)

    from rtstore.remote.git.settings import user_settings

    settings = user_settings()
    if place.kind is Kind.SSH:
        command = ssh_command or settings.ssh_command
        return SshRepository(place, files, bounds, patience, command, environment)

    from rtstore.remote.git.credentials import Credentials

    credentials = Credentials(environment, may_ask=may_ask)
    return HttpRepository(place, files, bounds, patience, credentials, settings.config)
