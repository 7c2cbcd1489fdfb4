"""Several who push, fetch and collect at the same moment: nothing is lost, and who is slower is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backups import Office, check_sound, history
from workspaces import AUTHOR, Desk, lines, talk

import rtstore
from rtstore.errors import RemoteError, RemoteMovedError, RevisionError, TamperError, UsageError
from rtstore.remote.sync import fetch as fetching


@pytest.fixture
def pair(office: Office) -> tuple[Desk, Desk]:
    ann = office.owner()
    ann.commit_file(lines(*map(talk, range(30))))
    ann.store.push()
    return ann, office.clone()


def at_once(*tasks: Callable[[], Any]) -> None:
    """Run tasks in threads; raise what any of them raises."""
    barrier, errors = threading.Barrier(len(tasks)), list[BaseException]()

    def run(task: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def push_in_the_end(desk: Desk) -> None:
    """Push; who was slower takes in what came, and tries again."""
    for _ in range(30):
        try:
            desk.store.push()
            return
        except (RemoteError, RemoteMovedError):
            desk.store.pull(author=AUTHOR)
    raise AssertionError("never got through")


def test_twenty_pushes_at_once_to_different_branches(office: Office, pair: tuple[Desk, Desk]) -> None:
    for desk, branch in zip(pair, ("ann", "bob"), strict=True):
        desk.store.switch(branch, create=True)
    for number in range(20):
        for desk, name in zip(pair, ("a.jsonl", "b.jsonl"), strict=True):
            desk.commit_file(lines(*map(talk, range(number, number + 5))), name)
        at_once(*(desk.store.push for desk in pair))
    carol = office.clone("carol")
    for desk, branch in zip(pair, ("ann", "bob"), strict=True):
        assert history(carol, f"backup/{branch}") == history(desk)
        check_sound(desk)
    check_sound(carol)


def test_twenty_pushes_at_once_to_the_same_branch(office: Office, pair: tuple[Desk, Desk]) -> None:
    made = []
    for number in range(20):
        for desk, name in zip(pair, ("a.jsonl", "b.jsonl"), strict=True):
            made.append(desk.commit_file(lines(*map(talk, range(number, number + 5))), name))
        at_once(*(lambda desk=desk: push_in_the_end(desk) for desk in pair))
    carol = office.clone("carol")
    assert set(made) <= set(history(carol))
    assert carol.files() == {
        "mara.jsonl": lines(*map(talk, range(30))),
        "a.jsonl": lines(*map(talk, range(19, 24))),
        "b.jsonl": lines(*map(talk, range(19, 24))),
    }
    for desk in (*pair, carol):
        check_sound(desk)


def test_pushes_and_fetches_of_one_workspace_at_once(office: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    for number in range(10):
        ann.store.create_branch(f"one-{number}")
        ann.commit_file(lines(*map(talk, range(number, number + 9))))
        ann.store.create_branch(f"two-{number}")
        bob.store.switch(f"bob-{number}", create=True)
        bob.commit_file(lines(talk(number)), "b.jsonl")
        at_once(
            lambda number=number: office.reopened(ann).store.push("backup", [f"one-{number}"]),
            lambda number=number: office.reopened(ann).store.push("backup", [f"two-{number}"]),
            lambda: office.reopened(ann).store.fetch(),
            bob.store.push,
        )
        after = office.reopened(ann)
        after.store.fetch()
        names = {f"{who}-{n}" for who in ("one", "two", "bob") for n in range(number + 1)} | {"main"}
        assert set(after.store.remotes()["backup"].branches) == names
    check_sound(ann)
    carol = office.clone("carol")
    assert carol.store.remotes()["backup"].branches == ann.store.remotes()["backup"].branches
    assert carol.store.verify_remote().stray == 0


def test_collections_during_pushes_and_fetches(office: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    done = threading.Event()

    def collect() -> None:
        while not done.is_set():
            for desk in (ann, bob):
                rtstore.open(desk.root).gc(retention_days=0)

    def travel() -> None:
        try:
            for number in range(12):
                ann.commit_file(lines(*map(talk, range(number * 10, number * 10 + 200))))
                ann.store.push()
                bob.store.pull()
                assert bob.files() == ann.files()
        finally:
            done.set()

    at_once(collect, travel)
    for desk in (ann, bob, office.clone("carol")):
        check_sound(desk)
        assert history(desk) == history(ann)


# --- what another process has learnt meanwhile
# --------------------------------------------------------------------------------------------------------


def test_a_fetch_that_was_overtaken_does_not_take_the_remote_back(
    office: Office, pair: tuple[Desk, Desk]
) -> None:
    """While a fetch waits, another process of the same workspace sees a later push."""
    ann, bob = pair
    ann.commit_file(lines(talk(1)))
    ann.store.push()
    overtaken = False
    real = fetching.check_parts

    def slow(*given: Any) -> None:
        nonlocal overtaken
        real(*given)
        if not overtaken:
            overtaken = True
            ann.commit_file(lines(talk(2)))
            ann.store.push()
            office.reopened(bob).store.fetch()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fetching, "check_parts", slow)
        bob.store.fetch()
    known = bob.store.remotes()["backup"]
    assert (known.number, known.branches) == (3, ann.store.branches())
    check_sound(bob)


def test_a_push_that_was_overtaken_does_not_take_the_remote_back(
    office: Office, pair: tuple[Desk, Desk]
) -> None:
    from rtstore.remote.sync.connection import Connection

    ann, bob = pair
    ann.commit_file(lines(talk(1)))
    real = Connection.know_locked

    def slow(self: Connection, *given: Any) -> None:
        Connection.know_locked = real  # type: ignore[method-assign]
        bob.store.pull()
        bob.commit_file(lines(talk(2)))
        bob.store.push()
        office.reopened(ann).store.fetch()
        real(self, *given)

    Connection.know_locked = slow  # type: ignore[method-assign]
    try:
        ann.store.push()
    finally:
        Connection.know_locked = real  # type: ignore[method-assign]
    known = office.reopened(ann).store.remotes()["backup"]
    assert (known.number, known.branches) == (3, bob.store.branches())
    ann.store.pull()
    assert history(ann) == history(bob)


def test_a_remote_that_was_removed_during_a_fetch_stays_removed(
    office: Office, pair: tuple[Desk, Desk]
) -> None:
    ann, bob = pair
    ann.commit_file(lines(talk(1)))
    ann.store.push()
    real = fetching.check_parts

    def slow(*given: Any) -> None:
        real(*given)
        office.reopened(bob).store.remove_remote("backup")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fetching, "check_parts", slow)
        with pytest.raises(RevisionError, match="remote 'backup' not found"):
            bob.store.fetch()
    assert bob.store.remotes() == {}
    check_sound(bob)


def test_two_who_add_a_remote_of_one_name_at_once(office: Office) -> None:
    ann = office.desk("ann")
    outcomes = []

    def add() -> None:
        try:
            outcomes.append(office.reopened(ann).store.add_remote("backup", office.url).fingerprint)
        except UsageError:
            outcomes.append("refused")

    at_once(add, add, add)
    assert sorted(outcomes)[1:] == ["refused", "refused"]
    assert ann.store.remotes()["backup"].fingerprint == sorted(outcomes)[0]


def test_two_new_backups_pushed_to_one_empty_repository(office: Office) -> None:
    """The first is there; the second is told that it is another one, and writes nothing."""
    ann, dan = office.owner("ann"), office.owner("dan")
    for desk in (ann, dan):
        desk.commit_file(lines(talk(1)))
    ann.store.push()
    tip = office.bare.tip
    with pytest.raises(TamperError, match="another backup"):
        dan.store.push()
    assert office.bare.tip == tip
    ann.commit_file(lines(talk(2)))
    ann.store.push()


def test_a_forced_push_replaces_only_what_was_looked_at(office: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    seen = ann.store.head
    bob.commit_file(lines(talk(1)))
    bob.store.push()
    ann.commit_file(lines(talk(2)))
    with pytest.raises(RemoteError, match="was pushed to since you last looked"):
        ann.store.push(force=True)
    assert ann.store.remotes()["backup"].branches["main"] == bob.store.head != seen
    check_sound(ann)


def test_nothing_is_left_of_what_was_fetched(office: Office, pair: tuple[Desk, Desk]) -> None:
    ann, bob = pair
    ann.commit_file(lines(talk(1)))
    ann.store.push()
    bob.store.pull()
    bob.store.verify_remote()
    for desk in (ann, bob):
        left = sorted(path.name for path in Path(desk.root, ".rtstore", "remotes").iterdir())
        assert left == ["backup", "backup.tree"]


def test_a_remote_takes_little_room(office: Office, pair: tuple[Desk, Desk]) -> None:
    for path in Path(pair[0].root, ".rtstore", "remotes").iterdir():
        assert path.stat().st_size < 10_000
