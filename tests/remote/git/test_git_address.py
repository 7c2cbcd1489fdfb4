"""Addresses of repositories: told apart as git does, and refused where they hold what they must not."""

from __future__ import annotations

import pytest

from rtstore.errors import UsageError
from rtstore.remote.git.address import Kind, parse
from rtstore.remote.git.connect import open_repository


@pytest.mark.parametrize(
    ("text", "kind", "host", "port", "user", "path"),
    [
        ("/srv/a b.git", Kind.PATH, "", None, None, "/srv/a b.git"),
        ("backup.git", Kind.PATH, "", None, None, "backup.git"),
        ("./with:colon", Kind.PATH, "", None, None, "./with:colon"),
        ("file:///srv/a%20b.git", Kind.PATH, "", None, None, "/srv/a b.git"),
        ("git://host/a.git", Kind.GIT, "host", None, None, "/a.git"),
        ("git://[::1]:99/a.git", Kind.GIT, "::1", 99, None, "/a.git"),
        ("ssh://mara@host:22/srv/a.git", Kind.SSH, "host", 22, "mara", "/srv/a.git"),
        ("ssh://host/~mara/a.git", Kind.SSH, "host", None, None, "~mara/a.git"),
        ("git+ssh://host/a.git", Kind.SSH, "host", None, None, "/a.git"),
        ("git@host:mara/a.git", Kind.SSH, "host", None, "git", "mara/a.git"),
        ("host:a.git", Kind.SSH, "host", None, None, "a.git"),
        ("git@[host:2222]:a.git", Kind.SSH, "host", 2222, "git", "a.git"),
        ("git@[::1]:a.git", Kind.SSH, "::1", None, "git", "a.git"),
        ("https://host/mara/a.git", Kind.HTTP, "host", None, None, "/mara/a.git"),
        ("https://mara@host:8443/a%20b.git", Kind.HTTP, "host", 8443, "mara", "/a%20b.git"),
    ],
)
def test_every_form_of_address_is_understood(
    text: str, kind: Kind, host: str, port: int | None, user: str | None, path: str
) -> None:
    address = parse(text, windows=False)
    assert (address.kind, address.host, address.port, address.user, address.path) == (
        kind,
        host,
        port,
        user,
        path,
    )


@pytest.mark.parametrize("text", ["C:\\data\\a.git", "c:/data/a.git", "D:a.git"])
def test_a_drive_is_not_a_host_on_windows(text: str) -> None:
    assert parse(text, windows=True) == (Kind.PATH, text, text, "", "", None, None)


def test_a_drive_with_a_backslash_is_a_path_everywhere() -> None:
    assert parse("C:\\data", windows=False).kind is Kind.PATH


def test_file_urls_on_windows_name_drives_and_shares() -> None:
    assert parse("file:///C:/data/a.git", windows=True).path.replace("\\", "/") == "C:/data/a.git"
    assert parse("file://server/share/a.git", windows=True).path == "\\\\server\\share\\a.git"


@pytest.mark.parametrize(
    "text", ["https://mara:secret@host/a.git", "ssh://m:secret@host/a", "m:secret@host:a"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="password") as refusal:
        parse(text)
    assert "secret" not in f"{refusal.value}{refusal.value.hint}"
    assert "credential.helper" in str(refusal.value.hint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\nb",
        "ext::sh -c true",
        "ftp://host/a",
        "https://host",
        "https:///a.git",
        "git://host:99999/a.git",
        "git://host:x/a.git",
        "ssh://-oProxyCommand=true/a.git",
        "-oProxyCommand=true:a.git",
        "-x@host:a.git",
        "host:-x",
        "host:",
        "https://host/a%0ab",
        "git://host/a%0ab",
        "ssh://host/a%00b",
        "file://elsewhere/a.git",
        "git@[host:99999]:a.git",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        open_repository(text)
