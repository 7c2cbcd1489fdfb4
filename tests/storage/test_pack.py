"""Packs: written once, found by name, and never believed without a check."""

from __future__ import annotations

import os
import struct
from array import array
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard

from rtstore.errors import DamagedError, StorageError
from rtstore.model.ids import Kind, object_id
from rtstore.storage.files import Files
from rtstore.storage.pack import BLOCK, FOOTER, MAGIC, MAX_PLAIN, Encoding, Pack
from rtstore.storage.packwriter import INCOMING, PackWriter
from tests.faults import every_fault
from tests.packs import add, flip, only_pack, page, store_in, text

#: The beginning of a dictionary, as far as a pack looks at it.
WORDS = b"\x37\xa4\x30\xecwords"
TEXTS = [text(number) for number in range(50)]


def one_pack(directory: Path) -> Pack:
    add(store_in(directory), Kind.RECORD, *TEXTS)
    return Pack(str(only_pack(directory)))


def written_by_hand(directory: Path, *blocks: tuple[bytes, int, int], dictionary: bytes = b"") -> Pack:
    """Return a pack of plain blocks: (stored bytes, claimed plain size, encoding), each of one object."""
    directory.mkdir(exist_ok=True)
    writer = PackWriter(Files(), str(directory))
    if dictionary:
        writer.write_dictionary(dictionary)
    for stored, plain, encoding in blocks:
        writer.announce(Kind.RECORD, [b"i" * 32], [0], plain, Encoding(encoding))
        writer.write_block(stored)
    return Pack(writer.finish())


def test_every_object_is_found_by_its_id_where_it_lies(tmp_path: Path) -> None:
    pack = one_pack(tmp_path)
    for content in TEXTS:
        (number,) = pack.find(object_id(Kind.RECORD, content))
        block = pack.block(pack.block_of(number))
        start, end = pack.bounds_of(number, block)
        assert pack.plain(block)[start:end] == content
        assert pack.bounds(block)[number - block.first] == (start, end)


def test_an_object_is_read_without_what_is_behind_it_in_its_block(tmp_path: Path) -> None:
    pack = one_pack(tmp_path)
    block = pack.block(0)
    whole = pack.plain(block)
    assert block.is_compressed
    for start, end in pack.bounds(block):
        assert pack.plain(block, end) == whole[:end]
        assert pack.plain(block, end)[start:] == whole[start:end]


def test_a_part_of_a_block_that_is_not_compressed_is_read_alone(tmp_path: Path) -> None:
    pack = written_by_hand(tmp_path, (b"one two three\n", 14, Encoding.PLAIN))
    assert pack.part(pack.block(0), 4, 7) == b"two"
    assert pack.plain(pack.block(0), 7) == b"one two"


def test_pages_that_do_not_compress_are_stored_as_they_are(tmp_path: Path) -> None:
    add(store_in(tmp_path), Kind.LEAF, *(page(number) for number in range(5)))
    pack = Pack(str(only_pack(tmp_path)))
    assert [pack.block(index).encoding for index in range(pack.block_count)] == [Encoding.PLAIN]


def test_a_pack_cut_short_while_it_is_open_is_damaged(tmp_path: Path) -> None:
    pack = one_pack(tmp_path)
    block = pack.block(0)
    Path(pack.path).chmod(0o644)
    os.truncate(pack.path, block.offset + 1)
    with pytest.raises(DamagedError, match="shorter"):
        pack.plain(block)


def test_an_id_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    assert one_pack(tmp_path).find(bytes(32)) == []


def test_the_column_gives_the_beginnings_of_the_ids_by_number(tmp_path: Path) -> None:
    expected = array("Q", [int.from_bytes(object_id(Kind.RECORD, one)[:8], "big") for one in TEXTS])
    assert one_pack(tmp_path).column() == expected


def test_a_pack_has_the_name_of_its_content_and_is_sound(tmp_path: Path) -> None:
    pack = one_pack(tmp_path)
    assert pack.name == f"{pack.checksum.hex()}.pack"
    assert pack.verify() == []
    assert pack.dictionary() is None


def test_the_same_objects_make_the_same_pack(tmp_path: Path) -> None:
    assert one_pack(tmp_path / "a").name == one_pack(tmp_path / "b").name


def test_a_renamed_pack_is_noticed(tmp_path: Path) -> None:
    path = Path(one_pack(tmp_path).path)
    other = path.rename(path.with_name("00" * 32 + ".pack"))
    assert Pack(str(other)).verify() == [f"pack {other.name}: its name does not fit its content"]


@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 5, 6])
def test_a_flipped_byte_is_noticed_wherever_it_is(tmp_path: Path, step: int) -> None:
    add(store_in(tmp_path), Kind.RECORD, *TEXTS[:3])
    path = only_pack(tmp_path)
    for place in range(step, path.stat().st_size, 7):
        flip(path, place)
        with suppress(DamagedError):  # not even opened: noticed as well
            assert Pack(str(path)).verify(), f"byte {place}"
        flip(path, place)
    assert Pack(str(path)).verify() == []


DAMAGES = {
    "nothing at all": lambda data: b"",
    "too short": lambda data: data[:50],
    "another beginning": lambda data: b"PK" + data[2:],
    "cut off": lambda data: data[:-8],
    "something behind it": lambda data: data + bytes(8),
    "more objects than there is room for": lambda data: _with_footer(data, objects=10**6),
    "an index beyond the end": lambda data: _with_footer(data, offset=1 << 40),
    "an index at an odd place": lambda data: _with_footer(data, offset=9),
}


def _with_footer(data: bytes, offset: int | None = None, objects: int | None = None) -> bytes:
    fields = list(FOOTER.unpack(data[-FOOTER.size :]))
    fields[0] = fields[0] if offset is None else offset
    fields[1] = fields[1] if objects is None else objects
    return data[: -FOOTER.size] + FOOTER.pack(*fields)


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_a_pack_is_not_opened(tmp_path: Path, damage: str) -> None:
    path = Path(one_pack(tmp_path).path)
    path.chmod(0o644)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(DamagedError, match=path.name):
        Pack(str(path))


@pytest.mark.parametrize(
    ("field", "value"),
    [(0, 1 << 40), (0, 0), (1, 1 << 30), (2, MAX_PLAIN + 1), (3, 99), (4, 77), (5, 9)],
    ids=["offset", "offset in the magic", "size", "plain size", "first object", "kind", "encoding"],
)
def test_an_impossible_block_is_refused(tmp_path: Path, field: int, value: int) -> None:
    path = Path(one_pack(tmp_path).path)
    data = bytearray(path.read_bytes())
    place = len(data) - FOOTER.size - BLOCK.size
    fields = list(BLOCK.unpack_from(data, place))
    fields[field] = value
    BLOCK.pack_into(data, place, *fields)
    path.chmod(0o644)
    path.write_bytes(data)
    pack = Pack(str(path))
    with pytest.raises(DamagedError):
        pack.block(0)


def test_an_index_with_impossible_numbers_is_refused(tmp_path: Path) -> None:
    path = Path(one_pack(tmp_path).path)
    data = bytearray(path.read_bytes())
    offset = FOOTER.unpack(data[-FOOTER.size :])[0]
    struct.pack_into("<I", data, offset + 8 * len(TEXTS), 1 << 31)
    path.chmod(0o644)
    path.write_bytes(data)
    pack = Pack(str(path))
    with pytest.raises(DamagedError):
        pack.column()
    with pytest.raises(DamagedError):
        pack.block_of(pack.numbers[0])


@pytest.mark.parametrize(
    ("stored", "plain", "encoding"),
    [
        (b"abc\n", 5, Encoding.PLAIN),
        (b"abc\n", 4, Encoding.ZSTD),
        (b"\x28\xb5\x2f\xfd\x20\x03\x19\x00\x00abc", 4, Encoding.ZSTD),
        (b"abc\n", 4, Encoding.DICTIONARY),
    ],
    ids=["another size", "no zstd", "a frame of another size", "no dictionary"],
)
def test_a_block_that_is_not_what_its_entry_says_is_refused(
    tmp_path: Path, stored: bytes, plain: int, encoding: Encoding
) -> None:
    pack = written_by_hand(tmp_path, (stored, plain, encoding))
    with pytest.raises(DamagedError, match="block"):
        pack.plain(pack.block(0))
    with pytest.raises(DamagedError, match="block"):
        pack.plain(pack.block(0), 2)


def test_a_damaged_dictionary_is_refused(tmp_path: Path) -> None:
    frame = zstandard.ZstdCompressor().compress(b"abc\n")
    magic = b"\x37\xa4\x30\xec"  # what follows it has to be a dictionary
    pack = written_by_hand(tmp_path, (frame, 4, Encoding.DICTIONARY), dictionary=magic + bytes(60))
    with pytest.raises(DamagedError, match="cannot be decompressed"):
        pack.plain(pack.block(1))


def test_a_dictionary_in_a_block_that_is_not_there_is_refused(tmp_path: Path) -> None:
    pack = written_by_hand(tmp_path, (b"abc\n", 4, Encoding.PLAIN), dictionary=WORDS)
    for place in (16, 23):  # the first and the last byte of its number
        path = tmp_path / f"{place}.pack"
        path.write_bytes(Path(pack.path).read_bytes())
        flip(path, pack.size - FOOTER.size + place)
        with pytest.raises(DamagedError, match="names a block it does not have"):
            Pack(str(path)).dictionary()


def test_a_dictionary_is_read_back_and_holds_no_objects(tmp_path: Path) -> None:
    pack = written_by_hand(tmp_path, (b"abc\n", 4, Encoding.PLAIN), dictionary=WORDS)
    assert pack.dictionary() == WORDS
    assert pack.bounds(pack.block(0)) == []
    assert pack.bounds(pack.block(1)) == [(0, 3)]


def test_an_object_too_large_to_be_read_back_is_not_written(tmp_path: Path) -> None:
    writer = PackWriter(Files(), str(tmp_path))
    with pytest.raises(StorageError, match="too large"):
        writer.announce(Kind.BLOB, [bytes(32)], [0], MAX_PLAIN + 1)
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pack_can_be_removed_and_opened_again(tmp_path: Path) -> None:
    pack = one_pack(tmp_path)
    pack.close()
    assert Pack(pack.path).objects == len(TEXTS)


def test_a_pack_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    for number, files in enumerate(every_fault()):
        directory = tmp_path / str(number)
        directory.mkdir()
        try:
            writer = PackWriter(files, str(directory))
            writer.announce(Kind.RECORD, [object_id(Kind.RECORD, b"a")], [0], 2, Encoding.PLAIN)
            writer.write_block(b"a\n")
            writer.finish()
        except StorageError:
            assert files.fired
        for path in directory.iterdir():
            if not path.name.startswith(INCOMING):
                assert Pack(str(path)).verify() == []
    assert only_pack(directory).read_bytes().startswith(MAGIC)
