"""Configuration: a user's file, a workspace's file, and the defaults; the workspace's goes before the user's.

Keys are ``section.name``. Those rtstore knows are checked when they are set and when they are read; others
are kept, so that a file of a newer rtstore does no harm. Nothing here reads the environment: where the files
are is said by the caller.
"""

from __future__ import annotations

import os
import re
from typing import Final, Literal, NamedTuple

from rtstore.errors import RevisionError, UsageError
from rtstore.storage.files import Files
from rtstore.workspace.author import Identity
from rtstore.workspace.inifile import IniFile

Place = Literal["workspace", "user"]
Origin = Literal["workspace", "user", "default"]
#: In the order they are asked.
_PLACES: Final[tuple[Place, ...]] = ("workspace", "user")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")


class Known(NamedTuple):
    """A key rtstore knows: its default and what it may be. None as default: not set."""

    default: str | None
    meaning: str
    choices: tuple[str, ...] = ()
    numbers: range | None = None


KNOWN: Final[dict[str, Known]] = {
    "user.name": Known(None, "your name, for the author of commits"),
    "user.email": Known(None, "your email address, for the author of commits"),
    "core.pager": Known(None, "the program long output is shown with"),
    "ui.color": Known("auto", "colours: 'auto' is on a terminal only", ("auto", "always", "never")),
    "gc.retention-days": Known("30", "days that undo can go back after gc", numbers=range(36_501)),
    "backup.auto": Known(
        "off", "'on-commit': every commit is pushed to the backup at once", ("off", "on-commit")
    ),
    "gc.level": Known("9", "zstd compression level of the packs gc writes", numbers=range(1, 23)),
}


class Setting(NamedTuple):
    """The value of a key, and which file it comes from."""

    key: str
    value: str
    origin: Origin


class Config:
    """The settings that hold in a workspace, or outside of any.

    ``workspace`` and ``user`` are paths of configuration files, which need not exist; None: there is no such
    place. Files are read when first needed.
    """

    def __init__(self, files: Files, *, workspace: str | None = None, user: str | None = None) -> None:
        self._files = files
        self._paths: dict[Place, str | None] = {"workspace": workspace, "user": user}
        self._loaded: dict[Place, IniFile] = {}

    def get(self, key: str) -> str | None:
        """Return the value of a key; None if it is set nowhere and has no default.

        Raises:
            UsageError: a file cannot be read, or has a value this key cannot have.
        """
        setting = self.setting(key)
        return setting and setting.value

    def number(self, key: str) -> int:
        """Return the value of a known key that is a number.

        Raises:
            UsageError: a file cannot be read, or has a value this key cannot have.
        """
        value = self.get(key)
        if value is None or KNOWN[key].numbers is None:
            raise AssertionError(f"{key} is not a number with a default")
        return int(value)

    def setting(self, key: str) -> Setting | None:
        """Return the value of a key with its origin; None if it is set nowhere and has no default.

        Raises:
            UsageError: a file cannot be read, or has a value this key cannot have.
        """
        check_key(key)
        for place in _PLACES:
            file = self._load(place)
            if key in file.values:
                _check_value(key, file.values[key], f"{self._paths[place]}:{file.line_of(key)}: ")
                return Setting(key, file.values[key], place)
        default = KNOWN[key].default if key in KNOWN else None
        return None if default is None else Setting(key, default, "default")

    def settings(self) -> list[Setting]:
        """Return the settings that hold, by key.

        Raises:
            UsageError: a file cannot be read, or has a value its key cannot have.
        """
        keys = {*KNOWN, *(key for place in _PLACES for key in self._load(place).values)}
        return [setting for key in sorted(keys) if (setting := self.setting(key)) is not None]

    def set(self, key: str, value: str, *, where: Place = "workspace") -> None:
        """Set a key in one of the files.

        Raises:
            UsageError: the key or the value is impossible, or there is no such file to write to.
            StorageError: the operating system refused.
        """
        check_key(key)
        if not value or not value.isprintable() or value != value.strip():
            raise UsageError(
                f"{key} cannot be {value!r}: a value is one line of text without spaces around it",
                hint=f"To go back to the default: `rtstore config --unset {key}`.",
            )
        _check_value(key, value)
        self._write(where, self._load(where).with_value(key, value))

    def unset(self, key: str, *, where: Place = "workspace") -> None:
        """Remove a key from one of the files.

        Raises:
            RevisionError: the file does not set it.
            UsageError: the file cannot be read, or there is no such place.
            StorageError: the operating system refused.
        """
        check_key(key)
        file = self._load(where)
        if key not in file.values:
            raise RevisionError(
                f"{key} is not set in the {where} configuration",
                candidates=tuple(sorted(file.values)),
                hint="`rtstore config --list` shows what is set, and where.",
            )
        self._write(where, file.without(key))

    def identity(self) -> Identity | None:
        """Return who makes commits here, if a name is set: the caller may know another place to ask.

        Raises:
            UsageError: a file cannot be read.
        """
        name = self.get("user.name")
        return None if name is None else Identity(name, self.get("user.email") or "")

    def _load(self, where: Place) -> IniFile:
        if where not in self._loaded:
            path = self._paths[where]
            try:
                content = b"" if path is None else self._files.read(path)
            except FileNotFoundError:
                content = b""
            self._loaded[where] = IniFile(content, path or where)
        return self._loaded[where]

    def _write(self, where: Place, content: bytes) -> None:
        path = self._paths[where]
        if path is None:
            hint = "Run it in a workspace, or with --user." if where == "workspace" else None
            raise UsageError(f"there is no {where} configuration to write to", hint=hint)
        # A user's file may be a link into a collection of such files: write what it points at.
        target = os.path.realpath(path) if where == "user" else path
        self._files.make_directory(os.path.dirname(target))
        self._files.write_atomically(target, content, mode=0o600 if where == "user" else 0o666)
        self._loaded[where] = IniFile(content, path)


def check_key(key: str) -> None:
    """Refuse what can be no key.

    Raises:
        UsageError: the key is refused.
    """
    if not _KEY.fullmatch(key):
        raise UsageError(
            f"{key!r} is not a configuration key",
            hint="Write it like 'user.name': letters, digits, '-', '_'.",
        )


def _check_value(key: str, value: str, place: str = "") -> None:
    known = KNOWN.get(key)
    if known is None:
        return
    if known.choices and value not in known.choices:
        raise UsageError(f"{place}{key} cannot be {value!r}", hint=f"Use one of: {', '.join(known.choices)}.")
    if known.numbers and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise UsageError(
            f"{place}{key} must be a whole number, not {value!r}", hint=_range_hint(known.numbers)
        )
    if known.numbers and int(value) not in known.numbers:
        raise UsageError(f"{place}{key} cannot be {value}", hint=_range_hint(known.numbers))


def _range_hint(numbers: range) -> str:
    return f"Use a number from {numbers[0]} to {numbers[-1]}."
