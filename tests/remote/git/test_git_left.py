"""A fetch whose connection is cut goes on where it was: files that came whole are not sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

import pytest
from git_packs import by_id, pack, steps, whole
from git_samples import Pushed, files_of, first, push
from git_servers import SERVERS, Served, cutting, git
from test_git_connection import QUICK, through
from urllib3.util import parse_url

from rtstore.errors import RtstoreError, TamperError, UnreachableError
from rtstore.remote.git import left as leaving
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.left import Left
from rtstore.remote.git.objects import object_id
from rtstore.remote.git.servers import WiredClient

SIZE = 200_000
SMART = ["daemon", "http", "ssh"]


def port_of(served: Served) -> int:
    port = parse_url(served.address).port
    assert port is not None
    return port


class Tries:
    """Fetches into a directory of its own each time, and knows the bytes that came."""

    def __init__(self, root: Path, one: Pushed) -> None:
        self.root, self.one, self.directories, self.received = root, one, [], [0]  # type: ignore[var-annotated]

    def fetch(self, served: Served, known: str | None = None) -> dict[str, bytes]:
        directory = self.root / f"try{len(self.directories)}"
        directory.mkdir()
        left = [str(each) for each in self.directories]
        self.directories.append(directory)
        self.received.append(0)

        def progress(done: int, total: int | None) -> None:
            self.received[-1] = done

        repository = served.repository(patience=QUICK)
        with repository.fetch(self.one.id, known, str(directory), progress, left) as objects:
            return files_of(objects, self.one.id)


@pytest.mark.parametrize("kind", SMART)
def test_what_came_before_the_connection_was_cut_is_not_sent_again(kind: str, tmp_path: Path) -> None:
    one = first(count=10, size=SIZE)
    with SERVERS[kind](tmp_path) as served:
        push(served.repository(), None, one)
        tries = Tries(tmp_path, one)
        for _ in range(2):
            with cutting(port_of(served), 4 * SIZE, coming=True) as cut, pytest.raises(UnreachableError):
                tries.fetch(through(served, cut))
        assert tries.fetch(served) == one.files
    # A file that was on its way when it was cut is sent again: one each time. What comes besides are commit and tree.
    assert tries.received[-1] < (10 - 2 * 3) * SIZE + 5000
    assert sum(tries.received) < 12 * SIZE + 5000
    assert list(tries.directories[-1].iterdir()) == []


def test_so_it_is_where_git_has_packed_the_repository_with_an_index_of_what_is_reachable(
    tmp_path: Path,
) -> None:
    one = first(count=10, size=SIZE)
    with SERVERS["daemon"](tmp_path) as served:
        push(served.repository(), None, one)
        git("-C", served.path, "repack", "-adb")
        assert list(served.path.glob("objects/pack/*.bitmap"))
        tries = Tries(tmp_path, one)
        with cutting(port_of(served), 4 * SIZE, coming=True) as cut, pytest.raises(UnreachableError):
            tries.fetch(through(served, cut))
        assert tries.fetch(served) == one.files
    assert tries.received[-1] < 7 * SIZE + 5000


@contextmanager
def first_version() -> Iterator[None]:
    """Ask for the first version of git's protocol, as if the servers were old."""
    real = WiredClient._connect
    with (
        patch.object(
            WiredClient, "_connect", lambda self, cmd, path, protocol_version=None: real(self, cmd, path, 0)
        ),
        patch("dulwich.client.DEFAULT_GIT_PROTOCOL_VERSION_FETCH", 0),
    ):
        yield


@pytest.mark.parametrize("kind", ["daemon", "http"])
@pytest.mark.parametrize(("count", "old"), [(20, True), (600, True), (600, False)])
def test_so_it_is_with_many_files_and_with_the_first_version_of_the_protocol(
    kind: str, count: int, old: bool, tmp_path: Path
) -> None:
    one = first(count=count, size=1000)
    with SERVERS[kind](tmp_path) as served:
        push(served.repository(), None, one)
        tries = Tries(tmp_path, one)
        with cutting(port_of(served), count * 900, coming=True) as cut, pytest.raises(UnreachableError):
            tries.fetch(through(served, cut))
        with first_version() if old else nullcontext():
            assert tries.fetch(served) == one.files
    # A server of old is told of 400 files.
    assert tries.received[-1] < count * (400 if old else 250) + 30_000


@pytest.mark.parametrize("kind", SMART)
def test_a_commit_that_is_known_and_files_that_came_go_together(kind: str, tmp_path: Path) -> None:
    one = first(count=3, size=SIZE)
    two = one.on_top(**{f"more{number}": bytes([number]) * SIZE for number in range(5)})
    with SERVERS[kind](tmp_path) as served:
        push(served.repository(), None, one)
        push(served.repository(), one, two)
        tries = Tries(tmp_path, two)
        half = first(count=3, size=SIZE)
        with cutting(port_of(served), 2 * SIZE, coming=True) as cut, pytest.raises(UnreachableError):
            tries.fetch(through(served, cut))
        with served.repository().fetch(
            two.id, one.id, str(tmp_path), lambda done, total: None, [str(each) for each in tries.directories]
        ) as objects:
            assert files_of(objects, two.id, half.files) == two.files


def test_what_a_server_sends_all_the_same_is_no_harm(tmp_path: Path) -> None:
    one = first(count=5, size=SIZE)
    with SERVERS["daemon"](tmp_path) as served:
        push(served.repository(), None, one)
        tries = Tries(tmp_path, one)
        with cutting(port_of(served), 3 * SIZE, coming=True) as cut, pytest.raises(UnreachableError):
            tries.fetch(through(served, cut))
        with patch.object(leaving.Left, "known", lambda self: []):
            assert tries.fetch(served) == one.files
    assert tries.received[-1] > 5 * SIZE


@pytest.mark.parametrize("kind", ["http", "ssh"])
def test_a_server_that_takes_offence_sends_everything(kind: str, tmp_path: Path) -> None:
    one = first()
    with SERVERS[kind](tmp_path) as served:
        push(served.repository(), None, one)
        with patch.object(leaving.Left, "known", lambda self: ["no id"]):
            assert Tries(tmp_path, one).fetch(served) == one.files


@pytest.mark.parametrize("error", [KeyboardInterrupt, UnreachableError("")])
def test_what_came_stays_where_the_user_breaks_it_off(error: type[BaseException], tmp_path: Path) -> None:
    one = first(count=5, size=SIZE)
    with SERVERS["daemon"](tmp_path) as served:
        push(served.repository(), None, one)
        tries = Tries(tmp_path, one)
        with patch("test_git_left.files_of", side_effect=error), pytest.raises(BaseException):  # noqa: B017
            tries.fetch(served)
        assert tries.fetch(served) == one.files
    assert tries.received[-1] < 5000


# --- what lies on the disk
# --------------------------------------------------------------------------------------------------------


ONE, TWO = b"one" * 100, b"two" * 100


def left_in(directory: Path, data: bytes) -> Left:
    (directory / "pack").write_bytes(data)
    return Left([str(directory)], Bounds())


@pytest.mark.parametrize("damage", [lambda data: data[:-60], lambda data: data[:80] + b"\xff" * 400])
def test_only_what_is_whole_is_there(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    data = damage(pack([whole("blob", ONE, level=9), whole("blob", bytes(range(256)), level=0)]))
    with closing(left_in(tmp_path, data)) as left:
        assert left.known() == [object_id("blob", ONE)]
        assert left.read("blob", object_id("blob", ONE), 300) == ONE
        assert not left.contains(object_id("blob", bytes(range(256))))
        with pytest.raises(TamperError, match="is missing"):
            left.read("blob", object_id("blob", bytes(range(256))), 300)
        with pytest.raises(TamperError):
            left.read("blob", object_id("blob", ONE), 299)


def test_a_server_is_not_told_of_commits_and_trees(tmp_path: Path) -> None:
    """It would leave out what is below them, which did not come."""
    tree = b""
    data = pack([whole("commit", b"tree"), whole("tree", tree), whole("blob", ONE), whole("blob", TWO)])
    with closing(left_in(tmp_path, data)) as left:
        assert set(left.known()) == {object_id("blob", ONE), object_id("blob", TWO)}
        assert not left.contains(object_id("tree", tree))


def test_a_server_is_not_told_of_what_came_as_a_difference(tmp_path: Path) -> None:
    data = pack([by_id(object_id("blob", ONE), steps(300, 300)), whole("blob", TWO)])
    with closing(left_in(tmp_path, data)) as left:
        assert left.known() == [object_id("blob", TWO)]


@pytest.mark.parametrize("data", [b"", b"P", b"no pack at all, but long enough for one"])
def test_a_file_that_is_no_pack_is_nothing(data: bytes, tmp_path: Path) -> None:
    with closing(left_in(tmp_path, data)) as left:
        assert left.known() == []


def test_of_too_many_files_the_largest_are_named(tmp_path: Path) -> None:
    data = pack([whole("blob", bytes(size)) for size in (3, 9, 1, 7)])
    with closing(left_in(tmp_path, data)) as left, patch.object(leaving, "_MOST", 2):
        assert left.known() == [object_id("blob", bytes(9)), object_id("blob", bytes(7))]


def test_of_too_many_packs_the_first_are_looked_through(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"pack{number}").write_bytes(pack([whole("blob", bytes([number] * 9)) for _ in range(3)]))
    with closing(Left([str(tmp_path)], Bounds(objects=3))) as left:
        assert len(left.known()) == 4


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    with pytest.raises(RtstoreError):
        Left([str(tmp_path)], Bounds())
