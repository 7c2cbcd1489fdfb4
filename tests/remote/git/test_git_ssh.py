"""``ssh``: logins that fail are explained by what ``ssh`` says, and nothing ever waits for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from git_samples import first, ignore, push
from git_servers import Served, by_ssh, git, ssh_command

from rtstore.errors import RemoteError, UnreachableError
from rtstore.remote.git.address import parse
from rtstore.remote.git.bounds import Patience
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.ssh import command_line

pytestmark = pytest.mark.tools


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A repository behind ``sshd``."""
    with by_ssh(tmp_path) as made:
        yield made


def test_a_key_that_the_host_does_not_know_is_refused(served: Served, tmp_path: Path) -> None:
    stranger = open_repository(served.address, ssh_command=ssh_command(tmp_path / "ssh", "stranger"))
    with pytest.raises(RemoteError, match=r"refuses the login: .*Permission denied") as error:
        stranger.branches()
    assert not isinstance(error.value, UnreachableError)
    assert error.value.message.isprintable()


def test_a_host_whose_key_has_changed_is_not_talked_to(served: Served, tmp_path: Path) -> None:
    known = tmp_path / "ssh/known_hosts"
    other = (tmp_path / "ssh/stranger.pub").read_text().split()
    known.write_text(f"{known.read_text().split()[0]} {other[0]} {other[1]}\n")
    with pytest.raises(RemoteError, match="has changed"):
        served.repository().branches()


def test_a_repository_that_is_not_there_is_named(served: Served) -> None:
    missing = Served(f"{served.address}-not", served.path, served.environment)
    with pytest.raises(RemoteError, match="does not appear to be a git repository"):
        missing.repository().branches()
    with pytest.raises(RemoteError, match="does not appear to be a git repository"):
        push(missing.repository(), None, first())


def test_a_path_is_quoted_for_the_shell_at_the_other_end(served: Served, tmp_path: Path) -> None:
    name = "it's $(touch x) !a.git"
    git("init", "-q", "--bare", tmp_path / name)
    address = served.address.rsplit("/", 1)[0] + "/" + name.replace(" ", "%20")
    assert Served(address, tmp_path / name, served.environment).repository().branches().commits == {}
    assert list(tmp_path.rglob("x")) == []


def test_a_hook_that_refuses_is_quoted(served: Served) -> None:
    hook = served.path / "hooks/update"
    hook.write_text("#!/bin/sh\necho 'not on a Sunday'\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(RemoteError, match="refuses to move the branch main: hook declined"):
        push(served.repository(), None, first())


def test_what_git_says_before_it_hangs_up_amid_a_push_is_told(served: Served) -> None:
    git("-C", served.path, "config", "receive.maxInputSize", "1000")
    with pytest.raises(RemoteError, match="could not take what was sent") as error:
        push(served.repository(), None, first(count=20, size=500_000))
    assert not isinstance(error.value, UnreachableError)


def test_a_host_that_does_not_answer_is_given_up_in_seconds() -> None:
    closed = open_repository(
        "ssh://127.0.0.1:1/a.git", ssh_command="ssh -F none", patience=Patience(connect=2, answer=3)
    )
    with pytest.raises(UnreachableError, match="Connection refused") as error:
        closed.branches()
    assert error.value.message.isprintable()


def test_where_there_is_no_ssh_that_is_said() -> None:
    with pytest.raises(RemoteError, match="cannot run no-such-ssh"):
        open_repository("host:a.git", ssh_command="no-such-ssh -v").branches()


def test_a_command_that_cannot_be_understood_is_refused() -> None:
    with pytest.raises(RemoteError, match="cannot be understood"):
        open_repository("host:a.git", ssh_command="ssh 'open quote").branches()


@pytest.mark.parametrize("program", ["true", "yes", "sh -c 'exec yes >&2'", "sh -c 'exec cat /dev/zero'"])
def test_a_program_that_is_no_ssh_is_one_line(program: str) -> None:
    nonsense = open_repository("host:a.git", ssh_command=program, patience=Patience(connect=1, answer=1))
    with pytest.raises(RemoteError) as error:
        nonsense.branches()
    assert error.value.message.isprintable()
    with pytest.raises(RemoteError):
        nonsense.push("main", None, "1" * 40, first().objects, ignore)


def test_ssh_is_told_never_to_ask() -> None:
    command = command_line(parse("git@host:mara/a.git"), b"upload-pack", 2, Patience(), None)
    assert "BatchMode=yes" in command
    assert "ConnectTimeout=5" in command
    assert command[-2:] == ["git@host", "git-upload-pack 'mara/a.git'"]


def test_another_program_than_openssh_gets_no_options_of_openssh() -> None:
    command = command_line(parse("ssh://h:22/a"), b"receive-pack", 0, Patience(), "/opt/plink -batch")
    assert command == ["/opt/plink", "-batch", "-p", "22", "h", "git-receive-pack '/a'"]
