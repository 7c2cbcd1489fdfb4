"""The git host alters, exchanges, drops and adds files of a backup: it is noticed before anything is stored."""

from __future__ import annotations

import pytest
from backups import Bare, Odd, Office, check_sound, connection_of, history, opened_parts, refused
from workspaces import Desk, lines, talk
from zstandard import ZstdCompressor

from rtstore.errors import RemoteError, RtstoreError, TamperError
from rtstore.remote.format.head import seal_head
from rtstore.remote.format.padding import pad
from rtstore.remote.keys import age
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.keys.own import own_identity
from rtstore.remote.keys.wrapping import wrap
from rtstore.remote.sync.fetch import part_name

Pair = tuple[Desk, Desk]


@pytest.fixture
def pair(office: Office) -> Pair:
    """Ann, who pushed, and Bob, who cloned before her second push."""
    ann = office.owner()
    ann.commit_file(lines(*map(talk, range(40))))
    ann.store.push()
    bob = office.clone()
    ann.commit_file(lines(*map(talk, range(60))))
    ann.store.push()
    return ann, bob


def path_of(part: str) -> str:
    return f"parts/{part[:2]}/{part}.age"


def newest_part(office: Office) -> str:
    """Return the part that Bob has not seen."""
    newest, *_, oldest = office.bare.commits()
    return path_of(
        (office.bare.files(newest).keys() - office.bare.files(oldest).keys()).pop().split("/")[-1][:40]
    )


def all_refuse(office: Office, bob: Desk, error: type[RtstoreError] = TamperError) -> str:
    """Whoever looks at the backup refuses it: to fetch, to push, to clone, to verify; return what a fetch says."""
    said = refused(bob, lambda: bob.store.fetch(), error)
    refused(bob, lambda: bob.store.push(), error)
    refused(bob, lambda: bob.store.verify_remote(), error)
    clone_refused(office, error)
    return said.message


def clone_refused(office: Office, error: type[RtstoreError] = TamperError) -> RtstoreError:
    with pytest.raises(error) as caught:
        office.clone("nobody")
    assert not (office.directory / "nobody").exists()
    return caught.value


@pytest.mark.parametrize("where", [0, 10, 100, 200, 300, -17, -1])
def test_a_part_with_a_byte_changed_is_refused(office: Office, pair: Pair, where: int) -> None:
    part = newest_part(office)
    data = bytearray(office.bare.files()[part])
    data[where] ^= 4
    office.bare.with_files({part: bytes(data)})
    assert part.split("/")[-1][:12] in all_refuse(office, pair[1])


@pytest.mark.parametrize("size", [0, 1, 100, 230, -16, -1])
def test_a_part_cut_off_is_refused(office: Office, pair: Pair, size: int) -> None:
    part = newest_part(office)
    office.bare.with_files({part: office.bare.files()[part][:size]})
    all_refuse(office, pair[1])


def test_a_part_with_something_behind_it_is_refused(office: Office, pair: Pair) -> None:
    part = newest_part(office)
    office.bare.with_files({part: office.bare.files()[part] + b"\0" * 99})
    all_refuse(office, pair[1])


def test_a_part_that_is_gone_is_named(office: Office, pair: Pair) -> None:
    part = newest_part(office)
    office.bare.with_files({part: None})
    message = all_refuse(office, pair[1])
    assert part.split("/")[-1][:12] in message and "missing" in message


def test_two_parts_that_were_exchanged_are_refused(office: Office, pair: Pair) -> None:
    files = office.bare.files()
    [one, other] = [path for path in files if path.startswith("parts/")]
    office.bare.with_files({one: files[other], other: files[one]})
    all_refuse(office, pair[1])


def test_an_old_part_in_the_place_of_a_new_one_is_refused(office: Office, pair: Pair) -> None:
    new = newest_part(office)
    files = office.bare.files()
    [old] = [path for path in files if path.startswith("parts/") and path != new]
    office.bare.with_files({new: files[old]})
    all_refuse(office, pair[1])


def test_a_part_that_was_seen_and_is_exchanged_is_noticed_by_who_need_not_read_it(
    office: Office, pair: Pair
) -> None:
    ann = pair[0]
    new = newest_part(office)
    files = office.bare.files()
    [old] = [path for path in files if path.startswith("parts/") and path != new]
    office.bare.with_files({old: files[new]})
    assert "altered or exchanged" in refused(ann, lambda: ann.store.fetch()).message
    all_refuse(office, pair[1])


def test_a_part_that_was_seen_and_is_gone_is_noticed_by_who_need_not_read_it(
    office: Office, pair: Pair
) -> None:
    ann = pair[0]
    office.bare.with_files({newest_part(office): None})
    assert "missing" in refused(ann, lambda: ann.store.fetch()).message
    assert "missing" in refused(ann, lambda: ann.store.push()).message


def test_keys_that_are_gone_are_noticed_though_the_head_is_the_same(office: Office, pair: Pair) -> None:
    ann = pair[0]
    office.bare.with_files({"keys/recipients.age": None})
    assert "no keys" in refused(ann, lambda: ann.store.fetch()).message
    all_refuse(office, pair[1])


def test_a_part_that_nobody_named_is_not_read(office: Office, pair: Pair) -> None:
    """A push that is cut off leaves such parts; whatever is in them, it is never looked at."""
    keys = connection_of(pair[0]).keyring.current
    bomb = age.encrypt(ZstdCompressor().compress(bytes(50 << 20)), [keys.recipient])
    office.bare.with_files({path_of("ab" * 20): bomb, path_of("cd" * 20): b"nothing"})
    bob = pair[1]
    bob.store.pull()
    assert history(bob) == history(pair[0])
    assert bob.store.verify_remote().stray == 2
    check_sound(office.clone("carol"))


def test_a_bomb_by_somebody_who_knows_the_public_key_is_refused(office: Office, pair: Pair) -> None:
    keys = connection_of(pair[0]).keyring.current
    for content in (pad(ZstdCompressor().compress(bytes(100 << 20))), b"", bytes(1 << 20)):
        office.bare.with_files({newest_part(office): age.encrypt(content, [keys.recipient])})
        assert "not what a member wrote" in all_refuse(office, pair[1])


def test_a_head_by_somebody_who_knows_the_public_key_is_refused(office: Office, pair: Pair) -> None:
    ann, bob = pair
    connection = connection_of(ann)
    keys, head = connection.keyring.current, connection.memory.head
    assert head is not None
    forged = seal_head(head, bytes(32))
    for content in (forged, ZstdCompressor().compress(bytes(100 << 20)), b"", b"text"):
        office.bare.with_files({"head.age": age.encrypt(content, [keys.recipient])})
        assert "head" in all_refuse(office, bob)


@pytest.mark.parametrize("where", [0, 60, 150, 250, -20, -1])
def test_a_head_with_a_byte_changed_is_refused(office: Office, pair: Pair, where: int) -> None:
    data = bytearray(office.bare.files()["head.age"])
    data[where] ^= 1
    office.bare.with_files({"head.age": bytes(data)})
    assert "head" in all_refuse(office, pair[1])


@pytest.mark.parametrize("where", [0, 60, 150, 250, -20, -1])
def test_a_key_file_with_a_byte_changed_is_refused(office: Office, pair: Pair, where: int) -> None:
    data = bytearray(office.bare.files()["keys/recipients.age"])
    data[where] ^= 1
    office.bare.with_files({"keys/recipients.age": bytes(data)})
    # Where the line with the key's own share is changed, no key fits any more.
    for command in (pair[1].store.fetch, pair[1].store.push, pair[0].store.fetch):
        assert not isinstance(refused(pair[1], lambda command=command: command(), RtstoreError), RemoteError)


# --- files that rtstore did not put there
# --------------------------------------------------------------------------------------------------------

ODD_FILES: dict[str, dict[str, bytes | Odd | None]] = {
    "a stray file": {"evil.py": b"import os"},
    "a file of another case": {"HEAD.age": b"x"},
    "a stray directory": {"hooks/pre-commit": b"#!/bin/sh"},
    "a stray key": {"keys/Recipients.age": b"x"},
    "a stray file among the parts": {"parts/README": b"x"},
    "a part in the wrong place": {path_of("ab" * 20).replace("/ab/", "/ff/"): b"x"},
    "a part with capital letters": {"parts/ab/" + "AB" * 20 + ".age": b"x"},
    "a directory deeper than any": {"parts/ab/cd/" + "ab" * 20 + ".age": b"x"},
    "a head that is a link": {"head.age": Odd(0o120000, b"/etc/passwd")},
    "a head that is a program": {"head.age": Odd(0o100755, b"x")},
    "a head that is a submodule": {"head.age": Odd(0o160000)},
    "a part that is a link": {path_of("ab" * 20): Odd(0o120000, b"../../../../etc/passwd")},
    "a part that is a submodule": {path_of("ab" * 20): Odd(0o160000)},
    "keys that are a link": {"keys/recipients.age": Odd(0o120000, b"/etc/passwd")},
    "a readme that is a link": {"README.md": Odd(0o120000, b"/etc/passwd")},
    "a script that is a program": {"restore.py": Odd(0o100755, b"x")},
    "a head that is a directory": {"head.age": None, "head.age/x": b"x"},
}


@pytest.mark.parametrize("what", ODD_FILES)
def test_what_rtstore_does_not_write_is_refused_and_named(office: Office, pair: Pair, what: str) -> None:
    office.bare.with_files(ODD_FILES[what])
    message = all_refuse(office, pair[1])
    name = next(path for path, data in ODD_FILES[what].items() if data is not None)
    assert any(part in message for part in name.split("/"))


def entry(mode: bytes, name: bytes, id: bytes = bytes(range(20))) -> bytes:
    return mode + b" " + name + b"\0" + id


RAW_TREES = {
    "up and out": entry(b"100644", b".."),
    "a slash": entry(b"100644", b"../../x"),
    "the same name twice": entry(b"100644", b"format.json") * 2,
    "no name": entry(b"100644", b""),
    "no mode": entry(b"", b"format.json"),
    "a mode with letters": entry(b"10x644", b"format.json"),
    "cut off": entry(b"100644", b"format.json")[:-1],
    "no tree at all": b"\xff" * 40,
    "a name that is no text": entry(b"100644", b"format.json") + entry(b"100644", b"\xff\xfe"),
    "objects that are not there": entry(b"100644", b"format.json") + entry(b"100644", b"head.age"),
    "itself among the parts": entry(b"100644", b"format.json") + entry(b"40000", b"parts"),
}


@pytest.mark.parametrize("what", RAW_TREES)
def test_a_tree_that_git_does_not_write_is_refused(office: Office, pair: Pair, what: str) -> None:
    office.bare.write_raw_tree(RAW_TREES[what])
    refused(pair[1], lambda: pair[1].store.fetch())
    refused(pair[1], lambda: pair[1].store.push())


def test_a_million_files_are_refused_without_being_looked_at(office: Office, pair: Pair) -> None:
    names = sorted(b"%07d" % number for number in range(1_000_000))
    office.bare.write_raw_tree(b"".join(entry(b"100644", name) for name in names))
    refused(pair[1], lambda: pair[1].store.fetch())


def test_a_huge_file_is_refused_without_being_read(office: Office, pair: Pair) -> None:
    for path in (newest_part(office), "head.age", "keys/recipients.age"):
        tip = office.bare.tip
        office.bare.with_files({path: bytes(140 << 20)})
        refused(pair[1], lambda: pair[1].store.fetch())
        office.bare.put_back(tip)


def test_a_branch_that_is_no_backup_any_more_is_refused_and_not_written_to(
    office: Office, pair: Pair
) -> None:
    tip = office.bare.write({"main.py": b"print()", "head.age": b"x"})
    message = all_refuse(office, pair[1], RemoteError)
    assert "something else than an rtstore backup" in message
    assert office.bare.tip == tip


# --- another backup
# --------------------------------------------------------------------------------------------------------


def invented(office: Office, name: str = "eve") -> Bare:
    """Return a whole backup that somebody made who knows the members' public keys and nothing else."""
    other = Office(office.directory / name)
    eve = other.desk("eve")
    from rtstore.remote.setup import Members

    members = own_identity(office.config).recipient
    eve.store.add_remote("backup", other.url, Members(others=[members]))
    eve.commit_file(lines(talk(666)))
    eve.store.push()
    return other.bare


def test_a_backup_made_up_for_our_keys_is_refused_by_who_knows_the_true_one(
    office: Office, pair: Pair
) -> None:
    made_up = invented(office)
    office.bare.write(made_up.files())
    message = refused(pair[1], lambda: pair[1].store.fetch()).message
    assert "another backup" in message
    refused(pair[1], lambda: pair[1].store.push())
    refused(pair[0], lambda: pair[0].store.push())


def test_it_is_refused_by_a_clone_that_is_told_the_fingerprint(office: Office, pair: Pair) -> None:
    known = pair[0].store.remotes()["backup"].fingerprint
    office.bare.write(invented(office).files())
    with pytest.raises(TamperError) as caught:
        office.clone("nobody", fingerprint=known)
    assert known in caught.value.message
    assert not (office.directory / "nobody").exists()
    dan = office.desk("dan")
    with pytest.raises(TamperError):
        dan.store.add_remote("backup", office.url, fingerprint=known)
    assert dan.store.remotes() == {}


def test_a_clone_that_is_told_nothing_says_which_backup_it_got(office: Office, pair: Pair) -> None:
    office.bare.write(invented(office).files())
    carol = office.clone("carol")
    assert carol.store.remotes()["backup"].fingerprint != pair[0].store.remotes()["backup"].fingerprint


def test_a_fingerprint_may_be_written_in_any_way(office: Office, pair: Pair) -> None:
    known = pair[0].store.remotes()["backup"].fingerprint
    office.clone("carol", fingerprint=f" {known.upper().replace('-', ' ')} ")


def test_the_head_of_another_backup_of_the_same_members_is_refused(office: Office, pair: Pair) -> None:
    other = Office(office.directory / "other")
    other.config = office.config
    desk = other.owner()
    desk.commit_file(lines(talk(1)))
    desk.store.push()
    files = other.bare.files()
    office.bare.with_files({"head.age": files["head.age"]})
    all_refuse(office, pair[1])


def test_keys_nobody_announced_are_refused(office: Office, pair: Pair) -> None:
    true = connection_of(pair[0]).keyring
    made_up = Keyring.create(true.recipients)
    mixed = Keyring(true.backup, made_up.generations, true.recipients, False)
    office.bare.with_files(wrap(mixed))  # type: ignore[arg-type]
    refused(pair[1], lambda: pair[1].store.fetch())
    refused(pair[0], lambda: pair[0].store.fetch())


def test_keys_from_before_a_member_was_removed_are_refused(office: Office, pair: Pair) -> None:
    ann, bob = pair
    old = office.bare.files()
    stranger = age.generate().recipient
    ann.store.add_recipients("backup", [stranger])
    ann.store.remove_recipients("backup", [stranger.key])
    bob.store.fetch()
    office.bare.with_files({"keys/recipients.age": old["keys/recipients.age"]})
    for desk in pair:
        assert "missing or changed" in refused(desk, lambda desk=desk: desk.store.fetch()).message
    office.bare.with_files({"head.age": old["head.age"]})
    for desk in pair:
        refused(desk, lambda desk=desk: desk.store.push())


def test_parts_are_named_under_a_key_of_the_backup(office: Office, pair: Pair) -> None:
    """So the same content has other names in another backup, and nobody else can name a part."""
    keys = connection_of(pair[0]).keyring.current
    other = Keyring.create([own_identity(office.config).recipient]).current
    for name in opened_parts(pair[0], office.bare):
        plain = age.decrypt(office.bare.parts()[name], [keys.identity])
        assert part_name(plain, keys) == name != part_name(plain, other)
