"""What every kind of repository has to do: one suite for all of them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from git_samples import Pushed, cloned, files_of, first, garbage, ignore, is_sound, push, snapshot
from git_servers import Served, git

from rtstore.errors import RemoteError, RemoteMovedError, TamperError, UsageError


def test_an_empty_repository_has_no_branches_but_names_the_default_one(served: Served) -> None:
    branches = served.repository().branches()
    assert branches.commits == {}
    assert branches.default == "main"


def test_a_push_to_an_empty_repository_can_be_cloned(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    assert repository.branches() == ({"main": one.id}, "main")
    assert cloned(served, tmp_path / "clone") == one.files
    assert is_sound(served)
    assert garbage(served) == []


def test_a_second_push_adds_to_the_first(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    two = one.on_top(more=b"more", empty=b"")
    push(repository, one, two)
    assert cloned(served, tmp_path / "clone") == two.files
    assert is_sound(served)


def test_a_push_of_many_small_objects_arrives_whole(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first(count=300, size=10)
    push(repository, None, one)
    assert cloned(served, tmp_path / "clone") == one.files
    assert is_sound(served)


def test_a_push_to_a_branch_that_moved_is_refused_and_changes_nothing(served: Served) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    two, other = one.on_top(two=b"2"), one.on_top(other=b"3")
    push(repository, one, two)
    with pytest.raises(RemoteMovedError):
        push(repository, one, other)
    with pytest.raises(RemoteMovedError):
        push(repository, None, other)
    with pytest.raises(RemoteMovedError):
        repository.push("gone", one.id, other.id, other.objects, ignore)
    assert repository.branches().commits == {"main": two.id}
    assert is_sound(served)
    assert garbage(served) == []


def test_history_can_be_replaced(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    new = first(seed=1)
    push(repository, one, new)
    assert repository.branches().commits == {"main": new.id}
    assert cloned(served, tmp_path / "clone") == new.files
    assert is_sound(served)


def test_a_server_may_refuse_that_history_is_replaced(served: Served) -> None:
    git("-C", served.path, "config", "receive.denyNonFastForwards", "true")
    repository, one = served.repository(), first()
    push(repository, None, one)
    two = one.on_top(two=b"2")
    push(repository, one, two)
    with pytest.raises(RemoteError, match=r"refuses.*(denyNonFastForwards|non-fast-forward)") as refusal:
        push(repository, two, first(seed=1))
    assert not isinstance(refusal.value, RemoteMovedError)
    assert repository.branches().commits == {"main": two.id}
    assert is_sound(served)


def test_what_was_pushed_is_fetched(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    with repository.fetch(one.id, None, str(tmp_path), ignore) as objects:
        assert files_of(objects, one.id) == one.files


def test_a_later_fetch_brings_only_what_is_new(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first(size=100_000)
    push(repository, None, one)
    two = one.on_top(two=b"2")
    push(repository, one, two)
    received = []
    with repository.fetch(two.id, one.id, str(tmp_path), lambda done, _: received.append(done)) as objects:
        assert files_of(objects, two.id, had=one.files) == two.files
    assert max(received, default=0) < 5000


def test_a_fetch_from_a_commit_that_the_server_has_lost_brings_everything(
    served: Served, tmp_path: Path
) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    with repository.fetch(one.id, "1" * 40, str(tmp_path), ignore) as objects:
        assert files_of(objects, one.id) == one.files


def test_nothing_stays_of_a_fetch_when_it_is_done(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    waiting = tmp_path / "waiting"
    waiting.mkdir()
    with repository.fetch(one.id, None, str(waiting), ignore):
        pass
    assert list(waiting.iterdir()) == []


def test_objects_that_the_server_packed_anew_are_read_all_the_same(served: Served, tmp_path: Path) -> None:
    repository = served.repository()
    # Trees that differ little are stored as differences by a repack.
    last: Pushed | None = None
    new = snapshot({f"part{number:03}": b"%d" % number for number in range(200)})
    for number in range(5):
        push(repository, last, new)
        last, new = new, new.on_top(**{f"more{number}": b"x"})
    assert last is not None
    git("-C", served.path, "repack", "-adfq", "--depth=50")
    assert "chain length" in git("-C", served.path, "verify-pack", "-v", *_indexes(served))
    with repository.fetch(last.id, None, str(tmp_path), ignore) as objects:
        assert files_of(objects, last.id) == last.files


def test_a_branch_beside_code_leaves_the_code_alone(served: Served, tmp_path: Path) -> None:
    work = tmp_path / "work"
    git("init", "-q", "-b", "main", work)
    (work / "code.py").write_text("print()\n")
    git("-C", work, "add", ".")
    git("-C", work, "-c", "user.name=m", "-c", "user.email=m@localhost", "commit", "-qm", "code")
    git("-C", work, "push", "-q", served.address, "main", more=served.environment)
    repository, one = served.repository(), first()
    code = repository.branches().commits["main"]
    push(repository, None, one, branch="data/backup")
    assert repository.branches() == ({"main": code, "data/backup": one.id}, "main")
    assert cloned(served, tmp_path / "clone", "data/backup") == one.files
    assert (work / "code.py").read_text() == "print()\n"
    assert is_sound(served)


def test_progress_tells_the_bytes_and_ends_at_all_of_them(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first(size=50_000)
    told: list[tuple[int, int | None]] = []
    repository.push("main", None, one.id, one.objects, lambda *now: told.append(now))
    total = sum(len(each.data) for each in one.objects)
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_is_not_there_or_too_large_is_refused(served: Served, tmp_path: Path) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    part = one.objects[0]
    with repository.fetch(one.id, None, str(tmp_path), ignore) as objects:
        assert objects.contains(part.id)
        assert not objects.contains("1" * 40)
        with pytest.raises(TamperError, match="missing"):
            objects.read("blob", "1" * 40, 1000)
        with pytest.raises(TamperError, match="tree"):
            objects.read("tree", part.id, 1000)
        with pytest.raises(TamperError, match="at most 999"):
            objects.read("blob", part.id, 999)


def test_of_pushes_at_the_same_time_one_wins_and_the_others_hear_of_it(served: Served) -> None:
    repository, one = served.repository(), first()
    push(repository, None, one)
    ends: list[str] = []

    def try_it(number: int) -> None:
        mine = one.on_top(**{f"mine{number}": b"%d" % number})
        try:
            push(served.repository(), one, mine)
        except RemoteMovedError:
            ends.append("moved")
        else:
            ends.append(mine.id)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = repository.branches().commits["main"]
    assert sorted(ends) == sorted([winner, "moved", "moved", "moved"])
    assert is_sound(served)


def test_a_name_that_git_does_not_allow_is_refused(served: Served) -> None:
    for name in ("", "a..b", "a b", "-x", "x.lock", "a/", "@{"):
        with pytest.raises(UsageError):
            push(served.repository(), None, first(), branch=name)


def _indexes(served: Served) -> list[str]:
    return [str(path) for path in (served.path / "objects/pack").glob("*.idx")]
