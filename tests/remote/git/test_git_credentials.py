"""Passwords come from git's credential helpers, and go nowhere else."""

from __future__ import annotations

import subprocess
import traceback
from pathlib import Path

import pytest
from git_samples import first, push
from git_servers import PASSWORD, USER, Served, by_http, git, git_environment, helper

from rtstore.errors import RemoteError
from rtstore.remote.git.address import parse
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.credentials import Credentials


def asked(root: Path) -> list[str]:
    """Return what the helper was asked to do."""
    log = root / "helper.log"
    return log.read_text().split() if log.exists() else []


def with_password(root: Path, served: Served, password: str) -> Served:
    """Return the same repository for a user whose helper knows another password."""
    settings = root / "other.gitconfig"
    helper(root, settings, USER, password)
    return Served(served.address, served.path, {"GIT_CONFIG_GLOBAL": str(settings)})


def test_a_password_that_was_right_is_kept_by_the_helper(tmp_path: Path) -> None:
    with by_http(tmp_path) as served:
        push(served.repository(), None, first())
    assert asked(tmp_path) == ["get", "store"]


def test_a_password_that_was_wrong_is_forgotten_and_not_told(tmp_path: Path) -> None:
    with by_http(tmp_path) as served:
        wrong = with_password(tmp_path, served, "wr0ng-s3cret").repository()
        with pytest.raises(RemoteError, match="refuses the user name and password") as error:
            wrong.branches()
    assert asked(tmp_path) == ["get", "erase"]
    told = "".join(traceback.format_exception(error.value)) + str(error.value.hint)
    assert "wr0ng-s3cret" not in told


def test_who_has_no_helper_is_told_how_to_get_one(tmp_path: Path) -> None:
    with by_http(tmp_path) as served:
        nobody = open_repository(served.address, environment=git_environment())
        with pytest.raises(RemoteError, match="asks for a user name and password") as error:
            nobody.branches()
    assert "git help credentials" in str(error.value.hint)


def test_no_password_is_asked_for_where_none_is_needed(tmp_path: Path) -> None:
    with by_http(tmp_path, password=False) as served:
        push(served.repository(), None, first())
        assert served.repository().branches().default == "main"
    assert asked(tmp_path) == []


def test_a_push_asks_before_it_sends_what_cannot_be_sent_twice(tmp_path: Path) -> None:
    """Some servers let anybody read and ask for a password only when the pack comes."""
    one = first(count=4, size=900_000)
    with by_http(tmp_path, password="post") as served:
        push(served.repository(), None, one)
        assert asked(tmp_path) == ["get", "store"]
        assert served.repository().branches().commits == {"main": one.id}


def test_the_helper_hears_the_user_and_the_repository_of_the_address(tmp_path: Path) -> None:
    settings, heard = tmp_path / "settings", tmp_path / "heard"
    settings.write_text(f'[credential]\n\tuseHttpPath = true\n\thelper = "!f() {{ cat > {heard}; }}; f"\n')
    environment = git_environment({"GIT_CONFIG_GLOBAL": str(settings)})
    address = parse("https://mara@host:8443/a/b.git")
    assert Credentials(environment, may_ask=False).fill(address) is None
    assert sorted(heard.read_text().split()) == [
        "host=host:8443",
        "path=a/b.git",
        "protocol=https",
        "username=mara",
    ]


def test_no_secret_is_in_an_argument_or_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[str] = []
    run = subprocess.run

    def watched(command: list[str], **more: object) -> object:
        commands.append(" ".join(command))
        return run(command, **more)  # type: ignore[call-overload]

    helper(tmp_path, tmp_path / "settings", USER, PASSWORD)
    environment = git_environment({"GIT_CONFIG_GLOBAL": str(tmp_path / "settings")})
    monkeypatch.setattr(subprocess, "run", watched)
    credentials = Credentials(environment, may_ask=False)
    found = credentials.fill(parse("https://host/a.git"))
    assert found is not None
    assert (found.user, found.password) == (USER, PASSWORD)
    credentials.approve(found)
    credentials.reject(found)
    assert len(commands) == 3
    assert not any(PASSWORD in command for command in commands)
    assert PASSWORD not in repr(found)


def test_a_helper_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtstore.remote.git.credentials._PATIENCE", 0.2)
    (tmp_path / "settings").write_text('[credential]\n\thelper = "!f() { sleep 2; }; f"\n')
    environment = git_environment({"GIT_CONFIG_GLOBAL": str(tmp_path / "settings")})
    with pytest.raises(RemoteError, match="does not come to an end"):
        Credentials(environment, may_ask=False).fill(parse("https://host/a.git"))


def test_where_git_is_missing_that_is_said(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}
    with pytest.raises(RemoteError, match="git, which would know it, cannot be run"):
        Credentials(environment, may_ask=False).fill(parse("https://host/a.git"))


def test_git_itself_finds_the_test_server_in_order(tmp_path: Path) -> None:
    with by_http(tmp_path) as served:
        assert git("ls-remote", served.address, more=served.environment) == ""
