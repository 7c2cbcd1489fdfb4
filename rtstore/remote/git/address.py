"""Where a git repository is: the forms of addresses that git knows, told apart as git tells them apart."""

from __future__ import annotations

import os
import re
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from rtstore.errors import UsageError
from rtstore.storage.files import WINDOWS

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HELPER: Final = re.compile(r"[A-Za-z0-9]+::")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_FORMS: Final = "Write a path, file://, git://, ssh://, https://, http:// or user@host:path."


class Kind(Enum):
    """How a repository is reached."""

    PATH = "path"
    GIT = "git"
    SSH = "ssh"
    HTTP = "http"


class Address(NamedTuple):
    """An address, taken apart.

    ``text``: as it was given. ``path``: of the repository on its host; for ``HTTP`` as it stands in the address.
    """

    kind: Kind
    text: str
    path: str
    scheme: str = ""
    host: str = ""
    port: int | None = None
    user: str | None = None

    @property
    def url(self) -> str:
        """The address without a user's name, as HTTP clients take it."""
        return f"{self.scheme}://{self.place}{self.path}"

    @property
    def place(self) -> str:
        """Host and port, as they are written in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def parse(text: str, *, windows: bool = WINDOWS) -> Address:
    """Take an address apart.

    Raises:
        UsageError: it is none, or holds what it must not hold: a password, an option for a program.
    """
    if not text:
        raise UsageError("the address of the repository is empty", hint=_FORMS)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise UsageError("the address of the repository holds a control character", hint=_FORMS)
    if _SCHEME.match(text):
        return _from_url(text, windows)
    if _HELPER.match(text):
        raise UsageError(
            "an address with `::` names a program to run, which rtstore does not do", hint=_FORMS
        )
    colon, slash = text.find(":"), text.find("/")
    if colon < 0 or 0 <= slash < colon or _is_on_drive(text, windows):
        return Address(Kind.PATH, text, text)
    return _from_short(text)


def from_anywhere(text: str) -> str:
    """Return an address that means the same in whatever directory it is used: a relative path is made absolute.

    Raises:
        UsageError: it is no address.
    """
    return os.path.abspath(text) if parse(text).kind is Kind.PATH and not _SCHEME.match(text) else text


def _is_on_drive(text: str, windows: bool) -> bool:
    return bool(_DRIVE.match(text)) and (windows or text[2:3] == "\\")


def _from_short(text: str) -> Address:
    """Take ``user@host:path`` apart; the host may be in brackets, with a port too."""
    user, at, rest = text.rpartition("@") if "@" in text.partition("/")[0] else ("", "", text)
    if rest.startswith("[") and "]:" in rest:
        host, _, path = rest[1:].partition("]:")
        name, colon, digits = host.rpartition(":")
        if colon and digits.isdigit() and ":" not in name:
            return _ssh(text, name, _port(digits), user if at else None, path)
    else:
        host, _, path = rest.partition(":")
    if ":" in user:
        raise _password()
    return _ssh(text, host, None, user if at else None, path)


def _from_url(text: str, windows: bool) -> Address:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError("the address of the repository is none: its host or port", hint=_FORMS) from error
    if parts.password is not None:
        raise _password()
    scheme = parts.scheme.lower()
    if scheme == "file":
        return Address(Kind.PATH, text, _file_path(parts, windows))
    if scheme not in ("git", "ssh", "git+ssh", "ssh+git", "http", "https"):
        raise UsageError(f"rtstore does not know addresses that begin with {scheme}://", hint=_FORMS)
    host = parts.hostname or ""
    user = None if parts.username is None else unquote(parts.username)
    if "ssh" in scheme:
        return _ssh(text, host, port, user, unquote(parts.path))
    _check_host(host)
    if scheme == "git":
        return _checked(Address(Kind.GIT, text, unquote(parts.path), scheme, host, port, user))
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return _checked(Address(Kind.HTTP, text, path, scheme, host, port, user))


def _ssh(text: str, host: str, port: int | None, user: str | None, path: str) -> Address:
    # The remote shell expands a leading tilde only where the path begins with it.
    path = path[1:] if path.startswith("/~") else path
    _check_host(host)
    if path.startswith("-") or (user or "").startswith("-"):
        raise UsageError("the address of the repository holds what a program would take for an option")
    return _checked(Address(Kind.SSH, text, path, "ssh", host, port, user))


def _checked(address: Address) -> Address:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in unquote(address.path) + (address.user or "")):
        raise UsageError("the address of the repository holds a control character", hint=_FORMS)
    if not address.path.strip("/"):
        raise UsageError("the address names a host but no repository on it", hint=_FORMS)
    return address


def _check_host(host: str) -> None:
    if not host or host.startswith("-") or any(letter.isspace() for letter in host):
        raise UsageError("the address of the repository has no host that can be one", hint=_FORMS)


def _file_path(parts: SplitResult, windows: bool) -> str:
    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost"):
        if not windows:
            raise UsageError(
                "a file:// address with a host", hint="Write three slashes before the path: file:///PATH"
            )
        return f"\\\\{parts.netloc}{path}".replace("/", "\\")
    if windows and _DRIVE.match(path[1:]):
        path = path[1:]
    if not path or "\0" in path:
        raise UsageError("the file:// address names no path", hint=_FORMS)
    return os.path.normpath(path) if windows else path


def _port(digits: str) -> int:
    port = int(digits)
    if port > 65535:
        raise UsageError("the address of the repository is none: its port", hint=_FORMS)
    return port


def _password() -> UsageError:
    return UsageError(
        "the address holds a password, which would lie readable in files and process lists",
        hint="Leave it out and let git remember it: `git config --global credential.helper store`, or one of the "
        "helpers that `git help credentials` names.",
    )
