"""A backup behind a git server, which sends only what is new: what was collected here has to be asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from backups import Office, check_sound, history, no_waiting, refused
from git_servers import by_daemon
from workspaces import AUTHOR, Desk, lines, talk


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
