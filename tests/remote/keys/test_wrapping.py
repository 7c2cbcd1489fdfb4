"""The key files of a backup: who opens them, and what becomes of altered and hostile ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from key_samples import refusal

from rtstore.errors import FormatVersionError, KeyFileError, RtstoreError, TamperError
from rtstore.remote.keys import age, encoding
from rtstore.remote.keys.identities import load_ssh_key
from rtstore.remote.keys.keyring import MAX_GENERATIONS, Keyring
from rtstore.remote.keys.wrapping import MAX_FILE, PASSPHRASE_FILE, RECIPIENTS_FILE, unwrap, wrap

MARA = age.generate()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.create([MARA.recipient]).next_generation()


def written(keyring: Keyring, change: Callable[[Any], object]) -> bytes:
    """Return the text of a keyring, changed."""
    whole = json.loads(encoding.encode(keyring))
    change(whole)
    return json.dumps(whole).encode()


def to_mara(text: bytes) -> dict[str, bytes]:
    return {RECIPIENTS_FILE: age.encrypt(text, [MARA.recipient])}


def test_each_member_gets_the_keys(keyring: Keyring, ed25519: Path, rsa: Path) -> None:
    identities = [MARA, load_ssh_key(str(ed25519)), load_ssh_key(str(rsa))]
    wide = keyring.adding(identity.recipient for identity in identities[1:])
    files = wrap(wide)
    assert set(files) == {RECIPIENTS_FILE}
    for identity in identities:
        assert unwrap(files, [identity]) == wide


def test_a_passphrase_gets_them_too(keyring: Keyring) -> None:
    locked = keyring.with_passphrase()
    files = wrap(locked, "lantern")
    assert set(files) == {RECIPIENTS_FILE, PASSPHRASE_FILE}
    asked: list[str] = []
    assert unwrap(files, [age.generate()], lambda what: asked.append(what) or "lantern") == locked
    assert asked == ["the backup"]
    assert unwrap(files, [MARA], lambda _: pytest.fail("asked though a key fits")) == locked


def test_a_passphrase_can_be_alone(locked: bytes) -> None:
    alone = Keyring.create(passphrase=True)
    assert set(wrap(alone, "lantern")) == {PASSPHRASE_FILE}
    error = refusal(lambda: unwrap({PASSPHRASE_FILE: locked}, [MARA]))
    assert error.message == "none of the keys at hand opens this backup"


def test_a_passphrase_is_given_each_time_and_only_where_there_is_one(keyring: Keyring) -> None:
    for passphrase in (None, ""):
        error = refusal(lambda passphrase=passphrase: wrap(keyring.with_passphrase(), passphrase))
        assert (type(error), "the passphrase of the backup is needed" in error.message) == (
            KeyFileError,
            True,
        )
    assert isinstance(refusal(lambda: wrap(keyring, "lantern")), KeyFileError)


def test_who_has_no_key_is_told_what_to_give(keyring: Keyring) -> None:
    files = wrap(keyring)
    for identities, ask in (
        ([], None),
        ([age.generate()], None),
        ([], lambda _: pytest.fail("nothing to open")),
    ):
        error = refusal(lambda identities=identities, ask=ask: unwrap(files, identities, ask))
        assert isinstance(error, KeyFileError)
        assert error.message == "none of the keys at hand opens this backup"
        assert all(
            word in (error.hint or "")
            for word in ("--identity FILE", "--ssh-key FILE", "rtstore key import FILE")
        )


def test_a_removed_member_does_not_get_the_new_keys(keyring: Keyring) -> None:
    osk = age.generate()
    fewer = keyring.adding([osk.recipient]).removing([osk.recipient])
    assert isinstance(refusal(lambda: unwrap(wrap(fewer), [osk])), KeyFileError)


def test_nothing_readable_is_in_the_files(keyring: Keyring) -> None:
    (data,) = wrap(keyring).values()
    for each in keyring.generations:
        assert each.secret.hex().encode() not in data
        assert each.public_key.encode() not in data
    assert MARA.recipient.key.encode() not in data


def test_every_flipped_byte_is_noticed(keyring: Keyring) -> None:
    (data,) = wrap(keyring).values()
    for at in range(len(data)):
        altered = bytearray(data)
        altered[at] ^= 1 << at % 8
        with pytest.raises((TamperError, KeyFileError)):
            unwrap({RECIPIENTS_FILE: bytes(altered)}, [MARA])


def test_files_that_end_early_are_noticed(keyring: Keyring) -> None:
    (data,) = wrap(keyring).values()
    for size in range(0, len(data), 5):
        error = refusal(lambda size=size: unwrap({RECIPIENTS_FILE: data[:size]}, [MARA]))
        assert isinstance(error, TamperError)


def test_a_backup_without_key_files_is_none() -> None:
    assert isinstance(refusal(lambda: unwrap({}, [MARA])), TamperError)
    assert isinstance(refusal(lambda: unwrap({"keys/other.age": b""}, [MARA])), TamperError)


@pytest.mark.parametrize("path", [RECIPIENTS_FILE, PASSPHRASE_FILE])
def test_a_huge_file_is_refused_unread(path: str) -> None:
    error = refusal(lambda: unwrap({path: bytes(MAX_FILE + 1)}, [MARA], lambda _: "x"))
    assert error.message == f"{path} is larger than any key file"


def test_a_passphrase_file_that_asks_for_endless_computing_is_refused_at_once(locked: bytes) -> None:
    lines = locked.split(b"\n")
    lines[1] = b" ".join([*lines[1].split()[:3], b"30"])
    error = refusal(lambda: unwrap({PASSPHRASE_FILE: b"\n".join(lines)}, ask=lambda _: "x"))
    assert "2^30 rounds" in error.message


def test_the_largest_keyring_there_can_be_is_read_again() -> None:
    keyring = Keyring.create([age.generate().recipient for _ in range(100)])
    while len(keyring.generations) < MAX_GENERATIONS:
        keyring = keyring.next_generation()
    assert encoding.decode(encoding.encode(keyring), "x") == keyring


def test_the_text_is_as_documented(keyring: Keyring) -> None:
    first, second = keyring.generations
    assert json.loads(encoding.encode(keyring)) == {
        "format": 1,
        "backup": keyring.backup.hex(),
        "generations": [
            {"identity": first.identity.secret_text, "secret": first.secret.hex(), "announced": None},
            {
                "identity": second.identity.secret_text,
                "secret": second.secret.hex(),
                "announced": (second.announced or b"").hex(),
            },
        ],
        "recipients": [{"key": MARA.recipient.key, "comment": ""}],
        "passphrase": False,
    }


def test_a_newer_format_is_called_so(keyring: Keyring) -> None:
    text = written(keyring, lambda whole: whole.update(format=2, more={}))
    assert isinstance(refusal(lambda: unwrap(to_mara(text), [MARA])), FormatVersionError)


HOSTILE: dict[str, Callable[[Any], object]] = {
    "format 0": lambda whole: whole.update(format=0),
    "format true": lambda whole: whole.update(format=True),
    "format huge and negative": lambda whole: whole.update(format=-(10**30)),
    "something more": lambda whole: whole.update(run="rm -rf"),
    "no backup": lambda whole: whole.pop("backup"),
    "short id": lambda whole: whole.update(backup="00"),
    "capital id": lambda whole: whole.update(backup="AB" * 16),
    "line break after the id": lambda whole: whole.update(backup=whole["backup"] + "\n"),
    "no generations": lambda whole: whole.update(generations=[]),
    "too many generations": lambda whole: whole.update(generations=whole["generations"] * 600),
    "the same keys twice": lambda whole: whole["generations"].insert(1, whole["generations"][0]),
    "other order": lambda whole: whole["generations"].reverse(),
    "first announced": lambda whole: whole["generations"][0].update(announced="00" * 32),
    "second not announced": lambda whole: whole["generations"][1].update(announced=None),
    "second announced wrongly": lambda whole: whole["generations"][1].update(announced="00" * 32),
    "other secret": lambda whole: whole["generations"][1].update(secret="00" * 32),
    "other key": lambda whole: whole["generations"][1].update(identity=age.generate().secret_text),
    "mistyped key": lambda whole: whole["generations"][0].update(identity="AGE-SECRET-KEY-1" + "Q" * 58),
    "secret no hex": lambda whole: whole["generations"][0].update(secret="٠" * 64),
    "long secret": lambda whole: whole["generations"][0].update(secret="00" * 33),
    "nobody": lambda whole: whole.update(recipients=[]),
    "no recipient": lambda whole: whole["recipients"][0].update(key="mara"),
    "private key as recipient": lambda whole: whole["recipients"][0].update(key=MARA.secret_text),
    "recipient in capitals": lambda whole: whole["recipients"][0].update(key=MARA.recipient.key.upper()),
    "twice": lambda whole: whole.update(recipients=whole["recipients"] * 2),
    "too many recipients": lambda whole: whole.update(recipients=whole["recipients"] * 101),
    "comment that moves the cursor": lambda whole: whole["recipients"][0].update(comment="\x1b[2J"),
    "long comment": lambda whole: whole["recipients"][0].update(comment="x" * 201),
    "passphrase said": lambda whole: whole.update(passphrase="lantern"),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_text_that_no_rtstore_wrote_is_refused_and_not_quoted(
    keyring: Keyring, change: Callable[[Any], object]
) -> None:
    error = refusal(lambda: unwrap(to_mara(written(keyring, change)), [MARA]))
    assert isinstance(error, TamperError)
    assert error.message == f"{RECIPIENTS_FILE} does not hold the keys of a backup"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"format": 1}',
        b"[" * 100_000,
        b'{"format": ' * 50_000,
        b'"\\ud800"',
    ],
    ids=["empty", "null", "list", "cut off", "no text", "bare", "deep lists", "deep objects", "half a pair"],
)
def test_what_is_no_such_json_is_refused(text: bytes) -> None:
    assert isinstance(refusal(lambda: unwrap(to_mara(text), [MARA])), TamperError)


def test_a_text_that_is_too_long_is_refused() -> None:
    error = refusal(lambda: encoding.decode(b" " * (encoding.MAX_SIZE + 1), "x"))
    assert error.message == "x is larger than any keys of a backup"


KEYRING = encoding.encode(Keyring.create([MARA.recipient]).next_generation())


@given(st.integers(0, len(KEYRING) - 1), st.integers(0, 9), st.binary(max_size=9))
def test_any_other_text_is_the_same_keys_or_refused(at: int, gone: int, put: bytes) -> None:
    try:
        decoded = encoding.decode(KEYRING[:at] + put + KEYRING[at + gone :], "x")
    except RtstoreError:
        return
    first = encoding.decode(KEYRING, "x")
    # What only members can forge, and what means nothing: who they are.
    assert decoded.generations[1:] == first.generations[1:]
    assert decoded.recipients == first.recipients
