"""This machine's own key: made when first needed, for nobody else to read, never replaced unasked."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from key_samples import refusal

from rtstore.errors import KeyFileError, StorageError
from rtstore.remote.keys import age
from rtstore.remote.keys.own import (
    ensure_own_identity,
    export_identity,
    identity_path,
    import_identity,
    own_identity,
)
from rtstore.storage.files import Files, NewFile


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A configuration directory that is not there yet."""
    return tmp_path / "config" / "rtstore"


def make(home: Path) -> age.Identity:
    return ensure_own_identity(Files(), str(home)).identity


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(home: Path) -> KeyFileError:
    error = refusal(lambda: own_identity(str(home)))
    assert isinstance(error, KeyFileError)
    assert refusal(lambda: ensure_own_identity(Files(), str(home))).message == error.message
    return error


def other_key(path: Path) -> age.Identity:
    key = age.generate()
    path.write_text(f"{key.secret_text}\n")
    path.chmod(0o600)
    return key


def test_there_is_none_until_it_is_needed(home: Path) -> None:
    error = refusal(lambda: own_identity(str(home)))
    assert error.message == "this machine has no key yet"
    assert not home.exists()


def test_it_is_made_once(home: Path) -> None:
    first, again = (ensure_own_identity(Files(), str(home)) for _ in range(2))
    assert (first.made, again.made) == (True, False)
    assert own_identity(str(home)).secret_text == first.identity.secret_text == again.identity.secret_text
    assert os.listdir(home) == ["identity"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_can_read_it(home: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        make(home)
    finally:
        os.umask(before)
    assert (mode(home), mode(home / "identity")) == (0o700, 0o600)


def test_the_file_is_as_age_keygen_writes_it(home: Path) -> None:
    key = make(home)
    created, public, secret = (home / "identity").read_text().splitlines()
    assert created.startswith("# created: 20")
    assert (public, secret) == (f"# public key: {key.recipient.key}", key.secret_text)


def test_of_many_that_make_it_at_once_all_get_the_same(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: ensure_own_identity(Files(), str(home)), range(16)))
    assert len({each.identity.secret_text for each in done}) == 1
    assert sum(each.made for each in done) == 1
    assert os.listdir(home) == ["identity"]


@pytest.mark.parametrize("opened", [0o640, 0o604, 0o622, 0o644])
def test_it_is_not_used_where_others_can_read_it(home: Path, opened: int) -> None:
    make(home)
    (home / "identity").chmod(opened)
    assert (refused(home).hint or "").startswith(f"`chmod 600 {home / 'identity'}`")


def test_it_is_not_used_where_others_could_put_another(home: Path) -> None:
    make(home)
    home.chmod(0o770)
    assert (refused(home).hint or "").startswith(f"`chmod go-w {home}`")


def test_in_a_directory_that_is_there_it_is_made_for_its_owner_alone(home: Path) -> None:
    home.mkdir(parents=True)
    home.chmod(0o755)
    make(home)
    assert (mode(home), mode(home / "identity")) == (0o755, 0o600)


@pytest.mark.parametrize("what", ["link", "dangling link", "directory", "pipe"])
def test_only_a_plain_file_is_used(home: Path, tmp_path: Path, what: str) -> None:
    other_key(tmp_path / "elsewhere")
    home.mkdir(parents=True, mode=0o700)
    path = home / "identity"
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path, 0o600)
    else:
        path.symlink_to(tmp_path / ("elsewhere" if what == "link" else "nowhere"))
    assert "is not a plain file" in refused(home).message
    assert os.path.lexists(path)


def test_a_damaged_one_is_refused_and_stays(home: Path) -> None:
    make(home)
    (home / "identity").write_text("# created: never\n")
    assert "has no key in it" in refused(home).message
    assert (home / "identity").read_text() == "# created: never\n"


def test_a_copy_is_for_its_owner_alone_and_replaces_nothing(home: Path, tmp_path: Path) -> None:
    key, target = make(home), tmp_path / "stick.key"
    export_identity(Files(), str(home), str(target))
    assert (mode(target), target.read_bytes()) == (0o600, (home / "identity").read_bytes())
    target.write_text("something else")
    error = refusal(lambda: export_identity(Files(), str(home), str(target)))
    assert (type(error), target.read_text()) == (KeyFileError, "something else")
    assert key.secret_text not in error.message


def test_a_copy_never_goes_through_a_link(home: Path, tmp_path: Path) -> None:
    make(home)
    (tmp_path / "link").symlink_to(tmp_path / "public")
    refusal(lambda: export_identity(Files(), str(home), str(tmp_path / "link")))
    assert not (tmp_path / "public").exists()


def test_a_copy_needs_a_directory(home: Path, tmp_path: Path) -> None:
    make(home)
    error = refusal(lambda: export_identity(Files(), str(home), str(tmp_path / "none" / "x")))
    assert error.message == f"there is no directory {tmp_path / 'none'} to put x into"


def test_a_locked_copy_brings_the_key_back(home: Path, tmp_path: Path) -> None:
    key, copy = make(home), tmp_path / "stick.key"
    export_identity(Files(), str(home), str(copy), "lantern")
    assert key.secret_text.encode() not in copy.read_bytes()
    done = import_identity(Files(), str(tmp_path / "new"), str(copy), ask=lambda _: "lantern")
    assert (done.identity.secret_text, done.changed, done.kept) == (key.secret_text, True, None)
    assert mode(tmp_path / "new" / "identity") == 0o600


def test_taking_over_the_same_key_changes_nothing(home: Path, tmp_path: Path) -> None:
    make(home)
    export_identity(Files(), str(home), str(tmp_path / "copy"))
    before = (home / "identity").stat()
    done = import_identity(Files(), str(home), str(tmp_path / "copy"), force=True)
    assert (done.changed, done.kept) == (False, None)
    assert (home / "identity").stat().st_ino == before.st_ino


def test_another_key_is_not_replaced_unasked(home: Path, tmp_path: Path) -> None:
    key = make(home)
    other_key(tmp_path / "other")
    error = refusal(lambda: import_identity(Files(), str(home), str(tmp_path / "other")))
    assert error.hint == "--force takes over the new one and keeps the old one beside."
    assert own_identity(str(home)).recipient == key.recipient


def test_keys_that_are_replaced_are_kept_beside(home: Path, tmp_path: Path) -> None:
    keys = [make(home)]
    for number in (1, 2):
        keys.append(other_key(tmp_path / "other"))
        done = import_identity(Files(), str(home), str(tmp_path / "other"), force=True)
        assert done.kept == f"{identity_path(str(home))}.{number}"
    assert own_identity(str(home)).recipient == keys[2].recipient
    for number, key in enumerate(keys[:2], 1):
        kept = home / f"identity.{number}"
        assert key.secret_text in kept.read_text()
        assert mode(kept) == 0o600


def test_a_machine_takes_one_key_of_age(home: Path, tmp_path: Path, ed25519: Path) -> None:
    path = tmp_path / "keys"
    other_key(path)
    path.write_text(path.read_text() * 2)
    assert "has 2 keys" in refusal(lambda: import_identity(Files(), str(home), str(path))).message
    assert "is an ssh key" in refusal(lambda: import_identity(Files(), str(home), str(ed25519))).message
    assert not home.exists()


class Failing(Files):
    """Refuses the Nth call that changes something."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise StorageError("no space left on the disk")

    def create(self, path: str, mode: int = 0o666) -> NewFile:
        self._count()
        return super().create(path, mode)

    def replace(self, source: str, target: str) -> None:
        self._count()
        super().replace(source, target)

    def rename_to_free(self, source: str, target: str) -> bool:
        self._count()
        return super().rename_to_free(source, target)

    def sync_directory(self, path: str) -> None:
        self._count()
        super().sync_directory(path)


def test_whenever_the_disk_is_full_there_is_a_whole_key(home: Path, tmp_path: Path) -> None:
    for nth in range(1, 20):
        place = tmp_path / str(nth)
        old, new = make(place), other_key(tmp_path / "other")
        try:
            import_identity(Failing(nth), str(place), str(tmp_path / "other"), force=True)
        except StorageError:
            assert own_identity(str(place)).recipient in (old.recipient, new.recipient)
            assert {name.partition(".")[0] for name in os.listdir(place)} == {"identity"}
        else:
            break
    assert nth > 5
    assert own_identity(str(place)).recipient == new.recipient
