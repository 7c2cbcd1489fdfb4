"""Encryption: what opens a file, and what is refused before the library sees it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from key_samples import refusal

from rtstore.errors import KeyFileError, TamperError
from rtstore.remote.keys import age, header
from rtstore.remote.keys.identities import load_ssh_key

HEADER = b"age-encryption.org/v1\n"
STANZA = b"-> X25519 " + b"A" * 43 + b"\n" + b"A" * 43 + b"\n"
MAC = b"--- " + b"A" * 43 + b"\n"


def scrypt(log_rounds: bytes) -> bytes:
    return (
        HEADER + b"-> scrypt " + b"A" * 22 + b" " + log_rounds + b"\n" + b"A" * 43 + b"\n" + MAC + bytes(40)
    )


def test_each_recipient_opens_what_is_encrypted_to_all(ed25519: Path, rsa: Path) -> None:
    identities = [age.generate(), load_ssh_key(str(ed25519)), load_ssh_key(str(rsa))]
    data = age.encrypt(b"Is this seat taken?", [identity.recipient for identity in identities])
    for identity in identities:
        assert age.decrypt(data, [age.generate(), identity]) == b"Is this seat taken?"


def test_the_same_content_is_never_encrypted_to_the_same_bytes() -> None:
    recipient = age.generate().recipient
    assert age.encrypt(b"x", [recipient]) != age.encrypt(b"x", [recipient])


@pytest.mark.parametrize("others", [0, 1])
def test_other_keys_do_not_open_it(others: int) -> None:
    data = age.encrypt(b"x", [age.generate().recipient])
    error = refusal(lambda: age.decrypt(data, [age.generate()] * others, "head.age"))
    assert isinstance(error, KeyFileError)
    assert error.message == "head.age is encrypted to other keys"


def test_nothing_is_encrypted_to_nobody() -> None:
    assert isinstance(refusal(lambda: age.encrypt(b"x", [])), KeyFileError)


@pytest.mark.parametrize("kind", ["age", "ssh"])
def test_every_flipped_byte_is_noticed(kind: str, ed25519: Path) -> None:
    identity = age.generate() if kind == "age" else load_ssh_key(str(ed25519))
    data = age.encrypt(b"Is this seat taken?", [age.generate().recipient, identity.recipient])
    for at in range(len(data)):
        for bits in (0x01, 0x20, 0xFF):
            altered = bytearray(data)
            altered[at] ^= bits
            with pytest.raises((TamperError, KeyFileError)):
                age.decrypt(bytes(altered), [identity])


def test_an_altered_content_is_called_altered_and_not_a_wrong_key() -> None:
    identity = age.generate()
    data = bytearray(age.encrypt(b"x" * 100, [identity.recipient]))
    data[-1] ^= 1
    error = refusal(lambda: age.decrypt(bytes(data), [identity], "parts/3f/a8.age"))
    assert isinstance(error, TamperError)
    assert error.message == "parts/3f/a8.age has been altered or is incomplete"


def test_a_file_that_ends_early_is_refused_wherever_it_ends() -> None:
    identity = age.generate()
    data = age.encrypt(b"x" * 100, [identity.recipient])
    for size in range(len(data)):
        assert isinstance(refusal(lambda size=size: age.decrypt(data[:size], [identity])), TamperError)


def test_nothing_may_follow_the_end() -> None:
    identity = age.generate()
    data = age.encrypt(b"x", [identity.recipient])
    assert isinstance(refusal(lambda: age.decrypt(data + b"\0", [identity])), TamperError)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN AGE ENCRYPTED FILE-----\n",
        HEADER,
        HEADER.replace(b"v1", b"v2") + STANZA + MAC,
        HEADER + STANZA * (header.MAX_STANZAS + 1) + MAC + bytes(40),
        HEADER + b"-> X25519 " + b"A" * header.MAX_HEADER + b"\n" + MAC,
        HEADER + b"A" * (header.MAX_HEADER * 2),
    ],
    ids=["empty", "armored", "header alone", "version 2", "stanzas", "long line", "endless"],
)
def test_what_is_no_sound_age_file_is_refused_by_its_header(data: bytes) -> None:
    assert isinstance(refusal(lambda: header.check(data, "x")), TamperError)
    assert isinstance(refusal(lambda: age.decrypt(data, [age.generate()])), TamperError)


def test_a_header_for_all_members_that_there_can_be_is_not_too_large() -> None:
    """A hundred, with RSA keys of 16,384 bits: 2,048 bytes each, in base64 and lines of 64."""
    lines = b"\n".join([b"A" * 64] * 42 + [b"A" * 43])
    header.check(HEADER + (b"-> ssh-rsa AAAAAA\n" + lines + b"\n") * 100 + MAC, "keys/recipients.age")


def test_a_passphrase_opens_what_it_locks_and_another_does_not(locked: bytes, passphrase: str) -> None:
    assert age.decrypt_with_passphrase(locked, passphrase) == b"secret"
    error = refusal(lambda: age.decrypt_with_passphrase(locked, "something else", "the key file"))
    assert isinstance(error, KeyFileError)
    assert error.message == "the passphrase does not open the key file"


def test_altered_content_under_a_passphrase_is_noticed(locked: bytes, passphrase: str) -> None:
    altered = locked[:-1] + bytes([locked[-1] ^ 1])
    assert isinstance(refusal(lambda: age.decrypt_with_passphrase(altered, passphrase)), TamperError)


@pytest.mark.parametrize("log_rounds", [b"23", b"30", b"63", b"99"])
def test_a_file_that_would_take_minutes_to_try_is_refused_at_once(log_rounds: bytes) -> None:
    started = time.monotonic()
    error = refusal(lambda: age.decrypt_with_passphrase(scrypt(log_rounds), "x", "keys/passphrase.age"))
    assert isinstance(error, KeyFileError)
    assert f"2^{int(log_rounds)} rounds" in error.message
    assert isinstance(refusal(lambda: age.decrypt(scrypt(log_rounds), [age.generate()])), KeyFileError)
    assert time.monotonic() - started < 0.5


def test_what_only_the_library_knows_to_be_too_slow_is_refused_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It measures how fast this machine is."""
    monkeypatch.setattr(header, "MAX_LOG_ROUNDS", 40)
    error = refusal(lambda: age.decrypt_with_passphrase(scrypt(b"30"), "x", "keys/passphrase.age"))
    assert isinstance(error, KeyFileError)
    assert "this machine would take minutes" in error.message


@pytest.mark.parametrize(
    "log_rounds", [b"", b"0", b"030", b"+18", b"18 18", b"1e3", b"100", b"-1", "１８".encode()]
)
def test_a_number_of_rounds_that_is_none_is_refused(log_rounds: bytes) -> None:
    error = refusal(lambda: age.decrypt_with_passphrase(scrypt(log_rounds), "x"))
    assert isinstance(error, TamperError)


def test_a_passphrase_stands_alone() -> None:
    """Else a file with thirty of them would have to be tried thirty times."""
    several = HEADER + scrypt(b"18")[len(HEADER) : -len(MAC) - 40] * 2 + MAC + bytes(40)
    assert isinstance(refusal(lambda: age.decrypt_with_passphrase(several, "x")), TamperError)


def test_a_passphrase_does_not_open_what_is_encrypted_to_keys() -> None:
    data = age.encrypt(b"x", [age.generate().recipient])
    assert isinstance(refusal(lambda: age.decrypt_with_passphrase(data, "x")), TamperError)


@pytest.mark.parametrize("passphrase", ["", "\udcff"])
def test_passphrases_that_cannot_be_are_refused(passphrase: str) -> None:
    assert isinstance(refusal(lambda: age.encrypt_with_passphrase(b"x", passphrase)), KeyFileError)


def test_no_form_of_a_private_key_shows_it() -> None:
    identity = age.generate()
    secret = identity.secret_text
    assert secret.startswith("AGE-SECRET-KEY-1")
    assert secret not in f"{identity} {identity!r} {[identity]} {identity.recipient!r}"
    assert identity.recipient.key in repr(identity)


def test_a_damaged_private_key_is_not_quoted() -> None:
    secret = age.generate().secret_text
    error = refusal(lambda: age.age_identity(secret[:-1] + "B", "mara.key"))
    assert isinstance(error, KeyFileError)
    assert secret[16:40] not in f"{error.message}{error.hint}{error!r}"


def test_lines_of_text_are_the_same_file() -> None:
    data = bytes(range(256)) * 3
    text = header.armored(data)
    assert header.is_armored(text)
    assert (
        header.without_armor(text, "x")
        == header.without_armor(text.replace(b"\n", b"\r\n") + b"\n\n", "x")
        == data
    )
    assert max(map(len, text.splitlines())) == 64


@pytest.mark.parametrize("change", [lambda text: text[:-40], lambda text: text[:60] + b"!" + text[61:]])
def test_damaged_lines_of_text_are_refused(change: object) -> None:
    text = change(header.armored(bytes(100)))  # type: ignore[operator]
    assert isinstance(refusal(lambda: header.without_armor(text, "x")), TamperError)
