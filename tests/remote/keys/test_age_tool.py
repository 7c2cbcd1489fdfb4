"""The real age and ssh-keygen: what one writes, the other reads, in both directions.

It is the promise of a backup that the age tool alone gets at what is in it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import subprocess
import termios
from pathlib import Path

import pytest
from key_samples import age_keygen, age_tool, ssh_key, tool

from rtstore.remote.keys import age
from rtstore.remote.keys.identities import load_identities, load_ssh_key
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.keys.own import ensure_own_identity, export_identity, import_identity
from rtstore.remote.keys.recipients import read_recipients
from rtstore.remote.keys.wrapping import PASSPHRASE_FILE, RECIPIENTS_FILE, unwrap, wrap
from rtstore.storage.files import Files

pytestmark = pytest.mark.tools

TEXT = "Is this seat taken? — Möwe".encode()


def at_terminal(*command: str | Path, typed: str) -> bytes:
    """Run a program that asks for a passphrase on the terminal it is on; return what it prints."""
    ours, its = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(its, termios.TIOCSCTTY, 0)

    program = subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(its,),
        preexec_fn=take_terminal,
    )
    os.close(its)
    shown = b""
    try:
        while b"assphrase" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, f"{typed}\n{typed}\n".encode())  # the second where it is asked for twice
        out, err = program.communicate(timeout=60)
    finally:
        os.close(ours)
        program.kill()
        program.wait()
    assert program.returncode == 0, err
    return out


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration directory with a key of this machine."""
    ensure_own_identity(Files(), str(tmp_path / "config"))
    return tmp_path / "config"


def test_age_opens_with_this_machines_key(home: Path) -> None:
    key = ensure_own_identity(Files(), str(home)).identity
    data = age.encrypt(TEXT, [age.generate().recipient, key.recipient])
    assert age_tool("-d", "-i", home / "identity", stdin=data) == TEXT


def test_age_keygen_knows_the_public_key_of_this_machine(home: Path) -> None:
    key = ensure_own_identity(Files(), str(home)).identity
    assert age_keygen("-y", home / "identity").decode().strip() == key.recipient.key


def test_a_key_of_age_keygen_becomes_this_machines(tmp_path: Path) -> None:
    age_keygen("-o", tmp_path / "mara.key")
    done = import_identity(Files(), str(tmp_path / "config"), str(tmp_path / "mara.key"))
    assert age_keygen("-y", tmp_path / "mara.key").decode().strip() == done.identity.recipient.key


@pytest.mark.parametrize("armor", [(), ("-a",)], ids=["binary", "lines of text"])
def test_a_key_file_that_age_locked_is_unlocked(tmp_path: Path, armor: tuple[str, ...]) -> None:
    age_keygen("-o", tmp_path / "mara.key")
    program, locked = tool("age", "age"), tmp_path / "mara.age"
    at_terminal(program, "-p", *armor, "-o", locked, tmp_path / "mara.key", typed="lantern")
    (found,) = load_identities(str(locked), lambda _: "lantern")
    assert found.recipient == load_identities(str(tmp_path / "mara.key"))[0].recipient


def test_age_opens_with_a_locked_copy_of_this_machines_key(home: Path, tmp_path: Path) -> None:
    key = export_identity(Files(), str(home), str(tmp_path / "stick.key"), "lantern")
    (tmp_path / "x.age").write_bytes(age.encrypt(TEXT, [key.recipient]))
    program = tool("age", "age")
    out = at_terminal(program, "-d", "-i", tmp_path / "stick.key", tmp_path / "x.age", typed="lantern")
    assert out == TEXT


def test_what_age_encrypts_is_decrypted(home: Path, ed25519: Path, rsa: Path) -> None:
    key = ensure_own_identity(Files(), str(home)).identity
    data = age_tool("-r", key.recipient.key, "-R", f"{ed25519}.pub", "-R", f"{rsa}.pub", stdin=TEXT)
    for identity in (key, load_ssh_key(str(ed25519)), load_ssh_key(str(rsa))):
        assert age.decrypt(data, [identity]) == TEXT


def test_age_opens_with_ssh_keys_what_is_encrypted_to_them(ed25519: Path, rsa: Path) -> None:
    for path in (ed25519, rsa):
        data = age.encrypt(TEXT, read_recipients(f"{path}.pub"))
        assert age_tool("-d", "-i", path, stdin=data) == TEXT


def test_age_opens_the_keys_of_a_backup(home: Path, tmp_path: Path, ed25519: Path) -> None:
    key = ensure_own_identity(Files(), str(home)).identity
    keyring = (
        Keyring.create([key.recipient, *read_recipients(f"{ed25519}.pub")])
        .with_passphrase()
        .next_generation()
    )
    files = wrap(keyring, "lantern")
    (tmp_path / "locked.age").write_bytes(files[PASSPHRASE_FILE])
    texts = [
        age_tool("-d", "-i", home / "identity", stdin=files[RECIPIENTS_FILE]),
        age_tool("-d", "-i", ed25519, stdin=files[RECIPIENTS_FILE]),
        at_terminal(tool("age", "age"), "-d", tmp_path / "locked.age", typed="lantern"),
    ]
    for text in texts:
        backup_key = tmp_path / "backup.key"
        backup_key.write_text(json.loads(text)["generations"][-1]["identity"])
        part = age.encrypt(TEXT, [keyring.current.recipient])
        assert age_tool("-d", "-i", backup_key, stdin=part) == TEXT


def test_keys_that_age_encrypted_are_those_of_the_backup(home: Path) -> None:
    """A member may wrap them anew by hand."""
    key = ensure_own_identity(Files(), str(home)).identity
    keyring = Keyring.create([key.recipient])
    text = age_tool("-d", "-i", home / "identity", stdin=wrap(keyring)[RECIPIENTS_FILE])
    assert unwrap({RECIPIENTS_FILE: age_tool("-r", key.recipient.key, stdin=text)}, [key]) == keyring


def test_what_age_refuses_is_refused_here_too(tmp_path: Path) -> None:
    """A key that could be encrypted to and not be opened with would lose what it is used for."""
    short = ssh_key(tmp_path / "short", "-t", "rsa", "-b", "1024")
    age_tool("-R", f"{short}.pub", stdin=TEXT, fails=True)
    other = ssh_key(tmp_path / "other", "-t", "ecdsa")
    age_tool("-R", f"{other}.pub", stdin=TEXT, fails=True)
    altered = bytearray(age.encrypt(TEXT, [age.generate().recipient]))
    altered[-1] ^= 1
    age_tool("-d", "-i", short, stdin=bytes(altered), fails=True)
