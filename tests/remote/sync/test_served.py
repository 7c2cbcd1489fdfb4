"""A backup behind a git server, which sends only what is new: what was collected here has to be asked for again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from backups import Office, as_desk, check_sound, history, no_waiting, refused
from git_servers import by_daemon, cutting
from workspaces import AUTHOR, Desk, lines, talk

import rtstore
import rtstore.remote.clone as cloning
import rtstore.remote.sync.fetch as fetching
from rtstore.errors import StorageError, TamperError, UnreachableError
from rtstore.remote.access import Access
from rtstore.remote.clone import LEFT
from rtstore.remote.git import connect
from rtstore.remote.git.repository import Repository


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "server").mkdir()
    with by_daemon(tmp_path / "server") as there, no_waiting():
        yield Office(tmp_path / "office", there.path, there.address)


@pytest.fixture
def pair(served: Office) -> tuple[Desk, Desk]:
    ann = served.owner()
    ann.commit_file(lines(*map(talk, range(200))))
    ann.store.push()
    return ann, served.clone()


def test_two_clones_keep_in_step(served: Office, pair: tuple[Desk, Desk]) -> None:
    for number in range(4):
        for desk, name in zip(pair, ("a.jsonl", "b.jsonl"), strict=True):
            desk.store.pull(author=AUTHOR)
            desk.commit_file(lines(*map(talk, range(number, number + 30))), name)
            desk.store.push()
    pair[0].store.pull()
    assert pair[0].files() == pair[1].files()
    for desk in (*pair, served.clone("carol")):
        assert history(desk) == history(pair[0])
        check_sound(desk)


def test_what_was_collected_is_asked_for_again(served: Office, pair: tuple[Desk, Desk]) -> None:
    """A branch went back, its commit was collected, and it came again in a part that was read before."""
    ann, bob = pair
    first = ann.store.head
    assert first is not None
    aside = ann.commit_file(lines(*map(talk, range(50, 300))))
    ann.store.push()
    bob.store.fetch()
    for commit, collect in ((first, True), (aside, False)):
        ann.store.create_branch("again", commit.hex())
        ann.store.switch("again")
        ann.store.delete_branch("main")
        ann.store.rename_branch("again", "main")
        ann.store.push(force=True)
        bob.store.fetch()
        if collect:
            bob.store.gc(retention_days=0)
    assert bob.store.remotes()["backup"].branches == {"main": aside}
    check_sound(bob)
    bob.store.pull()
    assert bob.files() == ann.files()


@pytest.mark.parametrize("harm", [None, b"garbage"])
def test_what_is_remembered_may_be_lost(served: Office, pair: tuple[Desk, Desk], harm: bytes | None) -> None:
    ann, bob = pair
    ann.commit_file(lines(talk(1)))
    ann.store.push()
    for desk in pair:
        path = Path(desk.root, ".rtstore", "remotes", "backup.tree")
        path.unlink()
        if harm is not None:
            path.write_bytes(harm)
    bob.store.pull()
    bob.commit_file(lines(talk(2)))
    bob.store.push()
    ann.store.pull()
    assert ann.files() == bob.files()


def test_a_backup_that_was_altered_is_refused(served: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    before = served.bare.files()
    ann.commit_file(lines(talk(1)))
    ann.store.push()
    tip = served.bare.tip
    [part] = [path for path in served.bare.files() if path.startswith("parts/") and path not in before]
    old = next(path for path in before if path.startswith("parts/"))
    for change in ({part: before[old]}, {part: None}, {old: None}, {"head.age": b"x"}):
        served.bare.with_files(change)
        refused(bob, lambda: bob.store.fetch())
        refused(bob, lambda: bob.store.push())
        served.bare.put_back(tip)
    bob.store.pull()
    assert bob.files() == ann.files()


def test_a_compaction_by_another_is_followed(served: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    for number in range(3):
        ann.commit_file(lines(*map(talk, range(number * 10, number * 10 + 50))))
        ann.store.push()
    ann.store.compact_remote()
    bob.store.pull()
    assert history(bob) == history(ann)
    bob.commit_file(lines(talk(9)))
    bob.store.push()
    ann.store.pull()
    assert history(bob) == history(ann)
    check_sound(served.clone("carol"))


# --- connections that are cut
# --------------------------------------------------------------------------------------------------------


def through(address: str, port: int) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()


@contextmanager
def cut(desk: Desk, after: int) -> Iterator[None]:
    """Let connections to the remote break when so many bytes came."""
    real = connect.open_repository
    port = urlsplit(desk.store.remote("backup").address).port
    assert port is not None
    with cutting(port, after, coming=True) as cut_port:

        def open_repository(address: str, **options: Any) -> Repository:
            return real(through(address, cut_port), **options)

        with patch("rtstore.remote.sync.connection.open_repository", open_repository):
            yield


class Meter:
    """Counts what comes from the server, as the user is told."""

    def __init__(self, served: Office) -> None:
        self.received = 0
        self._before = 0
        self.access = Access(served.config, progress=self._told)

    def _told(self, what: str, done: int, total: int | None) -> None:
        if what == "receiving":
            self.received += done - self._before if done > self._before else done
            self._before = done


def large(desk: Desk, seed: int = 0) -> int:
    """Commit what does not compress and push it; return about how many bytes that takes."""
    words = Random(seed)
    texts = [words.randbytes(6000).hex() for _ in range(400)]
    desk.commit_file(lines(*(talk(number, text) for number, text in enumerate(texts))), f"large{seed}.jsonl")
    return desk.store.push().sent


def leftovers(desk: Desk) -> list[str]:
    return [path.name for path in Path(desk.root, ".rtstore", "remotes").glob(".incoming-*")]


def test_a_fetch_that_is_cut_off_goes_on_where_it_was(served: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    size = large(ann)
    before = history(bob)
    for _ in range(2):
        with cut(bob, size // 2 - 100_000), pytest.raises(UnreachableError, match="broke the connection"):
            bob.store.fetch()
        check_sound(bob)
        assert history(bob) == before
    assert leftovers(bob)
    meter = Meter(served)
    bob.store.fetch(access=meter.access)
    assert meter.received < size // 2
    assert leftovers(bob) == []
    bob.store.pull()
    assert bob.files() == ann.files()
    check_sound(bob)


def test_a_fetch_of_which_the_process_was_killed_goes_on_where_it_was(
    served: Office, pair: tuple[Desk, Desk]
) -> None:
    ann, bob = pair
    size = large(ann)
    child = os.fork()
    if not child:  # killed with all of it received and none of it stored
        with patch("rtstore.remote.sync.fetch.read_files", lambda *_: os.kill(os.getpid(), 9)):
            served.reopened(bob).store.fetch()
    assert os.waitpid(child, 0)[1] == 9
    meter = Meter(served)
    bob.store.fetch(access=meter.access)
    assert meter.received < size // 20
    assert leftovers(bob) == []
    bob.store.pull()
    assert bob.files() == ann.files()


def test_what_another_process_receives_at_this_moment_is_left_alone(
    served: Office, pair: tuple[Desk, Desk]
) -> None:
    ann, bob = pair
    large(ann)
    real = fetching.read_files

    def meanwhile(*given: Any) -> Any:
        with patch.object(fetching, "read_files", real):
            served.reopened(bob).store.fetch()
        assert len(leftovers(bob)) == 1
        return real(*given)

    with patch.object(fetching, "read_files", meanwhile):
        bob.store.fetch()
    assert leftovers(bob) == []
    bob.store.pull()
    assert bob.files() == ann.files()


def test_a_clone_that_is_cut_off_goes_on_where_it_was(served: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    size = large(ann)
    root = served.directory / "carol"
    with cut(bob, size * 3 // 4), pytest.raises(UnreachableError) as error:
        served.clone("carol")
    assert error.value.hint == f"Run the command again: it goes on with what is in {root / LEFT}."
    assert os.listdir(root) == [LEFT]
    with cut(bob, 20_000), pytest.raises(UnreachableError):
        served.clone("carol")
    meter = Meter(served)
    store = rtstore.clone(served.url, root, access=meter.access)
    assert meter.received < size // 2
    assert not (root / LEFT).exists()
    carol = as_desk(store)
    assert carol.files() == ann.files() and leftovers(carol) == []
    check_sound(carol)


def test_of_a_clone_that_is_cut_off_at_once_or_refused_nothing_is_left(
    served: Office, pair: tuple[Desk, Desk]
) -> None:
    ann, bob = pair
    size = large(ann)
    root = served.directory / "carol"
    with cut(bob, 1000), pytest.raises(UnreachableError):
        served.clone("carol")
    assert not root.exists()
    with cut(bob, size // 2), pytest.raises(UnreachableError):
        served.clone("carol")
    with pytest.raises(TamperError):
        served.clone("carol", fingerprint="0000")
    assert os.listdir(root) == []


def test_a_clone_that_is_cut_off_leaves_nothing_where_it_cannot_be_laid_aside(
    served: Office, pair: tuple[Desk, Desk]
) -> None:
    size = large(pair[0])
    refused_ = StorageError("the disk is full")
    with (
        cut(pair[1], size // 2),
        patch.object(cloning, "_move_transfers", side_effect=refused_),
        pytest.raises(UnreachableError, match="broke the connection"),
    ):
        served.clone("carol")
    assert not (served.directory / "carol").exists()


def test_a_backup_is_sent_once_to_who_adds_it_or_clones_it(served: Office, pair: tuple[Desk, Desk]) -> None:
    """Whether a branch holds a backup is seen only when it was received."""
    size = large(pair[0])
    meter = Meter(served)
    rtstore.clone(served.url, served.directory / "carol", access=meter.access)
    assert size < meter.received < 1.2 * size
    dan, meter = served.desk("dan"), Meter(served)
    dan.store.add_remote("backup", served.url, access=meter.access)
    assert size < meter.received < 1.2 * size
    assert leftovers(dan) == []
