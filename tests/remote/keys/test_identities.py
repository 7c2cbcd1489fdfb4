"""Private keys from files that a user names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from key_samples import refusal, ssh_key

from rtstore.errors import KeyFileError, TamperError
from rtstore.remote.keys import age, header
from rtstore.remote.keys.identities import MAX_IDENTITIES, load_identities, load_ssh_key
from rtstore.remote.keys.recipients import parse_recipient


@pytest.fixture(autouse=True)
def _others_may_read_what_is_not_kept_from_them() -> None:
    os.umask(0o022)


def private(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(0o600)
    return path


def refused(path: Path) -> KeyFileError:
    error = refusal(lambda: load_identities(str(path)))
    assert isinstance(error, KeyFileError)
    return error


def test_a_file_may_have_several_keys_and_comments(tmp_path: Path) -> None:
    keys = [age.generate(), age.generate()]
    text = f"# mara\n{keys[0].secret_text}\r\n\n{keys[1].secret_text}"
    path = private(tmp_path / "keys.txt", text)
    found = load_identities(str(path))
    assert [each.secret_text for each in found] == [key.secret_text for key in keys]
    assert {each.source for each in found} == {str(path)}


def test_a_file_locked_with_a_passphrase_is_unlocked(tmp_path: Path, passphrase: str) -> None:
    key = age.generate()
    data = age.encrypt_with_passphrase(f"{key.secret_text}\n".encode(), passphrase)
    path = tmp_path / "mara.age"
    asked: list[str] = []

    def ask(what: str) -> str:
        asked.append(what)
        return passphrase

    path.write_bytes(header.armored(data))  # which others may read: what they see is locked
    (found,) = load_identities(str(path), ask)
    assert found.secret_text == key.secret_text
    assert asked == [f"the key file {path}"]


def test_a_locked_file_needs_somebody_to_ask(tmp_path: Path, locked: bytes) -> None:
    error = refused(private(tmp_path / "mara.age", locked))
    assert error.message.endswith("is locked with a passphrase, and there is none")


def test_a_locked_file_that_is_damaged_is_refused_before_anybody_is_asked(
    tmp_path: Path, locked: bytes
) -> None:
    path = private(tmp_path / "mara.age", header.armored(locked)[:-20])
    assert isinstance(refusal(lambda: load_identities(str(path))), TamperError)


def test_a_file_encrypted_to_keys_is_no_key_file(tmp_path: Path) -> None:
    path = private(tmp_path / "mara.age", age.encrypt(b"x", [age.generate().recipient]))
    assert refused(path).message.endswith("is encrypted to other keys")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int, ed25519: Path) -> None:
    path = private(tmp_path / "mara.key", age.generate().secret_text)
    path.chmod(mode)
    assert refused(path).hint == (
        f"`chmod 600 {path}` keeps them out; on a disk without permissions, copy it to another first."
    )
    copy = private(tmp_path / "id", ed25519.read_bytes())
    copy.chmod(mode)
    assert "other users of this machine can read" in refusal(lambda: load_ssh_key(str(copy))).message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no key in it"),
        ("# only a comment\n", "has no key in it"),
        ("hello\n", ":1: this line is not an age key"),
        ("\n\nAGE-PLUGIN-YUBIKEY-1QQQQ\n", ":3: this line is not an age key"),
        ("AGE-SECRET-KEY-1QQQQ\n", "a line is not a whole age key"),
        (b"\xff\xfe\x00", ":1: this line is not an age key"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: str | bytes, words: str) -> None:
    assert words in refused(private(tmp_path / "x", content)).message


def test_a_public_key_is_not_taken_for_a_private_one(tmp_path: Path, ed25519: Path) -> None:
    path = private(tmp_path / "x", age.generate().recipient.key)
    assert refused(path).hint == "It is a public key: the private one is needed here."
    error = refusal(lambda: load_ssh_key(f"{ed25519}.pub"))
    assert error.hint == f"Its private part is in {ed25519}."


def test_a_key_given_instead_of_its_path_is_not_shown() -> None:
    secret = age.generate().secret_text
    for load in (load_identities, load_ssh_key):
        error = refusal(lambda load=load: load(secret))
        assert error.message.startswith("a private key was given instead of the path of its file")
        assert secret[16:30] not in f"{error.message}{error.hint}"


def test_too_many_keys_are_refused(tmp_path: Path) -> None:
    path = private(tmp_path / "x", f"{age.generate().secret_text}\n" * (MAX_IDENTITIES + 1))
    assert "more than" in refused(path).message


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none").message == f"there is no key file {tmp_path / 'none'}"
    assert "not an ordinary file" in refused(tmp_path).message
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not an ordinary file" in refused(tmp_path / "pipe").message


@pytest.mark.tools
@pytest.mark.parametrize(
    "options",
    [("-t", "ed25519"), ("-t", "rsa", "-b", "2048"), ("-t", "rsa", "-b", "2048", "-m", "PEM")],
    ids=["ed25519", "rsa", "rsa as PEM"],
)
def test_an_ssh_key_opens_what_is_encrypted_to_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = ssh_key(tmp_path / "id", *options)
    public = parse_recipient(Path(f"{path}.pub").read_text())
    for identity in (load_ssh_key(str(path)), *load_identities(str(path))):
        assert identity.recipient == public
        assert age.decrypt(age.encrypt(b"x", [public]), [identity]) == b"x"


def test_an_ssh_key_knows_its_public_part_itself(tmp_path: Path, ed25519: Path, rsa: Path) -> None:
    for key in (ed25519, rsa):
        copy = str(shutil.copy(key, tmp_path / key.name))
        shutil.copy(f"{ed25519}.pub", f"{copy}.pub")
        assert load_ssh_key(copy).recipient == parse_recipient(Path(f"{key}.pub").read_text())


@pytest.mark.tools
def test_an_old_rsa_key_needs_its_own_pub_file(tmp_path: Path, rsa: Path) -> None:
    path = ssh_key(tmp_path / "id", "-t", "rsa", "-b", "2048", "-m", "PEM")
    shutil.copy(f"{rsa}.pub", f"{path}.pub")
    assert "do not belong together" in refusal(lambda: load_ssh_key(str(path))).message
    Path(f"{path}.pub").unlink()
    error = refusal(lambda: load_ssh_key(str(path)))
    assert error.hint == f"`ssh-keygen -y -f {path} > {path}.pub` writes it."


@pytest.mark.tools
@pytest.mark.parametrize(
    "options",
    [("-t", "ed25519"), ("-t", "rsa", "-b", "2048", "-m", "PEM"), ("-t", "rsa", "-b", "2048", "-m", "PKCS8")],
    ids=["openssh", "PEM", "PKCS8"],
)
def test_a_locked_ssh_key_is_refused_with_a_way_out(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = ssh_key(tmp_path / "id", *options, passphrase="lantern")
    error = refusal(lambda: load_ssh_key(str(path)))
    assert isinstance(error, KeyFileError)
    assert error.message == f"{path} is locked with a passphrase, and age cannot ask the ssh agent for it"
    assert "`ssh-keygen -p -f COPY`" in (error.hint or "")


@pytest.mark.tools
def test_an_ssh_key_of_another_type_is_refused(tmp_path: Path) -> None:
    path = ssh_key(tmp_path / "id", "-t", "ecdsa")
    error = refusal(lambda: load_ssh_key(str(path)))
    assert error.message == f"{path} is not a private ssh key that age can use"


def test_a_damaged_ssh_key_is_refused_wherever_the_damage_is(tmp_path: Path, ed25519: Path) -> None:
    """Some flips are in padding or comment and change nothing; none makes it another key, or a crash."""
    content, public = ed25519.read_bytes(), load_ssh_key(str(ed25519)).recipient
    for at in range(0, len(content), 3):
        altered = bytearray(content)
        altered[at] ^= 0x02
        path = private(tmp_path / "id", bytes(altered))
        try:
            assert load_ssh_key(str(path)).recipient == public
        except KeyFileError:
            continue


def test_a_key_that_is_cut_off_is_refused(tmp_path: Path, ed25519: Path) -> None:
    content = ed25519.read_bytes()
    for size in range(0, len(content) - 1, 7):
        path = private(tmp_path / "id", content[:size])
        assert isinstance(refusal(lambda path=path: load_ssh_key(str(path))), KeyFileError)
