"""Records on their way out are told by the beginning of their ids, but for those that begin alike."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packs import add, store_in, text

from rtstore.errors import MissingObjectError
from rtstore.model.ids import Kind
from rtstore.remote.format.part import PartBuilder, open_part
from rtstore.remote.sending.records import RecordSender
from rtstore.storage.locate import Locator
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import PREFIX_SIZE
from rtstore.storage.transaction import Transaction

NUMBERS = range(60)


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    """A store with sixty records in three packs, the blocks of which are small."""
    made = store_in(tmp_path_factory.mktemp("store") / "packs")
    with patch("rtstore.storage.transaction.BLOCK", 1500):
        for start in (0, 30, 50):
            add(made, Kind.RECORD, *map(text, range(start, {0: 30, 30: 50, 50: 60}[start])))
    return made


def ids_of(objects: ObjectStore) -> list[bytes]:
    transaction = Transaction(None, objects)  # type: ignore[arg-type]
    return [transaction.add(Kind.RECORD, text(number)) for number in NUMBERS]


def prefix(id: bytes) -> int:
    return int.from_bytes(id[:PREFIX_SIZE], "big")


def sent(objects: ObjectStore, marked: list[bytes], wanted: list[list[bytes]]) -> list[tuple[bytes, bytes]]:
    builder = PartBuilder()
    sender = RecordSender(objects, builder)
    sender.mark(b"".join(marked))
    for ids in wanted:
        sender.want(b"".join(ids))
    sender.flush()
    return [
        (id, data)
        for part in builder.take(rest=True)
        for opened in open_part(part)
        for _, id, data in opened.objects()
    ]


some = st.lists(st.sampled_from(NUMBERS), max_size=40)


@given(some, st.lists(some, max_size=4), some)
def test_each_record_that_is_wanted_and_not_there_is_sent_once(
    objects: ObjectStore, marked: list[int], wanted: list[list[int]], alike: list[int]
) -> None:
    ids = ids_of(objects)
    with patch.object(Locator, "alike", lambda self: {prefix(ids[number]) for number in alike}):
        found = sent(objects, [ids[n] for n in marked], [[ids[n] for n in each] for each in wanted])
    expected = {number for each in wanted for number in each} - set(marked)
    assert sorted(found) == sorted((ids[number], text(number)) for number in expected)


def test_a_record_that_is_nowhere_is_missed(objects: ObjectStore) -> None:
    with pytest.raises(MissingObjectError):
        sent(objects, [], [[bytes(32)]])
    with patch.object(Locator, "alike", lambda self: {0}), pytest.raises(MissingObjectError):
        sent(objects, [], [[bytes(32)]])


def test_no_ids_begin_alike_by_chance(objects: ObjectStore) -> None:
    assert Locator(objects).alike() == set()


def test_what_is_in_two_packs_or_twice_in_one_begins_alike(tmp_path: Path) -> None:
    first, second = store_in(tmp_path / "packs"), store_in(tmp_path / "packs")
    second.packs()
    [one, two, three] = add(first, Kind.RECORD, text(1), text(2), text(3))
    add(second, Kind.RECORD, text(2), text(4))  # which does not know of the first pack
    first.reload()
    assert Locator(first).alike() == {prefix(two)}
    assert sent(first, [], [[one, two, three, two]]) == [(two, text(2)), (one, text(1)), (three, text(3))]
