"""Recipients as users name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from key_samples import age_keygen, refusal, ssh_key

from rtstore.errors import KeyFileError
from rtstore.remote.keys import age
from rtstore.remote.keys.recipients import MAX_RECIPIENTS, parse_recipient, read_recipients


def refused(given: str) -> KeyFileError:
    error = refusal(lambda: read_recipients(given))
    assert isinstance(error, KeyFileError)
    return error


def test_an_age_key_is_a_recipient() -> None:
    key = age.generate().recipient.key
    assert [str(found) for found in read_recipients(key)] == [key]
    assert parse_recipient(f"  {key.upper()} \n").key == key
    assert parse_recipient(f"{key} the desk").comment == "the desk"


def test_an_ssh_key_is_a_recipient_with_its_comment(ed25519: Path, rsa: Path) -> None:
    for path in (ed25519, rsa):
        line = path.with_suffix(".pub").read_text().strip()
        (found,) = read_recipients(line)
        assert (found.key, found.comment) == (line.removesuffix(" mara@desk"), "mara@desk")


def test_a_file_has_one_recipient_a_line(tmp_path: Path, ed25519: Path) -> None:
    keys = [age.generate().recipient.key, ed25519.with_suffix(".pub").read_text().strip()]
    path = tmp_path / "team.txt"
    path.write_text(f"# the team\n\n{keys[0]}\r\n  # and\n{keys[1]}\n", encoding="utf-8-sig")
    assert [str(found) for found in read_recipients(str(path))] == keys


def test_a_pub_file_of_ssh_is_a_file_of_recipients(rsa: Path) -> None:
    assert [found.comment for found in read_recipients(f"{rsa}.pub")] == ["mara@desk"]


def test_two_that_are_written_differently_are_the_same(ed25519: Path) -> None:
    line = ed25519.with_suffix(".pub").read_text().strip()
    assert parse_recipient(line) == parse_recipient(line.replace(" mara@desk", "   somebody else"))


@pytest.mark.tools
def test_a_private_key_is_refused_and_not_shown(tmp_path: Path, ed25519: Path) -> None:
    own = tmp_path / "mara.key"
    age_keygen("-o", own)
    secret = own.read_text().split()[-1]
    for given in (str(own), secret, f"  {secret.lower()}", str(ed25519)):
        error = refused(given)
        assert "is a private key" in error.message
        assert "age-keygen -y FILE" in (error.hint or "")
        assert secret[20:50].lower() not in f"{error.message}{error.hint}".lower()


@pytest.mark.tools
@pytest.mark.parametrize(
    "options", [("-t", "ecdsa"), ("-t", "rsa", "-b", "1024")], ids=["ecdsa", "short rsa"]
)
def test_keys_that_age_cannot_open_are_no_recipients(tmp_path: Path, options: tuple[str, ...]) -> None:
    key = ssh_key(tmp_path / "id", *options)
    error = refused(f"{key}.pub")
    assert error.message.startswith(f"{key}.pub:1: ")
    assert error.hint == "Of ssh's keys age can use ssh-ed25519, and ssh-rsa from 2,048 bits on."


@pytest.mark.parametrize(
    "given",
    [
        "",
        "age1",
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq",
        "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 AAAAB3NzaC1yc2EAAAA=",
        "ssh-rsa ////////",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIElZnJIwFpKXqmIV75R7dpQX8aPdhlPpDCpgM1/49w2",
        "no such file",
        "with\0nothing",
        "with\udcffnothing",
        "age1" + "q" * 10_000,
    ],
)
def test_what_is_no_recipient_is_refused_in_a_line(given: str) -> None:
    error = refused(given)
    assert len(error.message) < 200


def test_a_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "team.txt"
    path.write_text(f"{age.generate().recipient}\nmara\n")
    assert refused(str(path)).message == f"{path}:2: 'mara' is not a recipient that age can encrypt to"


@pytest.mark.parametrize(
    "content", [b"", b"# nobody\n", b"\xff\xfe\x00"], ids=["empty", "comments", "binary"]
)
def test_a_file_without_recipients_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "team.txt"
    path.write_bytes(content)
    assert str(path) in refused(str(path)).message


def test_more_recipients_than_a_backup_can_have_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "team.txt"
    path.write_text(f"{age.generate().recipient}\n" * (MAX_RECIPIENTS + 1))
    assert f"has {MAX_RECIPIENTS + 1} recipients" in refused(str(path)).message


def test_a_directory_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(bytes(2 << 20))
    assert "not an ordinary file" in refused(str(tmp_path)).message
    assert "too large" in refused(str(tmp_path / "huge")).message
