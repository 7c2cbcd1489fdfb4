"""Packs made by somebody hostile, whose checksums are right: nothing takes for ever, fills the memory or gives wrong
bytes; and what sound packs hold stays readable beside them.
"""

from __future__ import annotations

import struct
import time
import tracemalloc
from array import array
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard
from blake3 import blake3
from packs import add, page, store_in, text

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind, object_id
from rtstore.storage import delta
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import BLOCK, FOOTER, MAX_DICTIONARY, MAX_PLAIN, Encoding, Pack
from rtstore.storage.packcheck import PackCheck
from rtstore.storage.packwriter import PackWriter
from rtstore.storage.repack import merge_small_packs
from rtstore.storage.sequential import RecordSource

RECORD = b'{"a": 1}'
WANTED = object_id(Kind.RECORD, RECORD)
MIB = 1 << 20


def a_block(
    writer: PackWriter,
    kind: Kind,
    ids: list[bytes],
    stored: bytes,
    plain: int,
    encoding: Encoding = Encoding.PLAIN,
    starts: list[int] | None = None,
) -> None:
    """Write a block that says of itself whatever is given."""
    writer.announce(kind, ids, starts if starts is not None else [0] * len(ids), plain, encoding)
    writer.write_block(stored)


def forged(pack: Path, change: Callable[[bytearray, int, int], None]) -> Path:
    """Change the index of a pack and make its checksums and its name right; ``change`` gets it, N and B."""
    data = pack.read_bytes()
    pack.unlink()
    fields = list(FOOTER.unpack(data[-FOOTER.size :]))
    offset, objects, blocks = fields[:3]
    index = bytearray(data[offset : -FOOTER.size])
    change(index, objects, blocks)
    fields[4] = blake3(index).digest()
    body = data[:offset] + index + FOOTER.pack(*fields)[:-32]
    checksum = blake3(body).digest()
    made = pack.with_name(f"{checksum.hex()}.pack")
    made.write_bytes(body + checksum)
    return made


def nothing_breaks(directory: Path, least: int = 1, seconds: float = 10.0) -> list[str]:
    """Read everything in every way there is; return the problems that a check finds: ``least`` at the least."""
    started = time.monotonic()
    tracemalloc.start()
    try:
        objects = ObjectStore(str(directory))
        prefixes = {prefix for pack in objects.packs() for prefix in pack.prefixes[:50]}
        for id in [prefix.to_bytes(8, "big") + bytes(24) for prefix in prefixes]:
            for kind in Kind:
                with pytest.raises(DamagedError):
                    objects.read(kind, id)
            with pytest.raises(DamagedError), RecordSource(objects) as source:
                source.records(id)
        for kind in Kind:
            with suppress(DamagedError):
                objects.find_prefix(kind, "")
        check = PackCheck(objects).run()
        merge_small_packs(Files(), objects)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - started < seconds
    assert most < 600 * MIB
    problems = check.problems + [block.what for block in check.blocks]
    assert len(problems) >= least
    return problems


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with sound packs, one record of which is stored."""
    objects = store_in(tmp_path)
    add(objects, Kind.RECORD, RECORD)
    return tmp_path


@pytest.fixture(autouse=True)
def _sound_is_readable(directory: Path) -> object:
    yield
    assert ObjectStore(str(directory)).read(Kind.RECORD, WANTED) == RECORD


def frame_of(size: int, said: int | None) -> bytes:
    """Return a frame of so many zeros; ``said``: the size that its header says, None: none."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compress(bytes(size))
    if said is None:
        return frame
    # A header of one segment has the content size in the place of the window: 8 bytes of it.
    blocks = frame[6:]
    return frame[:4] + b"\xe0" + said.to_bytes(8, "little") + blocks


@pytest.mark.parametrize(
    ("size", "said", "plain"),
    [
        (300 * MIB, 100, 100),
        (300 * MIB, None, 100),
        (300 * MIB, 300 * MIB, 100),
        (300 * MIB, MAX_PLAIN, MAX_PLAIN),
        (100, MAX_PLAIN, MAX_PLAIN),
        (100, 1 << 60, MAX_PLAIN),
        (100, 0, 0),
    ],
)
@pytest.mark.parametrize("encoding", [Encoding.ZSTD, Encoding.DICTIONARY])
def test_a_frame_that_is_larger_or_smaller_than_it_says_is_refused(
    directory: Path, size: int, said: int | None, plain: int, encoding: Encoding
) -> None:
    writer = PackWriter(Files(), str(directory))
    trained = zstandard.train_dictionary(4096, [text(number) for number in range(500)], k=200, d=8, steps=1)
    writer.write_dictionary(trained.as_bytes())
    a_block(writer, Kind.RECORD, [b"i" * 32], frame_of(size, said), plain, encoding)
    writer.finish()
    nothing_breaks(directory)


def test_a_delta_that_is_larger_than_it_says_is_refused(directory: Path) -> None:
    [base] = add(store_in(directory), Kind.LEAF, page(1))
    for said in (100, None, 1 << 60, delta.MAX_PAGE_BYTES):
        stored = b"\1" + base + frame_of(300 * MIB, said)
        writer = PackWriter(Files(), str(directory))
        a_block(writer, Kind.LEAF, [b"i" * 32], stored + b"\n", len(stored) + 1, Encoding.DELTAS)
        writer.finish()
    nothing_breaks(directory, 4)


@pytest.mark.parametrize("what", ["itself", "huge", "no dictionary", "another kind"])
def test_a_dictionary_that_is_none_is_refused(directory: Path, what: str) -> None:
    frame = zstandard.ZstdCompressor().compress(b"abc\n")
    content = b"\x37\xa4\x30\xec" + bytes(2 * MAX_DICTIONARY if what == "huge" else 100)
    kind = Kind.RECORD if what == "another kind" else Kind.BLOB
    writer = PackWriter(Files(), str(directory))
    if what == "itself":
        a_block(writer, kind, [], frame, 4, Encoding.DICTIONARY)
    elif what == "no dictionary":
        a_block(writer, kind, [], bytes(100), 100)
    else:
        a_block(writer, kind, [], content, len(content))
    writer._dictionary_block = 1
    a_block(writer, Kind.RECORD, [b"i" * 32], frame, 4, Encoding.DICTIONARY)
    path = writer.finish()
    pack = Pack(path)
    with pytest.raises(DamagedError):
        pack.dictionary()
    nothing_breaks(directory)


def deltas(directory: Path, *objects: tuple[bytes, int, bytes], kind: Kind = Kind.LEAF) -> None:
    """Write a pack of page versions: the id that the index has, the depth, the base."""
    frame = zstandard.ZstdCompressor().compress(b"page")
    stored = [bytes((depth,)) + base + frame for _, depth, base in objects]
    size = len(stored[0]) + 1
    writer = PackWriter(Files(), str(directory))
    ids = [id for id, _, _ in objects]
    starts = [number * size for number in range(len(objects))]
    plain = b"\n".join(stored) + b"\n"
    a_block(writer, kind, ids, plain, len(plain), Encoding.DELTAS, starts)
    writer.finish()


@pytest.mark.parametrize("kind", [Kind.LEAF, Kind.INNER])
def test_page_versions_that_go_round_in_a_circle_are_refused(directory: Path, kind: Kind) -> None:
    a, b = b"a" * 32, b"b" * 32
    deltas(directory, (a, 8, b), (b, 8, a), kind=kind)
    deltas(directory, (a, 8, a), kind=kind)
    deltas(directory, (a, 2, b), (b, 1, a), kind=kind)
    nothing_breaks(directory, 3)


def test_many_versions_that_claim_to_be_one_page_are_not_all_tried_against_each_other(
    directory: Path,
) -> None:
    ids = [bytes((letter,)) * 32 for letter in b"abcdefghi"]
    levels = [(ids[level], 8 - level, ids[level + 1]) for level in range(8) for _ in range(3000)]
    deltas(directory, *levels)
    for _ in range(20):
        deltas(
            directory,
            *[(ids[level], 8 - level, ids[level + 1]) for level in range(8)],
            (b"x" * 32, _ % 8 + 1, ids[8]),
        )
    nothing_breaks(directory, seconds=30)


@pytest.mark.parametrize("kind", [Kind.INNER, Kind.RECORD, Kind.COMMIT])
def test_a_base_of_another_kind_is_none(directory: Path, kind: Kind) -> None:
    objects = store_in(directory)
    [leaf] = add(objects, Kind.LEAF, page(1))
    stored = delta.make(page(1, 1), leaf, page(1), 1)
    writer = PackWriter(Files(), str(directory))
    id = object_id(kind, page(1, 1))
    a_block(writer, kind, [id], stored + b"\n", len(stored) + 1, Encoding.DELTAS)
    writer.finish()
    with pytest.raises(DamagedError):
        ObjectStore(str(directory)).read(kind, id)
    assert PackCheck(ObjectStore(str(directory))).run().intact[kind] == {WANTED} & {
        WANTED if kind is Kind.RECORD else b""
    }


def _numbers_out_of_range(index: bytearray, n: int, _: int) -> None:
    struct.pack_into(f"<{n}I", index, 8 * n, *[2**32 - 1] * n)


def _numbers_all_one(index: bytearray, n: int, _: int) -> None:
    struct.pack_into(f"<{n}I", index, 8 * n, *[1] * n)


def _prefixes_unsorted(index: bytearray, n: int, _: int) -> None:
    prefixes = array("Q", bytes(index[: 8 * n]))
    prefixes.reverse()
    index[: 8 * n] = prefixes.tobytes()


def _prefixes_all_one(index: bytearray, n: int, _: int) -> None:
    index[: 8 * n] = b"\x01" * (8 * n)


def _starts(*values: int) -> Callable[[bytearray, int, int], None]:
    def change(index: bytearray, n: int, _: int) -> None:
        struct.pack_into(f"<{n}I", index, 12 * n, *[values[i % len(values)] for i in range(n)])

    return change


def _blocks(field: int, *values: int) -> Callable[[bytearray, int, int], None]:
    def change(index: bytearray, n: int, blocks: int) -> None:
        for number in range(blocks):
            fields = list(BLOCK.unpack_from(index, 16 * n + BLOCK.size * number))
            fields[field] = values[number % len(values)]
            BLOCK.pack_into(index, 16 * n + BLOCK.size * number, *fields)

    return change


FORGERIES = {
    "numbers out of range": _numbers_out_of_range,
    "numbers all one": _numbers_all_one,
    "prefixes unsorted": _prefixes_unsorted,
    "prefixes all one": _prefixes_all_one,
    "starts zero": _starts(0),
    "starts huge": _starts(2**32 - 1),
    "starts at the end": _starts(100, 5, 90),
    "first numbers descend": _blocks(3, 1000, 0),
    "first numbers huge": _blocks(3, 0, 2**32 - 1),
    "first numbers not from 0": _blocks(3, 7),
    "one place": _blocks(0, 8),
    "sizes huge": _blocks(1, 2**32 - 1),
    "plain sizes huge": _blocks(2, 2**32 - 1),
    "plain sizes zero": _blocks(2, 0),
    "kinds": _blocks(4, 1, 2, 8, 255),
    "encodings": _blocks(5, 0, 2, 3, 255),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_no_forged_index_breaks_anything(directory: Path, what: str) -> None:
    writer = PackWriter(Files(), str(directory))
    for block in range(4):
        contents = [text(block * 1000 + number, 400) for number in range(300)]
        starts = [sum(len(one) + 1 for one in contents[:number]) for number in range(300)]
        plain = b"\n".join(contents) + b"\n"
        stored = zstandard.ZstdCompressor().compress(plain)
        ids = [object_id(Kind.RECORD, one) for one in contents]
        a_block(writer, Kind.RECORD, ids, stored, len(plain), Encoding.ZSTD, starts)
    forged(Path(writer.finish()), FORGERIES[what])
    nothing_breaks(directory)


def test_a_frame_named_by_many_blocks_is_not_decompressed_for_each(directory: Path) -> None:
    writer = PackWriter(Files(), str(directory))
    stored = zstandard.ZstdCompressor().compress(bytes(64 * MIB))
    a_block(writer, Kind.RECORD, [b"i" * 32], stored, 64 * MIB, Encoding.ZSTD)
    for number in range(5000):
        a_block(writer, Kind.RECORD, [number.to_bytes(4, "big") * 8], b"x", 64 * MIB, Encoding.ZSTD)
    path = Path(writer.finish())

    def all_the_same(index: bytearray, n: int, blocks: int) -> None:
        first = BLOCK.unpack_from(index, 16 * n)
        for number in range(blocks):
            place = 16 * n + BLOCK.size * number
            fields = list(BLOCK.unpack_from(index, place))
            fields[:2] = first[:2]
            BLOCK.pack_into(index, place, *fields)

    forged(path, all_the_same)
    objects = ObjectStore(str(directory))
    started = time.monotonic()
    check = PackCheck(objects).run()
    merge_small_packs(Files(), objects)
    assert time.monotonic() - started < 10
    assert any("overlap" in problem for problem in check.problems)


def test_objects_that_overlap_in_their_block_are_not_all_hashed(directory: Path) -> None:
    writer = PackWriter(Files(), str(directory))
    stored = zstandard.ZstdCompressor().compress(bytes(64 * MIB))
    ids = [number.to_bytes(4, "big") * 8 for number in range(50_000)]
    a_block(writer, Kind.RECORD, ids, stored, 64 * MIB, Encoding.ZSTD)
    writer.finish()
    started = time.monotonic()
    check = PackCheck(ObjectStore(str(directory))).run()
    assert time.monotonic() - started < 10
    assert check.blocks


def test_what_goes_wrong_on_the_thread_that_reads_ahead_is_raised_and_not_waited_for(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = store_in(directory)
    ids = b"".join(add(objects, Kind.RECORD, *[text(number, 4000) for number in range(60)]))
    whole = Pack.plain
    calls = 0

    def plain(pack: Pack, *arguments: object) -> bytes:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise MemoryError
        return whole(pack, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Pack, "plain", plain)
    with pytest.raises(MemoryError), RecordSource(objects) as source:
        source.records(ids)
