"""A backup's own keys: what they are made of, how they change, and what tells them from a stranger's."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from key_samples import refusal

from rtstore.errors import KeyFileError, NothingToDoError, TamperError
from rtstore.remote.keys import age
from rtstore.remote.keys.generation import Generation
from rtstore.remote.keys.keyring import MAX_GENERATIONS, Keyring
from rtstore.remote.keys.recipients import MAX_RECIPIENTS, parse_recipient


def member(comment: str = "") -> age.Recipient:
    return parse_recipient(f"{age.generate().recipient.key} {comment}")


@pytest.fixture
def keyring() -> Keyring:
    return Keyring.create([member("desk"), member("laptop")])


def replaced(keyring: Keyring, number: int, generation: Generation) -> Keyring:
    """Return a keyring with one generation exchanged, as nobody who goes by the rules makes it."""
    generations = list(keyring.generations)
    generations[number - 1 : number] = [generation]
    return Keyring(keyring.backup, tuple(generations), keyring.recipients, keyring.passphrase)


def test_a_new_backup_has_one_generation_and_its_members(keyring: Keyring) -> None:
    assert [each.number for each in keyring.generations] == [1]
    assert keyring.current is keyring.generation(1)
    assert len(keyring.backup) == 16
    assert len(keyring.current.secret) == 32
    assert [each.comment for each in keyring.recipients] == ["desk", "laptop"]


def test_each_purpose_has_a_key_of_its_own(keyring: Keyring) -> None:
    current = keyring.current
    assert current.part_key == hmac.digest(current.secret, b"rtstore part", "sha256")
    assert current.head_key == hmac.digest(current.secret, b"rtstore head", "sha256")


def test_the_keys_open_what_is_encrypted_to_them(keyring: Keyring) -> None:
    data = age.encrypt(b"x", [keyring.current.recipient])
    assert age.decrypt(data, [keyring.current.identity]) == b"x"


def test_somebody_has_to_be_able_to_open_it() -> None:
    assert isinstance(refusal(Keyring.create), KeyFileError)
    assert Keyring.create(passphrase=True).passphrase


def test_a_member_is_there_once(keyring: Keyring) -> None:
    assert Keyring.create([*keyring.recipients, *keyring.recipients]).recipients == keyring.recipients
    with pytest.raises(NothingToDoError):
        keyring.adding(keyring.recipients)


def test_members_can_be_too_many(keyring: Keyring) -> None:
    many = [age.Recipient(f"age1{number}", None) for number in range(MAX_RECIPIENTS - 1)]
    assert f"these are {MAX_RECIPIENTS + 1}" in refusal(lambda: keyring.adding(many)).message


def test_adding_a_member_changes_no_keys(keyring: Keyring) -> None:
    more = keyring.adding([member("phone")])
    assert more.generations == keyring.generations
    assert [each.comment for each in more.recipients] == ["desk", "laptop", "phone"]
    assert more.fingerprint == keyring.fingerprint


def test_removing_a_member_makes_new_keys(keyring: Keyring) -> None:
    fewer = keyring.removing([keyring.recipients[0]])
    assert [each.comment for each in fewer.recipients] == ["laptop"]
    assert fewer.generations[:1] == keyring.generations
    assert fewer.current.number == 2
    assert fewer.current.secret != keyring.current.secret
    assert fewer.current.public_key != keyring.current.public_key
    assert fewer.fingerprint == keyring.fingerprint


def test_a_stranger_cannot_be_removed_and_the_last_member_neither(keyring: Keyring) -> None:
    assert "is not a recipient of this backup" in refusal(lambda: keyring.removing([member()])).message
    assert (
        refusal(lambda: keyring.removing(keyring.recipients)).message
        == "nobody could open the backup any more"
    )


def test_a_passphrase_may_be_what_is_left(keyring: Keyring) -> None:
    alone = keyring.with_passphrase().removing(keyring.recipients)
    assert (alone.recipients, alone.passphrase) == ((), True)
    assert isinstance(refusal(alone.without_passphrase), KeyFileError)


def test_a_passphrase_that_goes_or_changes_makes_new_keys(keyring: Keyring) -> None:
    locked = keyring.with_passphrase()
    assert locked.current == keyring.current
    assert locked.with_passphrase().current.number == 2
    assert locked.without_passphrase().current.number == 2
    with pytest.raises(NothingToDoError):
        keyring.without_passphrase()


def test_new_keys_come_to_an_end() -> None:
    keyring = Keyring.create([member()])
    worn = Keyring(keyring.backup, keyring.generations * MAX_GENERATIONS, keyring.recipients, False)
    assert isinstance(refusal(worn.next_generation), KeyFileError)


def test_members_are_found_by_key_and_by_comment(keyring: Keyring) -> None:
    desk = keyring.recipients[0]
    for name in (desk.key, desk.key[:12], "desk", str(desk)):
        assert keyring.find(name) == [desk]
    assert keyring.find("age1") == keyring.find("nobody") == keyring.adding([member()]).find("") == []
    assert keyring.adding([twin := member("desk")]).find("desk") == [desk, twin]


@pytest.mark.parametrize("number", [0, -1, 2])
def test_keys_that_are_not_there_are_refused(keyring: Keyring, number: int) -> None:
    assert isinstance(refusal(lambda: keyring.generation(number)), TamperError)


def test_the_fingerprint_is_of_the_first_keys_and_for_people(keyring: Keyring) -> None:
    first = keyring.generation(1)
    commitment = hashlib.sha256(first.secret).digest()
    what = b"rtstore backup fingerprint\n" + keyring.backup + commitment + first.public_key.encode()
    assert keyring.fingerprint.replace("-", "") == hashlib.sha256(what).hexdigest()[:32]
    assert [len(group) for group in keyring.fingerprint.split("-")] == [4] * 8
    for written in (keyring.fingerprint, keyring.fingerprint.upper(), keyring.fingerprint.replace("-", " ")):
        assert keyring.has_fingerprint(f" {written}\n")
    for other in ("", keyring.fingerprint[:-1], Keyring.create([member()]).fingerprint):
        assert not keyring.has_fingerprint(other)


def test_keys_made_by_a_stranger_have_another_fingerprint(keyring: Keyring) -> None:
    """He knows the members' public keys and even the id of the backup."""
    strange = Keyring.create(keyring.recipients)
    strange = Keyring(keyring.backup, strange.generations, strange.recipients, False)
    assert strange.fingerprint != keyring.fingerprint
    error = refusal(lambda: strange.check_succession(keyring))
    assert isinstance(error, TamperError)
    assert error.message == "the remote holds another backup than before: its keys are not those known here"


def test_new_keys_follow_older_ones(keyring: Keyring) -> None:
    second = keyring.removing([keyring.recipients[0]])
    fourth = second.next_generation().next_generation()
    for newer, older in ((keyring, keyring), (second, keyring), (fourth, keyring), (fourth, second)):
        newer.check_succession(older)
        assert newer.succeeds(older)
    assert not keyring.succeeds(second)


def test_older_keys_instead_of_newer_ones_are_noticed(keyring: Keyring) -> None:
    error = refusal(lambda: keyring.check_succession(keyring.next_generation()))
    assert (type(error), "missing or changed" in error.message) == (TamperError, True)


def test_keys_that_nobody_announced_are_noticed(keyring: Keyring) -> None:
    second, stranger = keyring.next_generation(), Keyring.create([member()]).next_generation()
    forged = [
        Generation(2, age.generate(), bytes(32), None),
        Generation(2, age.generate(), bytes(32), bytes(32)),
        Generation(2, age.generate(), second.current.secret, second.current.announced),
        Generation(2, second.current.identity, bytes(32), second.current.announced),
        stranger.current,
        keyring.current.following(bytes(16)),  # announced for another backup
        Generation(3, second.current.identity, second.current.secret, second.current.announced),
    ]
    for generation in forged:
        error = refusal(
            lambda generation=generation: replaced(second, 2, generation).check_succession(keyring)
        )
        assert (type(error), "were not made by one of its members" in error.message) == (TamperError, True)


def test_a_gap_between_keys_is_noticed(keyring: Keyring) -> None:
    third = keyring.next_generation().next_generation()
    gap = Keyring(third.backup, (third.generations[0], third.generations[2]), third.recipients, False)
    assert not gap.succeeds(keyring)


def test_keys_of_old_that_changed_are_noticed(keyring: Keyring) -> None:
    second = keyring.next_generation()
    third = second.next_generation()
    assert not replaced(third, 2, keyring.next_generation().current).succeeds(second)
    assert not replaced(third, 1, Keyring.create([member()]).current).succeeds(second)


def test_marks_are_enough_to_know_keys_again(keyring: Keyring) -> None:
    second = keyring.next_generation()
    second.next_generation().check_marks(second.marks)
    assert second.marks[:1] == keyring.marks
    assert isinstance(refusal(lambda: keyring.check_marks(second.marks)), TamperError)
    forged = replaced(second, 2, Generation(2, age.generate(), bytes(32), second.current.announced))
    assert isinstance(refusal(lambda: forged.check_marks(keyring.marks)), TamperError)
    renamed = Keyring(bytes(16), keyring.generations, keyring.recipients, False)
    assert isinstance(refusal(lambda: renamed.check_marks(keyring.marks)), TamperError)


def test_nothing_that_is_printed_has_a_secret(keyring: Keyring) -> None:
    newer = keyring.next_generation()
    shown = f"{newer} {newer!r} {newer.generations!r} {newer.current.identity!r}"
    for generation in newer.generations:
        assert generation.identity.secret_text not in shown
        assert generation.secret.hex() not in shown
        assert repr(generation.secret) not in shown
