"""Connections that break, hosts that are not there: an error within seconds, and a remote that is whole."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from git_samples import cloned, files_of, first, ignore, is_sound, push
from git_servers import SERVERS, Served, cutting

from rtstore.errors import RemoteError, UnreachableError
from rtstore.remote.git import lookup
from rtstore.remote.git.bounds import Patience
from rtstore.remote.git.connect import open_repository

QUICK = Patience(connect=1, answer=5)


def through(served: Served, port: int) -> Served:
    """Return the repository as it is reached through a proxy."""
    parts = urlsplit(served.address)
    place = parts.netloc.replace(f":{parts.port}", f":{port}")
    environment = dict(served.environment)
    if "GIT_SSH_COMMAND" in environment:
        environment["GIT_SSH_COMMAND"] += f" -o HostKeyAlias=[127.0.0.1]:{parts.port}"
    return Served(parts._replace(netloc=place).geturl(), served.path, environment)


@pytest.mark.parametrize("kind", ["daemon", "http", "ssh"])
@pytest.mark.parametrize("after", [10, 5_000, 1_500_000])
def test_a_push_that_is_cut_changes_nothing_and_can_be_repeated(
    kind: str, after: int, tmp_path: Path
) -> None:
    one = first(count=4, size=500_000)
    with SERVERS[kind](tmp_path) as served:
        port = urlsplit(served.address).port
        assert port is not None
        with cutting(port, after) as cut, pytest.raises(RemoteError) as error:
            push(through(served, cut).repository(patience=QUICK), None, one)
        assert error.value.message.isprintable()
        assert served.repository().branches().commits == {}
        assert is_sound(served)
        push(served.repository(), None, one)
        assert cloned(served, tmp_path / "clone") == one.files
        assert is_sound(served)


@pytest.mark.parametrize("kind", ["daemon", "http", "ssh"])
def test_what_goes_through_a_proxy_that_does_not_cut_arrives(kind: str, tmp_path: Path) -> None:
    one = first()
    with SERVERS[kind](tmp_path) as served:
        port = urlsplit(served.address).port
        assert port is not None
        with cutting(port, 1 << 30) as open_:
            repository = through(served, open_).repository()
            push(repository, None, one)
            with repository.fetch(one.id, None, str(tmp_path), ignore) as objects:
                assert files_of(objects, one.id) == one.files


@pytest.mark.parametrize("scheme", ["git", "http"])
def test_a_port_where_nobody_listens_is_one_line_at_once(scheme: str) -> None:
    with pytest.raises(UnreachableError, match=r"cannot connect to 127\.0\.0\.1.*: Connection refused"):
        open_repository(f"{scheme}://127.0.0.1:1/a.git", patience=QUICK).branches()


@pytest.mark.parametrize("scheme", ["git", "http", "https"])
def test_a_host_without_an_address_is_one_line(scheme: str) -> None:
    with pytest.raises(UnreachableError, match=r"cannot find the host nowhere\.invalid"):
        open_repository(f"{scheme}://nowhere.invalid/a.git", patience=QUICK).branches()


@pytest.mark.parametrize("scheme", ["git", "http"])
def test_a_name_server_that_does_not_answer_is_not_waited_for(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup.socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="cannot find the host"):
        open_repository(f"{scheme}://host/a.git", patience=Patience(connect=0.1)).branches()
    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("scheme", ["git", "http"])
def test_a_host_that_takes_connections_and_says_nothing_is_given_up(scheme: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(UnreachableError, match="does not answer"):
            open_repository(
                f"{scheme}://127.0.0.1:{port}/a.git", patience=Patience(connect=1, answer=0.2)
            ).branches()
