"""Transactions: what a command adds is stored once, as one pack, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtstore.errors import StorageError
from rtstore.model.ids import Kind, object_id
from rtstore.storage.files import Files
from rtstore.storage.packwriter import INCOMING
from rtstore.storage.transaction import BLOCK, BULK, Transaction
from tests.faults import RecordingFiles, every_fault, every_power_cut, lay_out
from tests.packs import add, held, only_pack, page, store_in, text

TEXTS = [text(number) for number in range(30)]
IDS = [object_id(Kind.RECORD, one) for one in TEXTS]


def test_what_is_added_can_be_read_before_it_is_stored_and_after(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    transaction = Transaction(Files(), objects)
    id = transaction.add(Kind.BLOB, b"something")
    assert transaction.read(Kind.BLOB, id) == b"something"
    assert not objects.contains(Kind.BLOB, id)
    assert transaction.finish() > 0
    assert objects.read(Kind.BLOB, id) == b"something"
    assert transaction.read(Kind.BLOB, id) == b"something"


def test_nothing_added_is_nothing_written(tmp_path: Path) -> None:
    assert Transaction(Files(), store_in(tmp_path)).finish() == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_known_is_not_stored_again(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    add(objects, Kind.RECORD, *TEXTS)
    transaction = Transaction(Files(), objects)
    transaction.add(Kind.RECORD, TEXTS[3])
    transaction.add_run(TEXTS, IDS)
    assert transaction.finish() == 0
    assert len(objects.packs()) == 1


def test_a_run_is_stored_once_whatever_is_known_or_repeated_in_it(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    add(objects, Kind.RECORD, *TEXTS[:5])
    transaction = Transaction(Files(), objects)
    transaction.add(Kind.RECORD, TEXTS[7])
    transaction.add_run(TEXTS[3:], IDS[3:], b"\n".join(TEXTS[3:]) + b"\n")
    transaction.add_run(TEXTS[3:], IDS[3:])
    transaction.finish()
    assert sorted(pack.objects for pack in objects.packs()) == [5, 25]
    assert [objects.read(Kind.RECORD, id) for id in IDS] == TEXTS


def test_the_first_run_of_a_store_is_taken_as_it_is(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    transaction = Transaction(Files(), objects)
    transaction.add_run(TEXTS, IDS, b"\n".join(TEXTS) + b"\n")
    transaction.finish()
    assert [objects.read(Kind.RECORD, id) for id in IDS] == TEXTS


def test_large_runs_are_compressed_as_they_come(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    transaction = Transaction(Files(), objects)
    texts = [text(number, 4000) for number in range(2 * BULK // 30_000 + 10)]
    ids = [object_id(Kind.RECORD, one) for one in texts]
    half = len(texts) // 2
    transaction.add_run(texts[:half], ids[:half])
    assert [path.name[: len(INCOMING)] for path in tmp_path.iterdir()] == [INCOMING]
    transaction.add_run(texts[half:], ids[half:])
    transaction.finish()
    assert [objects.read(Kind.RECORD, id) for id in ids] == texts
    (pack,) = objects.packs()
    assert max(pack.block(index).plain for index in range(pack.block_count)) < BLOCK + 40_000


def test_objects_of_all_kinds_lie_in_blocks_of_their_own(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    transaction = Transaction(Files(), objects)
    what = {(kind, transaction.add(kind, b"content")): b"content" for kind in Kind}
    transaction.finish()
    assert held(objects, what) == what
    (pack,) = objects.packs()
    assert [pack.block(index).kind for index in range(pack.block_count)] == list(Kind)


def test_a_page_is_stored_against_its_base_when_that_is_smaller(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    (base,) = add(objects, Kind.LEAF, page(1))
    transaction = Transaction(Files(), objects)
    near = transaction.add(Kind.LEAF, page(1, version=1), base=base)
    far = transaction.add(Kind.LEAF, page(2), base=base)
    transaction.finish()
    assert [objects.read_version(Kind.LEAF, id)[1] for id in (near, far)] == [1, 0]


def test_an_abandoned_transaction_leaves_nothing(tmp_path: Path) -> None:
    transaction = Transaction(Files(), store_in(tmp_path))
    texts = [text(number, 4000) for number in range(BULK // 30_000 + 10)]
    transaction.add_run(texts, [object_id(Kind.RECORD, one) for one in texts])
    transaction.add(Kind.BLOB, b"something")
    transaction.abandon()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("forever", [False, True])
def test_a_failing_disk_leaves_what_was_stored_and_no_half_pack(
    tmp_path: Path, bulk: bool, forever: bool
) -> None:
    texts = [text(number, 4000) for number in range(BULK // 30_000 + 10)] if bulk else TEXTS
    ids = [object_id(Kind.RECORD, one) for one in texts]
    for number, files in enumerate(every_fault(forever=forever)):
        objects = store_in(tmp_path / str(number))
        (old,) = add(objects, Kind.BLOB, b"old")
        transaction = Transaction(files, objects)
        try:
            transaction.add_run(texts, ids)
            transaction.finish()
        except StorageError:
            assert files.fired
            transaction.abandon()
        else:
            assert objects.read(Kind.RECORD, ids[-1]) == texts[-1]
        afresh = store_in(tmp_path / str(number))
        assert afresh.read(Kind.BLOB, old) == b"old"
        assert not afresh.unusable
        assert all(pack.verify() == [] for pack in afresh.packs())


def test_a_power_cut_after_the_end_loses_nothing_and_before_it_harms_nothing(tmp_path: Path) -> None:
    files = RecordingFiles(tmp_path)
    (tmp_path / "packs").mkdir()
    files.before = files.before._replace(directories=frozenset({"packs"}))
    ids = add(store_in(tmp_path / "packs"), Kind.RECORD, *TEXTS[:3], files=files)
    done = len(files.log)
    for point, disk in every_power_cut(files):
        lay_out(disk, tmp_path / "found")
        objects = store_in(tmp_path / "found" / "packs")
        assert point < done or objects.read(Kind.RECORD, ids[0]) == TEXTS[0]


def test_an_unfinished_pack_is_no_pack(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    (tmp_path / f"{INCOMING}1-aa").write_bytes(b"half")
    assert objects.packs() == []
    add(objects, Kind.BLOB, b"a")
    assert only_pack(tmp_path).name == objects.packs()[0].name
