"""Repositories by path: git's rules for a push hold, and a power cut or a full disk loses nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import zlib
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from git_samples import cloned, files_of, first, garbage, ignore, is_sound, push
from git_servers import Served, bare, git

from rtstore.errors import RemoteError, RemoteMovedError, StorageError, TamperError
from rtstore.remote.git.connect import open_repository
from tests.faults import RecordingFiles, every_fault, every_power_cut, lay_out


@pytest.fixture
def here(tmp_path: Path) -> Served:
    """An empty bare repository."""
    path = bare(tmp_path / "here.git")
    return Served(str(path), path)


def work_tree(path: Path) -> Path:
    """Make a repository with working files and a commit on its branch main."""
    git("init", "-q", "-b", "main", path)
    (path / "code").write_text("1")
    git("-C", path, "add", ".")
    git("-C", path, "-c", "user.name=m", "-c", "user.email=m@localhost", "commit", "-qm", "code")
    return path


def test_where_there_is_no_repository_the_way_to_make_one_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(RemoteError, match="no git repository") as error:
            open_repository(str(path)).branches()
        assert "git init --bare" in str(error.value.hint)


def test_objects_that_git_keeps_one_by_one_are_read(here: Served, tmp_path: Path) -> None:
    push(open_repository(here.address), None, first())
    tip = open_repository(here.address).branches().commits["main"]
    chance = Random(1)
    contents = [
        b"".join(
            b"100644 %s.age\0" % chance.randbytes(20).hex().encode() + chance.randbytes(20) for _ in range(n)
        )
        for n in range(1, 60)
    ]
    ids = []
    for number, content in enumerate(contents):
        file = tmp_path / f"file{number}"
        file.write_bytes(content)
        ids.append(git("-C", here.path, "hash-object", "-w", file).strip())
    with open_repository(here.address).fetch(tip, None, str(tmp_path), ignore) as objects:
        assert [objects.read("blob", id, 1 << 20) for id in ids] == contents


def test_the_ending_git_may_be_left_out(here: Served) -> None:
    assert open_repository(here.address.removesuffix(".git")).branches().default == "main"


def test_a_repository_with_working_files_takes_any_branch_but_the_one_checked_out(tmp_path: Path) -> None:
    path, one = work_tree(tmp_path / "work"), first()
    repository = open_repository(str(path))
    push(repository, None, one, branch="backup")
    main = repository.branches().commits["main"]
    with pytest.raises(RemoteError, match="checked out"):
        repository.push("main", main, one.id, one.objects, ignore)
    with pytest.raises(RemoteError, match="checked out"):
        open_repository(str(path / ".git")).push("main", main, one.id, one.objects, ignore)
    assert cloned(Served(str(path), path), tmp_path / "clone", "backup") == one.files
    git("-C", path, "config", "receive.denyCurrentBranch", "ignore")
    repository.push("main", main, one.id, one.objects, ignore)
    assert repository.branches().commits["main"] == one.id


def test_a_branch_that_git_has_packed_is_moved(here: Served) -> None:
    repository, one = here.repository(), first()
    push(repository, None, one)
    git("-C", here.path, "pack-refs", "--all")
    two = one.on_top(two=b"2")
    with pytest.raises(RemoteMovedError):
        push(repository, None, two)
    push(repository, one, two)
    assert git("-C", here.path, "rev-parse", "main").strip() == two.id


def test_a_name_in_the_way_of_another_branch_is_refused(here: Served) -> None:
    repository, one = here.repository(), first()
    push(repository, None, one, branch="a")
    for name in ("a/b", "a/b/c"):
        with pytest.raises(RemoteError, match="cannot be beside"):
            push(repository, None, one, branch=name)
    push(repository, None, one, branch="b/c")
    with pytest.raises(RemoteError, match="cannot be beside"):
        push(repository, None, one, branch="b")
    assert is_sound(here)


def test_an_empty_directory_that_a_branch_left_is_no_hindrance(here: Served) -> None:
    (here.path / "refs/heads/main/sub").mkdir(parents=True)
    (here.path / "refs/heads/main/sub").rmdir()
    one = first()
    push(here.repository(), None, one)
    assert here.repository().branches().commits == {"main": one.id}


@pytest.mark.parametrize(("setting", "file", "directory"), [("group", 0o440, 0o070), ("all", 0o444, 0o075)])
def test_a_shared_repository_stays_shared(tmp_path: Path, setting: str, file: int, directory: int) -> None:
    path = tmp_path / "shared.git"
    git("init", "-q", "--bare", f"--shared={setting}", path)
    old = os.umask(0o077)
    try:
        push(open_repository(str(path)), None, first(), branch="new/branch")
    finally:
        os.umask(old)
    for made in (path / "objects/pack").iterdir():
        assert stat.S_IMODE(made.stat().st_mode) & file == file
        assert not stat.S_IMODE(made.stat().st_mode) & 0o222
    assert stat.S_IMODE((path / "refs/heads/new").stat().st_mode) & directory == directory
    assert stat.S_IMODE((path / "refs/heads/new/branch").stat().st_mode) & 0o060 == 0o060


def test_objects_that_are_borrowed_or_lie_in_files_of_their_own_are_read(
    here: Served, tmp_path: Path
) -> None:
    one = first()
    push(here.repository(), None, one)
    borrower = tmp_path / "borrower.git"
    git("clone", "-q", "--bare", "--shared", here.path, borrower)
    loose = bare(tmp_path / "loose.git")
    for pack in (here.path / "objects/pack").glob("*.pack"):
        with pack.open("rb") as file:
            subprocess.run(["git", "-C", loose, "unpack-objects", "-q"], stdin=file, check=True)
    git("-C", loose, "update-ref", "refs/heads/main", one.id)
    for path in (borrower, loose):
        with open_repository(str(path)).fetch(one.id, None, str(tmp_path), ignore) as objects:
            assert files_of(objects, one.id) == one.files


def test_a_repack_during_a_fetch_is_no_hindrance(here: Served, tmp_path: Path) -> None:
    repository, one = here.repository(), first()
    push(repository, None, one)
    two = one.on_top(two=b"2")
    push(repository, one, two)
    with repository.fetch(two.id, None, str(tmp_path), ignore) as objects:
        git("-C", here.path, "repack", "-adq")
        assert files_of(objects, two.id) == two.files


def test_every_byte_that_changes_in_the_repository_is_noticed(here: Served, tmp_path: Path) -> None:
    repository, one = here.repository(), first(count=1, size=50)
    push(repository, None, one)
    for file in sorted((here.path / "objects/pack").iterdir()):
        sound = file.read_bytes()
        file.chmod(0o600)
        for at in range(len(sound)):
            if file.suffix == ".idx" and at % 7:
                continue
            file.write_bytes(sound[:at] + bytes([sound[at] ^ 0x55]) + sound[at + 1 :])
            try:
                with repository.fetch(one.id, None, str(tmp_path), ignore) as objects:
                    assert files_of(objects, one.id) == one.files
            except (TamperError, RemoteError):
                pass
        file.write_bytes(sound)


def test_a_loose_object_larger_than_it_says_is_refused(here: Served, tmp_path: Path) -> None:
    repository, one = here.repository(), first()
    push(repository, None, one)
    for id, content in (("1" * 40, b"blob 5\0" + bytes(10**7)), ("2" * 40, b"blob 99999999999999999\0x")):
        path = here.path / "objects" / id[:2] / id[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(content))
        with (
            repository.fetch(one.id, None, str(tmp_path), ignore) as objects,
            pytest.raises(TamperError),
        ):
            objects.read("blob", id, 1000)


@pytest.mark.parametrize(
    "config",
    ["[core]\n\trepositoryformatversion = 9\n", "[core\n", "[extensions]\n\tnew = true\n"],
)
def test_a_repository_of_another_kind_is_refused(here: Served, config: str) -> None:
    (here.path / "config").write_text(config)
    with pytest.raises(RemoteError) as error:
        here.repository().branches()
    assert error.value.message.isprintable()


def test_a_repository_that_names_objects_by_sha256_is_refused(tmp_path: Path) -> None:
    git("init", "-q", "--bare", "--object-format=sha256", tmp_path / "r.git")
    with pytest.raises(RemoteError, match="SHA-256"):
        open_repository(str(tmp_path / "r.git")).branches()


@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_a_push_that_fails_at_any_step_leaves_a_sound_repository(
    here: Served, when: Literal["before", "half", "after"]
) -> None:
    """And one that can be pushed to: nothing is in the way of the next one."""
    repository, last = here.repository(), first()
    push(repository, None, last)
    for files in every_fault(when=when):
        new = last.on_top(**{f"part{files.fail_at}": b"%d" % files.fail_at})
        try:
            push(open_repository(here.address, files=files), last, new)
        except StorageError:
            assert files.fired
        at = repository.branches().commits["main"]
        assert at in (last.id, new.id)
        last = new if at == new.id else last
        assert is_sound(here)
        locks = list(here.path.rglob("*.lock"))
        if when == "before" and not locks:
            assert garbage(here) == []
        for lock in locks:
            # One that says who made it is taken over; one that was made and not written to has to go by hand.
            if not lock.read_bytes().endswith(b"\n"):
                assert when != "before"
                lock.unlink()
    assert files.fail_at > 8
    assert last.id == new.id


def test_a_power_cut_at_any_step_leaves_the_old_commit_or_the_new_one(here: Served, tmp_path: Path) -> None:
    one = first(size=100)
    push(here.repository(), None, one)
    files = RecordingFiles(here.path)
    two = one.on_top(two=b"2" * 100)
    push(open_repository(here.address, files=files), one, two)
    whole = {one.id: one.files, two.id: two.files}
    states = 0
    for point, disk in every_power_cut(files):
        lay_out(disk, tmp_path / "cut.git")
        cut = open_repository(str(tmp_path / "cut.git"))
        at = cut.branches().commits["main"]
        assert at == two.id or point < len(files.log)
        with cut.fetch(at, None, str(tmp_path), ignore) as objects:
            assert files_of(objects, at) == whole[at]
        states += 1
    assert states > 50
