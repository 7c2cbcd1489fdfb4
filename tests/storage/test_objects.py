"""The object store: right bytes or an error, whatever happened to the packs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rtstore.errors import DamagedError, MissingObjectError
from rtstore.model.ids import Kind, object_id
from rtstore.storage import delta
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Encoding
from rtstore.storage.packwriter import PackWriter
from rtstore.storage.transaction import Transaction, write_blocks
from tests.packs import add, flip, only_pack, page, store_in, text


def test_what_was_stored_is_read_from_whichever_pack_has_it(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = [add(objects, Kind.RECORD, text(number))[0] for number in range(5)]
    assert [objects.read(Kind.RECORD, id) for id in ids] == [text(number) for number in range(5)]
    assert len(objects.packs()) == 5


def test_what_was_never_stored_is_missing(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    add(objects, Kind.RECORD, text(1))
    with pytest.raises(MissingObjectError, match="record 0000"):
        objects.read(Kind.RECORD, bytes(32))
    assert not objects.contains(Kind.RECORD, bytes(32))


def test_an_object_does_not_pass_for_one_of_another_kind(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    (id,) = add(objects, Kind.RECORD, text(1))
    with pytest.raises(MissingObjectError):
        objects.read(Kind.BLOB, id)


def test_a_directory_that_is_gone_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="is missing"):
        ObjectStore(str(tmp_path / "gone")).read(Kind.RECORD, bytes(32))


def test_a_pack_written_by_another_process_is_found(tmp_path: Path) -> None:
    reader, writer = store_in(tmp_path), store_in(tmp_path)
    add(writer, Kind.RECORD, text(1))
    assert len(reader.packs()) == 1
    (id,) = add(writer, Kind.RECORD, text(2))
    assert reader.read(Kind.RECORD, id) == text(2)


def test_a_reader_finds_its_objects_when_their_pack_was_merged_into_another(tmp_path: Path) -> None:
    reader = store_in(tmp_path)
    ids = add(reader, Kind.RECORD, text(1), text(2))
    reader.close()
    reader.packs()
    old = only_pack(tmp_path)
    add(store_in(tmp_path / "other"), Kind.RECORD, text(2), text(1))
    shutil.move(only_pack(tmp_path / "other"), tmp_path)
    old.unlink()
    reader.reload()
    assert [pack.name for pack in reader.packs()] == [only_pack(tmp_path).name]
    assert [reader.read(Kind.RECORD, id) for id in ids] == [text(1), text(2)]


def test_a_damaged_copy_does_no_harm_while_there_is_another(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    (id,) = add(objects, Kind.RECORD, text(1))
    damaged = only_pack(tmp_path)
    add(store_in(tmp_path / "other"), Kind.RECORD, text(1), text(2), text(3))
    shutil.copy(only_pack(tmp_path / "other"), tmp_path)
    for path in (damaged, tmp_path / only_pack(tmp_path / "other").name):
        flip(path, 20)
        assert store_in(tmp_path).read(Kind.RECORD, id) == text(1)
        flip(path, 20)


def test_a_damaged_object_is_an_error_and_counts_as_not_there(tmp_path: Path) -> None:
    (id,) = add(store_in(tmp_path), Kind.RECORD, text(1))
    flip(only_pack(tmp_path), 40)
    objects = store_in(tmp_path)
    with pytest.raises(DamagedError):
        objects.read(Kind.RECORD, id)
    assert not objects.contains(Kind.RECORD, id)


def test_storing_a_damaged_object_again_heals_it(tmp_path: Path) -> None:
    (id,) = add(store_in(tmp_path), Kind.RECORD, text(1))
    flip(only_pack(tmp_path), 40)
    objects = store_in(tmp_path)
    add(objects, Kind.RECORD, text(1), text(2))
    assert objects.read(Kind.RECORD, id) == text(1)


def test_a_pack_that_cannot_be_opened_does_not_hide_the_others(tmp_path: Path) -> None:
    (lost,) = add(store_in(tmp_path), Kind.RECORD, text(1))
    damaged = only_pack(tmp_path)
    flip(damaged, 0)
    objects = store_in(tmp_path)
    (id,) = add(objects, Kind.RECORD, text(2))
    assert objects.read(Kind.RECORD, id) == text(2)
    assert list(objects.unusable) == [damaged.name]
    with pytest.raises(DamagedError, match=damaged.name):
        objects.read(Kind.RECORD, lost)


def test_objects_are_found_by_the_beginning_of_their_ids(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = add(objects, Kind.COMMIT, *(b"commit %d" % number for number in range(300)))
    add(objects, Kind.RECORD, *(b"record %d" % number for number in range(300)))
    for length in (1, 2, 15, 16, 17, 64):
        prefix = ids[7].hex()[:length]
        assert objects.find_prefix(Kind.COMMIT, prefix) == sorted(
            i for i in ids if i.hex().startswith(prefix)
        )
    assert objects.find_prefix(Kind.COMMIT, "") == sorted(ids)
    assert objects.find_prefix(Kind.SNAPSHOT, ids[7].hex()[:4]) == []


def chain(objects: ObjectStore, length: int) -> list[bytes]:
    """Store versions of a page, each against the one before."""
    ids = add(objects, Kind.LEAF, page(1))
    for version in range(1, length):
        transaction = Transaction(Files(), objects)
        ids.append(transaction.add(Kind.LEAF, page(1, version), base=ids[-1]))
        transaction.finish()
    return ids


def test_page_versions_are_read_through_those_below_them_and_never_more_than_eight(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = chain(objects, 12)
    afresh = store_in(tmp_path)
    depths = [afresh.read_version(Kind.LEAF, id)[1] for id in reversed(ids)][::-1]
    assert depths == [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2]
    assert [objects.read(Kind.LEAF, id) for id in ids] == [page(1, version) for version in range(12)]


def test_a_page_that_was_read_is_still_bounded_by_the_depth_asked_for(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = chain(objects, 4)
    assert objects.read_version(Kind.LEAF, ids[3])[1] == 3
    with pytest.raises(DamagedError):
        objects.read_version(Kind.LEAF, ids[3], depth=2)


def test_page_versions_that_go_round_in_a_circle_are_an_error(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = [object_id(Kind.LEAF, page(number)) for number in (1, 2)]
    writer = PackWriter(Files(), str(tmp_path))
    versions = {
        ids[0]: delta.make(page(1), ids[1], page(2), 5),
        ids[1]: delta.make(page(2), ids[0], page(1), 6),
    }
    write_blocks(writer, Kind.LEAF, versions, Encoding.DELTAS)
    writer.finish()
    with pytest.raises(DamagedError):
        objects.read(Kind.LEAF, ids[0])


def test_an_opposite_chain_left_by_a_crash_does_no_harm(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = chain(objects, 2)
    opposite = tmp_path / "opposite"
    add(store_in(opposite), Kind.LEAF, page(1, 1))
    transaction = Transaction(Files(), store_in(opposite))
    transaction.add(Kind.LEAF, page(1), base=ids[1])
    transaction.finish()
    for path in opposite.glob("*.pack"):
        shutil.copy(path, tmp_path)
    objects = store_in(tmp_path)
    assert [objects.read(Kind.LEAF, id) for id in ids] == [page(1), page(1, 1)]


def test_a_closed_store_opens_its_packs_again_when_asked(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    (id,) = add(objects, Kind.LEAF, page(1))
    objects.read(Kind.LEAF, id)
    objects.close()
    assert objects.read(Kind.LEAF, id) == page(1)
