"""Parts: whatever objects go in come out, and nothing that is not a part does harm."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zstandard import ZstdCompressor

from rtstore.errors import TamperError
from rtstore.model.ids import Kind, object_id
from rtstore.remote.format.padding import pad, skippable
from rtstore.remote.format.part import FULL, GROUP, Group, PartBuilder, Sent, open_part
from rtstore.storage.pack import MAX_PLAIN

Objects = list[tuple[Sent, bytes, bytes]]
_compressor = ZstdCompressor()

kinds = st.sampled_from(list(Sent))
objects_ = st.lists(
    st.tuples(kinds, st.binary(min_size=32, max_size=32), st.binary(max_size=300)), max_size=30
)


def parts_of(objects: Objects, grouped: Objects | None = None) -> list[bytes]:
    """Return the parts that hold objects, those that are ``grouped`` as a block that came compressed."""
    builder = PartBuilder()
    for each in objects:
        builder.add(*each)
    if grouped:
        builder.add_group(group_of(grouped))
    return builder.take(rest=True)


def group_of(objects: Objects) -> Group:
    plain = b"".join(data + b"\n" for _, _, data in objects)
    kinds, ids, datas = zip(*objects, strict=True)
    return Group(bytes(kinds), b"".join(ids), [*map(len, datas)], _compressor.compress(plain), len(plain))


def objects_in(parts: list[bytes]) -> Objects:
    return [each for part in parts for opened in open_part(part) for each in opened.objects()]


def records(number: int, size: int, seed: int = 0) -> Objects:
    chance = random.Random(seed)
    contents = [chance.randbytes(size) for _ in range(number)]
    return [(Sent.RECORD, object_id(Kind.RECORD, data), data) for data in contents]


def forged(frames: list[bytes], sizes: list[tuple[int, int]]) -> bytes:
    """Return a part with an index that says whatever somebody wants."""
    index = b"".join(struct.pack(">II", *each) for each in sizes)
    return pad(b"".join([skippable(index), *frames]))


def table(count: int, kinds: bytes = b"\0", sizes: tuple[int, ...] = (3,), ids: bytes = bytes(32)) -> bytes:
    return struct.pack(">I", count) + kinds + struct.pack(f">{len(sizes)}I", *sizes) + ids


def one_group(table: bytes, frame: bytes, plain: int, stored: int | None = None) -> bytes:
    compressed = _compressor.compress(table)
    lengths = [(len(compressed), len(table)), (len(frame) if stored is None else stored, plain)]
    return forged([compressed, frame], lengths)


@contextmanager
def little_memory(most: int = 8 << 20) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@given(objects_, objects_)
def test_what_goes_in_comes_out_in_order(objects: Objects, grouped: Objects) -> None:
    assert objects_in(parts_of(objects, grouped)) == objects + grouped


def test_a_block_of_records_is_told_from_other_groups() -> None:
    grouped = records(3, 50)
    first, second = open_part(parts_of([(Sent.COMMIT, bytes(32), b"commit")], grouped)[0])
    assert (first.group.is_all_records, second.group.is_all_records) == (False, True)
    assert second.group == group_of(grouped)._replace(sizes=(50, 50, 50))


def test_large_contents_come_in_many_parts_of_limited_size() -> None:
    objects = records(60, 20_000)
    parts = parts_of(objects)
    assert objects_in(parts) == objects
    assert len(parts) > 2
    assert max(map(len, parts)) < (FULL + GROUP) * 1.12 + 1000


def test_an_object_larger_than_a_part_is_one() -> None:
    objects = records(1, 3 << 20)
    assert objects_in(parts_of(objects)) == objects


def test_nothing_gives_no_part() -> None:
    assert parts_of([]) == []


def test_of_a_part_with_one_byte_changed_either_nothing_comes_or_the_same() -> None:
    objects: Objects = [(Sent.COMMIT, bytes(32), b"commit"), *records(2, 60)]
    [part] = parts_of(objects[:1], objects[1:])
    for place in range(len(part)):
        for bit in (1, 0x80):
            changed = part[:place] + bytes([part[place] ^ bit]) + part[place + 1 :]
            try:
                found = objects_in([changed])
            except TamperError:
                continue
            # A byte of an id or of content that was not compressed: what it belongs to is found by its id then.
            wrong = [one for one, good in zip(found, objects, strict=True) if one != good]
            assert len(wrong) <= 1


@given(st.binary(max_size=300))
def test_what_is_no_part_is_refused(data: bytes) -> None:
    with pytest.raises(TamperError):
        open_part(data)


@settings(max_examples=200)
@given(st.data())
def test_a_part_cut_together_from_others_is_refused_or_a_part(data: st.DataObject) -> None:
    [part] = parts_of(records(3, 40), records(2, 30, seed=1))
    place = data.draw(st.integers(0, len(part)))
    other = data.draw(st.binary(max_size=12))
    stop = data.draw(st.integers(place, len(part)))
    with little_memory(), suppress(TamperError):
        objects_in([part[:place] + other + part[stop:]])


BOMB = _compressor.compress(bytes(100 << 20))
THREE = _compressor.compress(b"abc\n")

#: Parts that claim what is not so, by what is wrong with them.
LIES: dict[str, Callable[[], bytes]] = {
    "a frame that holds more than it says": lambda: one_group(table(1), BOMB, 4),
    "a frame that holds less than it says": lambda: one_group(table(1, sizes=(99,)), THREE, 100),
    "a table that holds more than it says": lambda: forged([BOMB, THREE], [(len(BOMB), 41), (len(THREE), 4)]),
    "more in all than any part holds": lambda: forged([BOMB, BOMB] * 2, [(len(BOMB), 100 << 20)] * 4),
    "a group larger than any block": lambda: one_group(table(1, sizes=(MAX_PLAIN,)), THREE, MAX_PLAIN + 1),
    "four thousand million objects": lambda: one_group(table(0xFFFFFFFF), THREE, 4),
    "no objects": lambda: one_group(table(0, b"", (), b""), _compressor.compress(b""), 0),
    "one object more than ids": lambda: one_group(table(2, b"\0\0", (1, 1)), THREE, 4),
    "sizes that do not add up": lambda: one_group(table(1, sizes=(4,)), THREE, 4),
    "sizes beyond the end": lambda: one_group(table(1, sizes=(0xFFFFFFFF,)), THREE, 4),
    "a kind that nobody knows": lambda: one_group(table(1, b"\x63"), THREE, 4),
    "a page, which never travels": lambda: one_group(table(1, bytes([Kind.LEAF])), THREE, 4),
    "a frame beyond the end": lambda: one_group(table(1), THREE, 4, stored=1 << 31),
    "a frame with another one behind": lambda: one_group(table(1), THREE + THREE, 4),
    "a table and nothing behind": lambda: forged([THREE], [(len(THREE), 4)]),
    "an index as large as can be": lambda: pad(skippable(bytes(8 << 20))),
    "a frame that is to be skipped": lambda: one_group(table(1), skippable(b"abc\n"), 4),
    "no bytes for a frame": lambda: one_group(table(1), b"", 4),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_part_that_lies_is_refused_before_it_takes_memory(lie: str) -> None:
    part = LIES[lie]()
    with little_memory(24 << 20 if "index" in lie else 2 << 20), pytest.raises(TamperError):
        open_part(part)


def test_an_empty_index_is_a_part_with_nothing_in_it() -> None:
    assert open_part(pad(skippable(b""))) == []
