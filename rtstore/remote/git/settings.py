"""What the user has told git: about proxies and certificates, and how to call ``ssh``."""

from __future__ import annotations

from typing import NamedTuple

from dulwich.config import Config, StackedConfig

from rtstore.errors import RemoteError


class Settings(NamedTuple):
    """Git's settings of the user and of the machine."""

    config: Config
    ssh_command: str | None


def user_settings() -> Settings:
    """Read git's settings.

    Raises:
        RemoteError: a file of them cannot be read.
    """
    try:
        config = StackedConfig.default()
    except (OSError, ValueError) as error:
        raise RemoteError(
            "the settings of git cannot be read", hint="See `git config --list --show-origin`."
        ) from error
    try:
        command = config.get((b"core",), b"sshCommand").decode("utf-8", "surrogateescape")
    except KeyError:
        command = None
    return Settings(config, command)
