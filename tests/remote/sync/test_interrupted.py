"""Disks that fail and connections that break: the store opens, the backup is one, and the command works again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from backups import Office, as_desk, check_sound, history
from faults import FaultyFiles
from workspaces import lines, talk

import rtstore
from rtstore.errors import RemoteMovedError, RtstoreError, StorageError, UnreachableError
from rtstore.remote.git import connect
from rtstore.remote.git.path import PathRepository
from rtstore.remote.git.repository import GitObject, Progress
from rtstore.storage.files import Files
from tests.safety.test_faults_commands import WAYS, some_faults

Command = Callable[[Office, Files | None], object]


def version(number: int) -> bytes:
    return lines(*map(talk, range(40 * number)))


def push(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "ann", office.config, files).push()


def fetch(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "bob", office.config, files).fetch()


def pull(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "bob", office.config, files).pull()


def clone(office: Office, files: Files | None) -> None:
    rtstore.clone(office.url, office.directory / "carol", office.config, files=files)


def add_remote(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "dan", office.config, files).add_remote("backup", office.url)


def add_new_remote(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "ann", office.config, files).add_remote("second", office.url + "2")


def verify(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "bob", office.config, files).verify_remote()


def rename(office: Office, files: Files | None) -> None:
    rtstore.open(office.directory / "bob", office.config, files).rename_remote("backup", "other")


COMMANDS: list[Command] = [push, fetch, pull, clone, add_remote, add_new_remote, verify, rename]


@pytest.fixture
def prepared(office: Office) -> Office:
    """Ann has pushed twice and has a third commit; Bob knows the first; Dan has a store of his own, Carol none."""
    ann = office.owner("ann")
    ann.commit_file(version(1))
    ann.store.push()
    office.clone("bob")
    ann.commit_file(version(2))
    ann.store.push()
    ann.commit_file(version(3))
    dan = office.desk("dan")
    dan.commit_file(lines(talk(1000)), "dan.jsonl")
    Office(office.directory / "spare")
    shutil.move(office.directory / "spare" / "backup.git", f"{office.url}2")
    return office


class Copies:
    """Puts a prepared office back to what it was."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._kept = office.directory.with_name(office.directory.name + "-kept")
        shutil.copytree(office.directory, self._kept)

    def put_back(self) -> None:
        shutil.rmtree(self.office.directory)
        shutil.copytree(self._kept, self.office.directory)


@pytest.fixture
def copies(prepared: Office) -> Iterator[Copies]:
    made = Copies(prepared)
    yield made
    shutil.rmtree(made._kept)


def check_backup(office: Office, pushed: Sequence[int] = (2, 3)) -> None:
    """The backup is whole for somebody who never saw it, and for git."""
    checked = office.clone("checked")
    assert checked.files()["mara.jsonl"] in [version(number) for number in pushed]
    check_sound(checked)
    shutil.rmtree(checked.root)
    git = ["git", "-C", office.url, "fsck", "--strict", "--no-dangling"]
    done = subprocess.run(git, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def check_desks(office: Office) -> None:
    for name in ("ann", "bob", "dan"):
        desk = as_desk(rtstore.open(office.directory / name, office.config))
        check_sound(desk)
        desk.store.status()


def check_works(office: Office, command: Command) -> None:
    """The command works on the healed disk, and so does everything after it."""
    # Where nothing could be removed or written, git's lock stays, as that of git itself would: the error says so.
    lock = Path(office.url, "refs", "heads", "main.lock")
    if lock.exists() and not lock.read_bytes():
        lock.unlink()
    try:
        command(office, None)
    except RtstoreError as error:
        # It was done, and only what came after it failed.
        done = {add_remote: "there is a remote", add_new_remote: "there is a remote"}
        done |= {rename: "'backup' not found", clone: "not empty"}
        assert command in done and done[command] in error.message, error.message
    rtstore.open(office.directory / "ann", office.config).push("backup")
    bob = rtstore.open(office.directory / "bob", office.config)
    bob.pull()
    assert Path(bob.root, "mara.jsonl").read_bytes() == version(3)
    check_backup(office, [3])


def faulty(files: Files) -> Any:
    """Let the repository fail as the store does."""
    real = connect.open_repository
    return patch(
        "rtstore.remote.sync.connection.open_repository",
        lambda *given, **options: real(*given, **{**options, "files": files}),
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_a_command_of_which_any_call_fails_is_done_or_never_happened(
    copies: Copies, command: Command
) -> None:
    check_faults(copies, command, few_faults(), thorough=False)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_so_is_one_of_which_any_other_call_fails(copies: Copies, command: Command) -> None:
    check_faults(copies, command, some_faults(), thorough=True)


def few_faults() -> Iterator[FaultyFiles]:
    """Yield files that fail at one call of ten, each in another way, up to one that did not come to fail."""
    for fail_at in count(1, 10):
        code, forever, when = WAYS[fail_at // 10 % len(WAYS)]
        files = FaultyFiles(fail_at, code, forever=forever, when=when)
        yield files
        if not files.fired:
            return


def check_faults(copies: Copies, command: Command, faults: Iterator[FaultyFiles], thorough: bool) -> None:
    office = copies.office
    for files in faults:
        copies.put_back()
        with faulty(files):
            try:
                command(office, files)
            except StorageError:
                assert files.fired
        if command is clone and not os.path.isdir(office.directory / "carol" / ".rtstore"):
            assert not (office.directory / "carol").exists() or os.listdir(office.directory / "carol") == []
        check_desks(office)
        if files.forever or not files.fired or (thorough and files.fail_at % 3 == 0):
            check_backup(office)
            check_works(office, command)


# --- connections that break
# --------------------------------------------------------------------------------------------------------


class Breaking:
    """Lets the push number ``at`` of any repository break, before anything of it arrived or after all of it has."""

    def __init__(self, at: int, arrived: bool) -> None:
        self.at, self.arrived, self.count = at, arrived, 0

    def __enter__(self) -> Breaking:
        real = PathRepository.push
        breaking = self

        def push(
            self: PathRepository,
            branch: str,
            old: str | None,
            new: str,
            objects: Sequence[GitObject],
            progress: Progress,
        ) -> None:
            breaking.count += 1
            if breaking.count == breaking.at and not breaking.arrived:
                raise UnreachableError("the connection broke")
            real(self, branch, old, new, objects, progress)
            if breaking.count == breaking.at:
                raise UnreachableError("the connection broke")

        self._patched = patch.object(PathRepository, "push", push)
        self._patched.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._patched.stop()


@pytest.fixture
def small_batches() -> Iterator[None]:
    """A git commit for every part, and many parts."""
    with (
        patch("rtstore.remote.sync.write.BATCH", 1),
        patch("rtstore.remote.sync.fetch.BATCH", 1),
        patch("rtstore.remote.format.part.FULL", 2000),
        patch("rtstore.remote.format.part.GROUP", 1000),
        patch("rtstore.storage.transaction.BLOCK", 1000),
    ):
        yield


def sent_blobs(office: Office) -> int:
    git = ["git", "-C", office.url, "cat-file", "--batch-all-objects", "--batch-check"]
    return subprocess.run(git, capture_output=True, check=True).stdout.count(b" blob ")


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_push_that_breaks_off_goes_on_where_it_was(
    office: Office, small_batches: None, arrived: bool, first: bool
) -> None:
    ann = office.owner()
    if not first:
        ann.commit_file(version(1))
        ann.store.push()
    copies = Copies(office)
    at = 1
    while True:
        copies.put_back()
        ann = office.reopened(ann)
        ann.commit_file(lines(*map(talk, range(500, 530))))
        with Breaking(at, arrived) as breaking:
            try:
                ann.store.push()
            except UnreachableError:
                check_sound(ann)
            else:
                break
        ann = office.reopened(ann)
        sent = ann.store.push()
        assert history(office.clone("bob")) == history(ann)
        assert breaking.count == at
        # Nothing that arrived is sent again: each part is in the repository once; of heads there may be one more.
        parts = len(office.bare.parts())
        assert sent_blobs(office) <= parts + 8
        shutil.rmtree(office.directory / "bob")
        at += 1
    assert at > 3
    assert sent.commits in (0, 1)
    shutil.rmtree(copies._kept)


def test_another_member_goes_on_with_what_a_broken_push_left(office: Office, small_batches: None) -> None:
    ann = office.owner()
    ann.commit_file(version(1))
    ann.store.push()
    bob = office.clone()
    ann.commit_file(version(2))
    with Breaking(3, True), pytest.raises(UnreachableError):
        ann.store.push()
    assert bob.store.fetch().branches == ()
    bob.commit_file(lines(talk(7)), "bob.jsonl")
    bob.store.push()
    with pytest.raises(RtstoreError, match="has commits that are not in yours"):
        ann.store.push()
    ann.store.pull(author="Ann <ann@example.org>")
    ann.store.push()
    bob.store.pull()
    assert bob.files() == ann.files() == {"mara.jsonl": version(2), "bob.jsonl": lines(talk(7))}
    check_sound(office.clone("carol"))


def test_who_joins_while_the_first_push_is_broken_off_is_told(office: Office, small_batches: None) -> None:
    ann = office.owner()
    ann.commit_file(version(1))
    with Breaking(3, True), pytest.raises(UnreachableError):
        ann.store.push()
    dan = office.desk("dan")
    with pytest.raises(RtstoreError, match="first push of that backup was interrupted"):
        dan.store.add_remote("backup", office.url)
    assert dan.store.remotes() == {}
    with pytest.raises(RtstoreError, match="that backup is empty"):
        office.clone("carol")
    assert not (office.directory / "carol").exists()
    ann.store.push()
    dan.store.add_remote("backup", office.url)
    assert dan.store.remotes()["backup"].branches == ann.store.branches()


def test_a_first_push_whose_beginning_was_removed_begins_again(office: Office, small_batches: None) -> None:
    ann = office.owner()
    ann.commit_file(version(1))
    with Breaking(3, True), pytest.raises(UnreachableError):
        ann.store.push()
    office.bare.drop_branch()
    ann.store.push()
    assert history(office.clone()) == history(ann)


def test_a_fetch_that_breaks_off_goes_on_where_it_was(office: Office, small_batches: None) -> None:
    ann = office.owner()
    ann.commit_file(version(1))
    ann.store.push()
    bob = office.clone()
    ann.commit_file(lines(*map(talk, range(500, 900))), "other.jsonl")
    ann.store.push()
    import rtstore.remote.sync.fetch as fetching

    real, read = fetching.read_part, []

    def breaking(*given: Any) -> Any:
        read.append(given[2])
        if len(read) == 6:
            raise UnreachableError("the connection broke")
        return real(*given)

    with patch.object(fetching, "read_part", breaking):
        with pytest.raises(UnreachableError):
            bob.store.fetch()
        check_sound(bob)
        first = read[:]
        bob = office.reopened(bob)
        bob.store.fetch()
    again = set(read[len(first) :]) & set(first[:2])
    assert again == set()
    assert bob.store.remotes()["backup"].branches == ann.store.branches()
    check_sound(bob)


def test_what_a_broken_fetch_left_may_be_collected(office: Office, small_batches: None) -> None:
    ann = office.owner()
    ann.commit_file(version(1))
    ann.store.push()
    bob = office.clone()
    ann.commit_file(version(5))
    ann.store.push()
    import rtstore.remote.sync.fetch as fetching

    real, read = fetching.read_part, []

    def breaking(*given: Any) -> Any:
        read.append(given[2])
        if len(read) == 6:
            raise UnreachableError("the connection broke")
        return real(*given)

    with patch.object(fetching, "read_part", breaking), pytest.raises(UnreachableError):
        bob.store.fetch()
    bob.store.gc(retention_days=0)
    bob.store.pull()
    assert bob.files() == ann.files()
    check_sound(bob)


def test_a_branch_that_went_back_and_came_again_is_fetched_after_a_collection(office: Office) -> None:
    """What a part brought once may be gone by then, though it was read."""
    ann = office.owner()
    first = ann.commit_file(version(1))
    second = ann.commit_file(version(2))
    ann.store.push()
    bob = office.clone()
    for commit in (first, second):
        ann.store.create_branch("side", commit.hex())
        ann.store.push("backup", ["side"], force=True)
        ann.store.delete_branch("side")
    bob.store.fetch()

    def go_to(commit: bytes) -> None:
        ann.store.create_branch("moving", commit.hex())
        ann.store.push("backup", ["moving"], force=True)
        ann.store.delete_branch("moving")
        bob.store.fetch()

    with ann.store.edit("main", "aside", "Ann <ann@example.org>") as edit:
        edit["mara.jsonl"].append(talk(999))
    assert edit.result is not None
    aside = edit.result.id
    go_to(aside)
    go_to(first)
    bob.store.gc(retention_days=0)
    go_to(aside)
    assert bob.store.remotes()["backup"].branches["moving"] == aside
    check_sound(bob)


# --- what is remembered
# --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", [b"", b"garbage", None])
@pytest.mark.parametrize("command", [push, fetch, pull, verify], ids=lambda command: command.__name__)
def test_what_is_remembered_of_the_files_may_be_lost(
    prepared: Office, command: Command, harm: bytes | None
) -> None:
    for name in ("ann", "bob"):
        path = prepared.directory / name / ".rtstore" / "remotes" / "backup.tree"
        if harm is None:
            path.unlink()
        else:
            path.write_bytes(harm)
    command(prepared, None)
    check_desks(prepared)
    check_works(prepared, command)


@pytest.mark.parametrize("harm", [b"", b"garbage"])
def test_a_remote_that_is_damaged_is_said_to_be_and_nothing_else_suffers(
    prepared: Office, harm: bytes
) -> None:
    ann = as_desk(rtstore.open(prepared.directory / "ann", prepared.config))
    path = Path(ann.root, ".rtstore", "remotes", "backup")
    path.write_bytes(harm)
    for command in (
        ann.store.push,
        ann.store.fetch,
        ann.store.remotes,
        ann.store.verify_remote,
        ann.store.gc,
    ):
        with pytest.raises(RtstoreError) as caught:
            command()
        assert str(path) in caught.value.message and "rtstore remote remove backup" in (
            caught.value.hint or ""
        )
    assert [problem.what for problem in ann.store.fsck().problems] == [f"{path} is damaged"]
    ann.commit_file(version(4))
    ann.store.switch("other", create=True)
    assert len(history(ann)) == 4
    ann.store.remove_remote("backup")
    check_sound(ann)
    ann.store.add_remote("backup", prepared.url)
    ann.store.push()
    check_sound(ann)


def test_a_push_that_was_not_remembered_is_seen_the_next_time(prepared: Office) -> None:
    """Killed after the backup had it, before it was written down here."""
    from rtstore.remote.sync.connection import Connection

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    with patch.object(Connection, "know_locked", killed), pytest.raises(KeyboardInterrupt):
        push(prepared, None)
    tip = prepared.bare.tip
    push(prepared, None)
    assert prepared.bare.tip == tip
    check_works(prepared, push)


@pytest.mark.parametrize("where", ["write_memory", "remote"])
def test_a_push_that_was_remembered_by_half_is_seen_the_next_time(prepared: Office, where: str) -> None:
    from rtstore.workspace.remotes import Remotes

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    target = (
        patch("rtstore.remote.sync.connection.write_memory", killed)
        if where == "write_memory"
        else patch.object(Remotes, "write", killed)
    )
    with target, pytest.raises(KeyboardInterrupt):
        push(prepared, None)
    tip = prepared.bare.tip
    push(prepared, None)
    assert prepared.bare.tip == tip
    fetch(prepared, None)
    check_works(prepared, push)


def test_who_is_always_slower_is_told_so(prepared: Office) -> None:
    def moved(*given: object) -> None:
        raise RemoteMovedError("somebody was quicker")

    with (
        patch.object(PathRepository, "push", moved),
        patch("time.sleep", lambda seconds: None),
        pytest.raises(RemoteMovedError),
    ):
        push(prepared, None)
    check_desks(prepared)
    check_works(prepared, push)


def test_a_clone_that_fails_leaves_an_empty_directory_as_it_was(prepared: Office) -> None:
    where = prepared.directory / "empty"
    where.mkdir()
    with pytest.raises(RtstoreError):
        rtstore.clone(prepared.url, where, prepared.config, fingerprint="0000")
    assert os.listdir(where) == []
    rtstore.clone(prepared.url, where, prepared.config)
    assert (where / "mara.jsonl").read_bytes() == version(2)


def test_a_clone_to_where_something_is_touches_nothing(prepared: Office) -> None:
    where = prepared.directory / "full"
    where.mkdir()
    (where / "mine.txt").write_text("mine")
    (prepared.directory / "file").write_text("mine")
    for path in (
        where,
        prepared.directory / "file",
        prepared.directory / "ann",
        prepared.directory / "ann" / "deep",
    ):
        before = sorted(os.listdir(path)) if path.is_dir() else path.exists()
        with pytest.raises(RtstoreError):
            rtstore.clone(prepared.url, path, prepared.config)
        assert before == (sorted(os.listdir(path)) if path.is_dir() else path.exists())


def test_a_clone_goes_to_the_branch_that_the_backup_began_with(office: Office) -> None:
    ann = office.owner()
    ann.store.switch("trunk", create=True)
    ann.commit_file(version(1))
    ann.store.push()
    ann.store.switch("main", create=True)
    ann.commit_file(version(2))
    ann.store.push()
    bob = office.clone()
    assert (bob.store.current_branch, list(bob.store.branches())) == ("trunk", ["trunk"])
    assert bob.files() == {"mara.jsonl": version(1)}
    check_sound(bob)
