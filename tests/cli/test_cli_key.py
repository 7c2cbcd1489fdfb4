"""``rtstore key``, and where passphrases come from."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from getpass import GetPassWarning
from pathlib import Path
from warnings import warn

import pytest
from cli_helpers import Terminal, ok, run

from rtstore.cli.passphrase import Passphrases
from rtstore.errors import KeyFileError
from rtstore.remote.keys import own


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration directory of a machine that has a key; the current directory is outside of any workspace."""
    monkeypatch.chdir(tmp_path)
    ok("key", "show", "--create")
    return tmp_path / "configuration"


def typing(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let somebody type passphrases on a terminal; return the list that what they are asked comes into."""
    asked: list[str] = []
    left = list(answers)

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return left.pop(0)

    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(), encoding="utf-8"))
    monkeypatch.setattr("getpass.getpass", getpass)
    return asked


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def public_key() -> str:
    return str(run("key", "show", "--json").json["public_key"])


def secret(home: Path) -> str:
    return (home / "identity").read_text().split()[-1]


def test_a_machine_without_a_key_is_told_how_to_get_one(tmp_path: Path) -> None:
    result = run("key", "show", cwd=tmp_path)
    assert (result.code, result.stderr) == (
        14,
        "error: this machine has no key yet\n"
        "hint: `rtstore key show --create` makes one, `rtstore key import FILE` takes one over.\n",
    )
    assert not (tmp_path / "configuration").exists()


def test_the_public_key_is_shown_and_the_private_one_never(home: Path) -> None:
    key = own.own_identity(str(home)).recipient.key
    shown = f"Public key:  {key}\nPrivate key: {home / 'identity'}\n"
    assert ok("key", "show") == shown
    assert run("key", "show", "--json").json == {
        "public_key": key,
        "path": str(home / "identity"),
        "made": False,
    }
    assert ok("key", "show", "--create") == shown


def test_a_key_is_made_on_request(tmp_path: Path) -> None:
    assert ok("key", "show", "--create", cwd=tmp_path).endswith("/configuration/identity (just made)\n")
    assert stat.S_IMODE((tmp_path / "configuration" / "identity").stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(home: Path) -> None:
    (home / "identity").chmod(0o644)
    result = run("key", "show")
    assert (result.code, f"`chmod 600 {home / 'identity'}`" in result.stderr) == (14, True)


def test_a_copy_is_saved_once(home: Path, tmp_path: Path) -> None:
    assert ok("key", "export", "laptop.key") == (
        "Saved this machine's key to laptop.key\n"
        "Who has this file can read every backup that this machine can: keep it apart from them.\n"
    )
    assert stat.S_IMODE((tmp_path / "laptop.key").stat().st_mode) == 0o600
    assert secret(home) in (tmp_path / "laptop.key").read_text()
    result = run("key", "export", "laptop.key")
    assert (result.code, result.stderr) == (
        14,
        "error: laptop.key exists, and a key file is never overwritten\n"
        "hint: Give another name.\n"
        "nothing was changed\n",
    )


def test_a_locked_copy_is_taken_over_by_another_machine(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = typing(monkeypatch, "lantern", "lantern", "lantern")
    assert run("key", "export", "laptop.key", "--passphrase", "--json").json["locked"] is True
    assert secret(home) not in (tmp_path / "laptop.key").read_text()
    key = public_key()
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", str(tmp_path / "other machine"))
    assert ok("key", "import", "laptop.key") == f"This machine's key is now {key}\n"
    assert asked == [
        "New passphrase of the copy: ",
        "The same once more: ",
        "Passphrase of the key file laptop.key: ",
    ]
    assert public_key() == key


def test_no_answer_is_said_on_a_line_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch)

    def ended(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", ended)
    assert run("key", "export", "laptop.key", "--passphrase").stderr.startswith(
        "\nerror: no passphrase was given\n"
    )


def test_nobody_thinks_of_a_passphrase_in_vain(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ok("key", "export", "laptop.key")
    asked = typing(monkeypatch)
    assert run("key", "export", "laptop.key", "--passphrase").code == 14
    assert run("key", "export", "none/laptop.key", "--passphrase").code == 14
    assert asked == []


def test_another_key_is_kept_beside_and_only_on_request(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ok("key", "export", "old.key")
    first = public_key()
    (home / "identity").unlink()
    ok("key", "show", "--create")
    second = public_key()
    result = run("key", "import", "old.key")
    assert (result.code, result.stderr) == (
        14,
        f"error: this machine has another key already: {home / 'identity'}\n"
        "hint: --force takes over the new one and keeps the old one beside.\n"
        "nothing was changed\n",
    )
    kept = home / "identity.1"
    assert ok("key", "import", "old.key", "--force") == (
        f"This machine's key is now {first}\nIts old key is kept in {kept}\n"
    )
    assert second in kept.read_text()
    assert ok("key", "import", "old.key") == f"This machine's key is already {first}\n"


def test_a_secret_on_the_command_line_is_not_repeated(home: Path) -> None:
    result = run("key", "import", secret(home))
    assert result.code == 14
    assert secret(home)[16:40] not in result.stderr


def test_two_that_differ_are_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "lantern", "lanter")
    result = run("key", "export", "laptop.key", "--passphrase")
    assert (result.code, "the two passphrases differ" in result.stderr) == (14, True)
    assert not (tmp_path / "laptop.key").exists()


def test_a_terminal_that_would_show_it_is_not_typed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch)

    def getpass(prompt: str) -> str:
        warn("Can not control echo on the terminal.", GetPassWarning, stacklevel=2)
        pytest.fail("went on")

    monkeypatch.setattr("getpass.getpass", getpass)
    with pytest.raises(KeyFileError, match="would show the passphrase"):
        Passphrases().ask("the backup")


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [(b"lantern\nmore\n", "lantern"), (b" lantern \r\n", " lantern "), ("Möwe".encode(), "Möwe")],
)
def test_without_a_terminal_it_is_a_line_of_input(
    monkeypatch: pytest.MonkeyPatch, content: bytes, passphrase: str
) -> None:
    piped(monkeypatch, content)
    assert Passphrases().ask("the backup") == passphrase
    piped(monkeypatch, content)
    assert Passphrases().choose("the backup") == passphrase


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n", b"x" * 100_000])
def test_input_that_is_no_passphrase_is_refused(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    piped(monkeypatch, content)
    with pytest.raises(KeyFileError):
        Passphrases().ask("the backup")


def test_without_any_input_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(KeyFileError, match="no passphrase was given"):
        Passphrases().ask("the backup")


def test_the_environment_goes_first_and_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTSTORE_PASSPHRASE", "lantern")
    asked = typing(monkeypatch)
    passphrases = Passphrases()
    assert (passphrases.ask("the backup"), passphrases.choose("the backup")) == ("lantern", "lantern")
    assert asked == []
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.environ.get('RTSTORE_PASSPHRASE'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout == "None\n"
    assert "RTSTORE_PASSPHRASE" not in os.environ


def test_the_group_alone_is_help(tmp_path: Path) -> None:
    result = run("key", cwd=tmp_path)
    assert (result.code, "export" in result.stderr) == (2, True)
