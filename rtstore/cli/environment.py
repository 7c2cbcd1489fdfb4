"""All that rtstore takes from the environment."""

from __future__ import annotations

import os


def value(name: str) -> str | None:
    """Return a variable's value; an empty one counts as not set."""
    return os.environ.get(name) or None


def taken(name: str) -> str | None:
    """Return a secret variable's value, and take it away: programs that are started do not get it."""
    return os.environ.pop(name, None) or None


def everything() -> dict[str, str]:
    """Return all of it, for programs that are started."""
    return dict(os.environ)


def user_config_directory() -> str:
    """Return the directory of the user's configuration, which need not exist.

    ``$RTSTORE_CONFIG_DIR``, else ``%APPDATA%\\rtstore`` on Windows and ``$XDG_CONFIG_HOME/rtstore`` or
    ``~/.config/rtstore`` elsewhere.
    """
    if chosen := value("RTSTORE_CONFIG_DIR"):
        return os.path.abspath(chosen)
    if os.name == "nt" and (roaming := value("APPDATA")):
        return os.path.join(roaming, "rtstore")
    base = value("XDG_CONFIG_HOME")
    if base is None or not os.path.isabs(base):  # the XDG specification: a relative one is to be ignored
        base = os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "rtstore")


def wants_no_color() -> bool:
    """Whether the environment speaks against colours: https://no-color.org, or a terminal without any."""
    return value("NO_COLOR") is not None or value("TERM") == "dumb"
