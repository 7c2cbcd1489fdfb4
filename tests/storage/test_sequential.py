"""Reading records in order: the same as reading them one by one, wherever they lie."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtstore.errors import DamagedError, MissingObjectError
from rtstore.model.ids import Kind, object_id, record_hasher
from rtstore.storage import sequential
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.sequential import RecordSource
from rtstore.storage.transaction import Transaction
from tests.packs import add, flip, only_pack, page, store_in, text

TEXTS = [text(number, 2000) for number in range(120)]
IDS = [object_id(Kind.RECORD, one) for one in TEXTS]


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    """Provide a store with the texts in several blocks of one pack, and some in another."""
    store = store_in(tmp_path_factory.mktemp("packs"))
    transaction = Transaction(Files(), store)
    transaction.add_run(TEXTS[:100], IDS[:100])
    transaction.add(Kind.LEAF, page(1))
    transaction.finish()
    add(store, Kind.RECORD, *TEXTS[100:])
    assert sum(pack.block_count for pack in store.packs()) > 6
    return store


@pytest.fixture(params=["checked at once", "never checked in time"])
def check(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the check of a pack be done before anything is read from it, or after everything."""
    if request.param == "checked at once":
        started = sequential.PackCheck.__init__

        def finished(check: sequential.PackCheck, pack: sequential.Pack) -> None:
            started(check, pack)
            check.wait()

        monkeypatch.setattr(sequential.PackCheck, "__init__", finished)
    else:
        monkeypatch.setattr(sequential.Pack, "verify", lambda pack: ["not looked at"])
    return str(request.param)


def read(objects: ObjectStore, order: list[int], at_once: int = 7, expected: int = 0) -> list[bytes]:
    with RecordSource(objects, expected=expected) as source:
        runs = [order[at : at + at_once] for at in range(0, len(order), at_once)]
        return [record for run in runs for record in source.records(b"".join(IDS[i] for i in run))]


ORDERS = {
    "in order": list(range(120)),
    "backwards": list(range(119, -1, -1)),
    "shuffled": random.Random(1).sample(range(120), 120),
    "the same again": [5] * 20,
    "with strays": [i if i % 10 else 119 - i // 10 for i in range(100)],
    "two places in turn": [i // 2 + 60 * (i % 2) for i in range(120)],
    "nothing": [],
}


@pytest.mark.parametrize("order", ORDERS)
def test_records_come_in_the_order_asked_for(objects: ObjectStore, order: str) -> None:
    assert read(objects, ORDERS[order]) == [TEXTS[i] for i in ORDERS[order]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(order=st.lists(st.integers(0, 119), max_size=60), at_once=st.integers(1, 20))
def test_records_come_in_any_order(objects: ObjectStore, order: list[int], at_once: int) -> None:
    assert read(objects, order, at_once) == [TEXTS[i] for i in order]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(order=st.lists(st.integers(0, 99), max_size=60), at_once=st.integers(1, 20), run=st.integers(0, 70))
def test_what_was_just_written_comes_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], at_once: int, run: int
) -> None:
    store = store_in(tmp_path_factory.mktemp("packs"))
    with store.believing():
        for half in (slice(0, 50), slice(50, 100)):
            transaction = Transaction(Files(), store)
            transaction.add_run(TEXTS[half], IDS[half])
            transaction.finish()
        order = [*order, *range(run, run + 30), *order]
        assert read(store, order, at_once) == [TEXTS[i] for i in order]


def test_what_is_believed_is_not_hashed_and_only_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(sequential, "record_hasher", lambda: lambda record: hashed.append(record) or b"")
    store = store_in(tmp_path)
    with store.believing():
        transaction = Transaction(Files(), store)
        transaction.add_run(TEXTS[:60], IDS[:60])
        transaction.finish()
        assert read(store, list(range(60))) == TEXTS[:60]
        assert len(hashed) < 10
    assert read(store, list(range(60))) == TEXTS[:60]
    assert len(hashed) > 50


@pytest.mark.parametrize("order", ORDERS)
def test_records_of_a_pack_that_is_read_for_the_most_part(
    objects: ObjectStore, order: str, check: str
) -> None:
    assert read(objects, ORDERS[order], expected=120) == [TEXTS[i] for i in ORDERS[order]]


def test_a_pack_that_is_what_was_written_is_not_hashed_object_by_object(
    objects: ObjectStore, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(sequential, "record_hasher", lambda: lambda record: hashed.append(record) or b"")
    assert read(objects, list(range(100)), expected=100) == TEXTS[:100]
    assert (len(hashed) < 20) == (check == "checked at once")


def test_a_pack_of_which_little_is_read_is_not_looked_at_as_a_whole(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequential, "PackCheck", None)
    assert read(objects, [3, 4, 5, 6], expected=4) == TEXTS[3:7]


def test_every_block_is_decompressed_once_when_reading_in_order(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    plain = sequential.Pack.plain
    monkeypatch.setattr(
        sequential.Pack, "plain", lambda pack, block: asked.append(block) or plain(pack, block)
    )
    objects.close()
    read(objects, list(range(100)))
    records = [block for block in asked if block.kind is Kind.RECORD]
    # One more: the first record is looked up by the careful reader before the place is known.
    assert len(records) <= len(set(records)) + 1


def test_a_record_that_is_missing_is_an_error(objects: ObjectStore) -> None:
    with RecordSource(objects) as source:
        source.records(b"".join(IDS[:30]))
        with pytest.raises(MissingObjectError):
            source.records(bytes(32))
        assert source.records(IDS[30]) == [TEXTS[30]]


@pytest.mark.parametrize("expected", [0, 60])
def test_a_damaged_block_is_an_error_and_never_wrong_bytes(tmp_path: Path, expected: int, check: str) -> None:
    transaction = Transaction(Files(), store_in(tmp_path))
    transaction.add_run(TEXTS[:60], IDS[:60])
    transaction.finish()
    path = only_pack(tmp_path)
    for place in range(10, path.stat().st_size, path.stat().st_size // 40):
        flip(path, place)
        damaged = store_in(tmp_path)
        if not damaged.packs():
            flip(path, place)
            continue
        with RecordSource(damaged, expected=expected) as source:
            for number in range(60):
                try:
                    assert source.records(IDS[number]) == [TEXTS[number]]
                except DamagedError:
                    continue
        flip(path, place)


def test_a_pack_that_is_read_for_the_most_part_is_believed_only_if_it_is_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte that is looked at may be wrong, also in the index, by which records are told when it is believed."""
    hashed = []

    def digest() -> Callable[[bytes], bytes]:
        hash_of = record_hasher()
        return lambda record: hashed.append(record) or hash_of(record)

    def checked(self: sequential.RecordSource, pack: sequential.Pack) -> bool:
        known = is_sound(self, pack)
        for check in self._checks.values():
            check.wait()
        return known

    is_sound = sequential.RecordSource._is_sound
    monkeypatch.setattr(sequential, "record_hasher", digest)
    monkeypatch.setattr(sequential.RecordSource, "_is_sound", checked)
    transaction = Transaction(Files(), store_in(tmp_path))
    transaction.add_run(TEXTS[:60], IDS[:60])
    transaction.finish()
    path = only_pack(tmp_path)
    assert read(store_in(tmp_path), list(range(60)), expected=60) == TEXTS[:60]
    assert len(hashed) < 20
    noticed = 0
    for place in range(10, path.stat().st_size, path.stat().st_size // 200):
        flip(path, place)
        damaged = store_in(tmp_path)
        if damaged.packs():
            try:
                assert read(damaged, list(range(60)), expected=60) == TEXTS[:60]
            except DamagedError:
                noticed += 1
        flip(path, place)
    assert noticed > 100


def test_what_is_damaged_and_was_stored_once_more_is_read_without_an_error(tmp_path: Path) -> None:
    good = store_in(tmp_path / "good")
    transaction = Transaction(Files(), good)
    transaction.add_run(TEXTS[:60], IDS[:60])
    transaction.finish()
    block = good.packs()[0].block(1)
    index = good.packs()[0].index_offset
    numbers, starts = index + 8 * 60, index + 12 * 60
    for place in (block.offset, block.offset + block.size // 2, numbers + 3, numbers + 40, starts + 100):
        shutil.copytree(tmp_path / "good", tmp_path / str(place))
        flip(only_pack(tmp_path / str(place)), place)
        add(store_in(tmp_path / str(place)), Kind.RECORD, *TEXTS[:60])
        with RecordSource(store_in(tmp_path / str(place))) as source:
            assert source.records(b"".join(IDS[:60])) == TEXTS[:60]


def test_packs_that_are_merged_meanwhile_are_followed(tmp_path: Path) -> None:
    first = store_in(tmp_path)
    add(first, Kind.RECORD, *TEXTS[:40])
    old = only_pack(tmp_path)
    with RecordSource(first) as source:
        assert source.records(IDS[0]) == [TEXTS[0]]
        old.rename(tmp_path / "gone")
        add(store_in(tmp_path), Kind.RECORD, *TEXTS[:50])
        assert source.records(b"".join(IDS[1:50])) == TEXTS[1:50]


def test_records_of_two_places_in_turn_do_not_decompress_both_again_for_every_one(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a merge of two sides that each added something behind every entry."""
    asked = []
    whole = sequential.Pack.plain
    monkeypatch.setattr(
        sequential.Pack,
        "plain",
        lambda pack, block, end=None: asked.append(block) or whole(pack, block, end),
    )
    objects.close()
    order = [at for pair in zip(range(50), range(50, 100), strict=True) for at in pair]
    assert read(objects, order) == [TEXTS[i] for i in order]
    assert len(asked) <= 3 * len(set(asked))
