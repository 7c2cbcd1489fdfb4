"""A pack from a server that is not trusted: everything that can be wrong with it is found, in little memory."""

from __future__ import annotations

import hashlib
import os
import shutil
import tracemalloc
import zlib
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from git_packs import by_distance, by_id, copy, head, insert, pack, steps, whole
from git_samples import ignore
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import RemoteError, TamperError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.objects import object_id
from rtstore.remote.git.received import Received, Receiver
from rtstore.storage.files import Files

SMALL = Bounds(object=100_000, rebuilt=10_000, rebuilt_in_all=50_000, objects=100, reserve=0)
BASE = bytes(range(256)) * 4
ID = object_id("blob", BASE)


@contextmanager
def received(
    data: bytes, directory: Path, piece: int = 1 << 16, bounds: Bounds = SMALL
) -> Iterator[Received]:
    """Take a pack in pieces."""
    with closing(Receiver(Files(), str(directory), bounds, ignore)) as receiver:
        for at in range(0, len(data), piece):
            receiver.write(data[at : at + piece])
        with closing(receiver.finish()) as objects:
            yield objects


@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_objects_of_every_kind_are_read_whatever_the_pieces(piece: int, tmp_path: Path) -> None:
    commit, tree = b"tree " + b"0" * 40 + b"\n", b""
    changed = BASE[100:200] + b"new" + BASE[:50]
    again = changed[:10]
    first = whole("blob", BASE)
    second = by_distance(len(first), steps(len(BASE), 153, copy(100, 100), insert(b"new"), copy(0, 50)))
    third = by_id(object_id("blob", changed), steps(153, 10, copy(0, 10)))
    data = pack([first, second, third, whole("commit", commit), whole("tree", tree, level=0)])
    with received(data, tmp_path, piece) as objects:
        for kind, content in [
            ("blob", BASE),
            ("blob", changed),
            ("blob", again),
            ("commit", commit),
            ("tree", tree),
        ]:
            assert objects.read(kind, object_id(kind, content), 2000) == content
    assert list(tmp_path.iterdir()) == []


def test_an_object_may_be_made_from_one_that_comes_later(tmp_path: Path) -> None:
    changed = BASE[:10]
    data = pack([by_id(ID, steps(len(BASE), 10, copy(0, 10))), whole("blob", BASE)])
    with received(data, tmp_path) as objects:
        assert objects.read("blob", object_id("blob", changed), 10) == changed


def test_an_empty_pack_holds_nothing(tmp_path: Path) -> None:
    with received(pack([]), tmp_path) as objects:
        assert not objects.contains(ID)


FIRST = whole("blob", BASE)
SOUND = pack([FIRST])


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        pytest.param(b"", "cut off", id="nothing"),
        pytest.param(SOUND[:40], "cut off", id="cut in an object"),
        pytest.param(SOUND[:-1], "cut off", id="cut in the checksum"),
        pytest.param(SOUND[:-20] + bytes(20), "checksum", id="wrong checksum"),
        pytest.param(SOUND + b"x", "follows", id="more behind the end"),
        pytest.param(b"GARB" + SOUND[4:], "no git pack", id="no pack"),
        pytest.param(b"PACK\0\0\0\x09" + SOUND[8:], "no git pack", id="unknown version"),
        pytest.param(pack([FIRST], count=2), "damaged", id="fewer objects than said"),
        pytest.param(pack([FIRST, FIRST], count=1), "follows", id="more objects than said"),
        pytest.param(pack([], count=1 << 31), "at most 100", id="absurdly many objects"),
        pytest.param(pack([head(3, 1 << 40)]), "at most 100,000", id="absurd size"),
        pytest.param(pack([b"\xff" * 30]), "absurd size", id="size without end"),
        pytest.param(pack([head(0, 5) + zlib.compress(b"12345")]), "unknown type", id="type 0"),
        pytest.param(pack([head(5, 5) + zlib.compress(b"12345")]), "unknown type", id="type 5"),
        pytest.param(pack([head(3, 4) + zlib.compress(b"12345")]), "larger than it says", id="too long"),
        pytest.param(pack([head(3, 6) + zlib.compress(b"12345")]), "smaller than it says", id="too short"),
        pytest.param(pack([head(3, 6) + zlib.compress(bytes(10**7))]), "larger than it says", id="bomb"),
        pytest.param(pack([head(3, 5) + b"garbage" * 20]), "decompressed", id="not compressed"),
        pytest.param(
            pack([head(3, 5) + b"\x78\x01" + b"\0\0\0\xff\xff" * 2000]), "larger", id="empty without end"
        ),
        pytest.param(pack([by_distance(5000, b"")]), "outside", id="made from before the pack"),
        pytest.param(pack([by_distance(5, b"")]), "outside", id="made from the head of the pack"),
        pytest.param(pack([head(6, 1) + b"\0" + zlib.compress(b"1")]), "outside", id="made from itself"),
        pytest.param(pack([by_id("1" * 40, steps(1, 1))]), "not there", id="made from what is not there"),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(5, 5, copy(0, 5)))]), "does not fit", id="wrong base"
        ),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(1024, 5, copy(1020, 5)))]),
            "nowhere",
            id="past the base",
        ),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(1024, 5, copy(0, 6)))]), "nowhere", id="past the size"
        ),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(1024, 5, copy(0, 4)))]), "smaller", id="not enough"
        ),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(1024, 5, b"\0"))]), "nowhere", id="unknown step"
        ),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(1024, 5, b"\x05ab"))]), "nowhere", id="cut step"
        ),
        pytest.param(pack([FIRST, by_distance(len(FIRST), b"\xff")]), "cut off", id="no sizes"),
        pytest.param(
            pack([FIRST, by_distance(len(FIRST), steps(1024, 10_001, copy(0, 5)))]),
            "at most 10,000",
            id="large difference",
        ),
    ],
)
def test_a_pack_that_is_not_sound_is_refused(data: bytes, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(TamperError, match=complaint), received(data, tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_differences_that_come_to_too_much_in_all_are_refused(tmp_path: Path) -> None:
    large = steps(1024, 10_000, *([copy(0, 1000)] * 10))
    objects, at = [FIRST], len(FIRST)
    for _ in range(6):
        objects.append(by_distance(at, large))
        at += len(objects[-1])
    with pytest.raises(TamperError, match="more than any backup"), received(pack(objects), tmp_path):
        pass


def test_objects_made_from_each_other_are_refused(tmp_path: Path) -> None:
    one, two = by_id("1" * 40, steps(1, 1, copy(0, 1))), by_id("2" * 40, steps(1, 1, copy(0, 1)))
    with pytest.raises(TamperError), received(pack([one, two]), tmp_path):
        pass


def test_a_byte_that_changes_on_the_disk_is_noticed(tmp_path: Path) -> None:
    with received(pack([whole("blob", BASE, level=0)]), tmp_path) as objects:
        (file,) = tmp_path.iterdir()
        file.write_bytes(file.read_bytes()[:40] + b"\xee" + file.read_bytes()[41:])
        with pytest.raises(TamperError):
            objects.read("blob", ID, 2000)


def test_a_transfer_ends_before_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 0, 200 << 20))
    bounds = SMALL._replace(reserve=256 << 20)
    with (
        pytest.raises(RemoteError, match="before it fills the disk"),
        received(SOUND, tmp_path, bounds=bounds),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_large_object_takes_little_memory(tmp_path: Path) -> None:
    size = 64 << 20
    bounds = Bounds(reserve=0)
    body = b"PACK\0\0\0\2\0\0\0\1" + head(3, size)
    digest, packer = hashlib.sha1(body), zlib.compressobj(0)
    tracemalloc.start()
    with closing(Receiver(Files(), str(tmp_path), bounds, ignore)) as receiver:
        receiver.write(body)
        for _ in range(size >> 20):
            piece = packer.compress(bytes(1 << 20))
            digest.update(piece)
            for at in range(0, len(piece), 65_000):
                receiver.write(piece[at : at + 65_000])
        last = packer.flush()
        digest.update(last)
        receiver.write(last + digest.digest())
        receiver.finish().close()
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


@given(st.data())
def test_garbage_is_refused_and_never_a_surprise(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    sound = bytearray(
        pack([FIRST, by_distance(len(FIRST), steps(1024, 10, copy(0, 10))), whole("tree", b"")])
    )
    for _ in range(data.draw(st.integers(1, 3))):
        sound[data.draw(st.integers(0, len(sound) - 21))] = data.draw(st.integers(0, 255))
    body = bytes(sound[:-20])
    directory = tmp_path_factory.mktemp("garbage")
    try:
        with received(body + hashlib.sha1(body).digest(), directory) as objects:
            assert not objects.contains(ID) or objects.read("blob", ID, 2000) == BASE
    except TamperError:
        pass
    assert os.listdir(directory) == []
