"""Merging packs, and packing what gc keeps: nothing is lost by either, at whatever moment they stop."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import DamagedError, StorageError
from rtstore.model.ids import Kind, object_id
from rtstore.storage import collect, repack
from rtstore.storage.collect import Collector
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Encoding, Pack
from rtstore.storage.packcheck import PackCheck
from rtstore.storage.packwriter import INCOMING
from rtstore.storage.repack import FACTOR, FEWEST, choose, merge_small_packs
from rtstore.storage.transaction import Transaction
from tests.faults import RecordingFiles, every_fault, every_power_cut, lay_out
from tests.packs import Objects, add, expected, flip, held, only_pack, page, store_in, text


class Size:
    """A pack as far as the choice is concerned."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.name = str(size)


@given(st.lists(st.integers(1, 10**6), max_size=40))
def test_after_a_merge_sizes_are_in_the_progression_or_few(sizes: list[int]) -> None:
    packs = [Size(size) for size in sizes]
    chosen = choose(packs)  # type: ignore[arg-type]
    merged = [sum(pack.size for pack in chosen)] if chosen else []
    left = sorted([pack.size for pack in packs if pack not in chosen] + merged)
    out_of_order = [i for i in range(len(left)) if left[i] < FACTOR * sum(left[:i])]
    assert all(i < FEWEST for i in out_of_order)
    assert not chosen or len(chosen) >= FEWEST


def test_ten_thousand_equal_packs_become_few_and_each_is_copied_seldom() -> None:
    packs: list[Size] = []
    copied = most = 0
    for _ in range(10_000):
        packs.append(Size(1))
        chosen = choose(packs)  # type: ignore[arg-type]
        if chosen:
            total = sum(pack.size for pack in chosen)
            packs = [pack for pack in packs if pack not in chosen] + [Size(total)]
            copied += total
        most = max(most, len(packs))
    assert most <= 12
    assert copied <= 10 * 10_000


def sessions(objects: ObjectStore, count: int) -> Objects:
    """Store what ``count`` commands do: records, and versions of a page against each other."""
    what: Objects = {}
    base = None
    for number in range(count):
        transaction = Transaction(Files(), objects)
        added = {
            (Kind.RECORD, transaction.add(Kind.RECORD, text(number))): text(number),
            (Kind.COMMIT, transaction.add(Kind.COMMIT, b"commit %d" % number)): b"commit %d" % number,
        }
        base = transaction.add(Kind.LEAF, page(1, number), base=base)
        what |= added | {(Kind.LEAF, base): page(1, number)}
        transaction.finish()
    return what


def large(objects: ObjectStore, number: int) -> Objects:
    """Store some records that make a large block."""
    texts = [text(10_000 * number + one, 2000) for one in range(20)]
    add(objects, Kind.RECORD, *texts)
    return expected(Kind.RECORD, *texts)


def test_merging_small_packs_keeps_all_they_hold_in_one(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    what = sessions(objects, 12)
    merge_small_packs(Files(), objects)
    (pack,) = objects.packs()
    assert held(objects, what) == held(store_in(tmp_path), what) == what
    assert pack.verify() == []
    kinds = [(pack.block(i).kind, pack.block(i).encoding) for i in range(pack.block_count)]
    assert kinds == [
        (Kind.RECORD, Encoding.ZSTD),
        (Kind.LEAF, Encoding.ZSTD),
        (Kind.LEAF, Encoding.DELTAS),
        (Kind.COMMIT, Encoding.ZSTD),
    ]


def test_small_blocks_of_one_kind_compress_better_together(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    for number in range(FEWEST):
        add(objects, Kind.RECORD, text(number))
    before = sum(pack.size for pack in objects.packs())
    merge_small_packs(Files(), objects)
    assert objects.packs()[0].size < before / 2


def test_large_blocks_are_copied_as_they_are(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    what = large(objects, 1) | large(objects, 2)
    before = {pack.stored(pack.block(0)) for pack in objects.packs()}
    for number in range(FEWEST):
        add(objects, Kind.BLOB, b"%d" % number * 20_000)
    repack._merge(Files(), objects, objects.packs())
    (pack,) = objects.packs()
    assert before <= {pack.stored(pack.block(index)) for index in range(pack.block_count)}
    assert held(objects, what) == what


def test_few_packs_are_left_alone(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    sessions(objects, FEWEST - 1)
    names = {pack.name for pack in objects.packs()}
    merge_small_packs(Files(), objects)
    assert {pack.name for pack in objects.packs()} == names


def test_large_packs_and_those_of_gc_are_left_to_gc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = store_in(tmp_path)
    monkeypatch.setattr(collect, "DICTIONARY_FROM", 1)
    texts = [text(number) for number in range(1000)]
    add(objects, Kind.RECORD, *texts)
    what = expected(Kind.RECORD, *texts)
    collected(objects, what)
    from_gc = only_pack(tmp_path).name
    assert objects.packs()[0].dictionary_block
    large(objects, 1)
    monkeypatch.setattr(repack, "LARGE_PACK", max(pack.size for pack in objects.packs()))
    large_one = max(objects.packs(), key=lambda pack: pack.size).name
    for number in range(FEWEST):
        add(objects, Kind.BLOB, b"%d" % number)
    merge_small_packs(Files(), objects)
    assert {from_gc, large_one} <= {pack.name for pack in objects.packs()}
    assert held(objects, what) == what


def test_a_damaged_pack_is_left_as_it_is(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    what = sessions(objects, FEWEST + 2)
    damaged = min(tmp_path.glob("*.pack"), key=lambda path: path.stat().st_size)
    lost = {(Kind.COMMIT, id) for kind, id in what if kind is Kind.COMMIT and Pack(str(damaged)).find(id)}
    flip(damaged, damaged.stat().st_size // 2)
    objects.close()
    merge_small_packs(Files(), objects)
    assert damaged.exists()
    assert len(objects.packs()) < FEWEST
    rest = {key: data for key, data in what.items() if key[0] is Kind.COMMIT and key not in lost}
    assert held(objects, rest) == rest


def test_objects_left_twice_by_a_killed_merge_are_merged_into_one(tmp_path: Path) -> None:
    objects = store_in(tmp_path / "packs")
    what = sessions(objects, 8)
    shutil.copytree(tmp_path / "packs", tmp_path / "before")
    merge_small_packs(Files(), objects)
    for path in (tmp_path / "before").glob("*.pack"):
        shutil.copy(path, tmp_path / "packs")
    objects.reload()
    merge_small_packs(Files(), objects)
    (pack,) = objects.packs()
    assert pack.objects == len(what)
    assert held(objects, what) == what


@pytest.mark.parametrize("forever", [False, True])
@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_a_failing_disk_is_no_reason_for_a_command_to_fail(tmp_path: Path, forever: bool, when: str) -> None:
    what = sessions(store_in(tmp_path / "first"), FEWEST + 2)
    for number, files in enumerate(every_fault(forever=forever, when=when)):  # type: ignore[arg-type]
        directory = tmp_path / str(number)
        shutil.copytree(tmp_path / "first", directory)
        objects = store_in(directory)
        merge_small_packs(files, objects)
        assert held(objects, what) == held(store_in(directory), what) == what


def test_a_power_cut_during_a_merge_loses_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    what = sessions(store_in(root / "packs"), FEWEST + 2)
    files = RecordingFiles(root)
    merge_small_packs(files, store_in(root / "packs"))
    assert len(list((root / "packs").iterdir())) < FEWEST
    for _, disk in every_power_cut(files):
        lay_out(disk, tmp_path / "found")
        assert held(store_in(tmp_path / "found" / "packs"), what) == what


def collected(
    objects: ObjectStore, what: Objects, model: Pack | None = None, files: Files | None = None
) -> str:
    """Collect ``what`` into a pack and remove all others; return its path."""
    wanted: collect.Wanted = {kind: {} for kind in Kind}
    for kind, id in what:
        wanted[kind][id] = None
    old = objects.packs()
    collector = Collector(files or Files(), objects, wanted, 9)
    try:
        if model is None:
            collector.train()
        else:
            collector.copy(model)
        path = collector.finish()
    except BaseException:
        collector.abandon()
        raise
    assert not any(wanted.values())
    repack.remove_packs(files or Files(), objects, [pack for pack in old if pack.path != path])
    return path


def test_collecting_keeps_what_is_wanted_and_nothing_else(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    what = sessions(objects, 30)
    kept = dict(list(what.items())[::2])
    collected(objects, kept)
    (pack,) = objects.packs()
    assert pack.objects == len(kept)
    assert held(objects, kept) == kept
    assert all(not objects.contains(kind, id) for kind, id in what.keys() - kept.keys())


def test_collected_page_versions_are_whole_and_small_together(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    what = {key: data for key, data in sessions(objects, 60).items() if key[0] is Kind.LEAF}
    before = sum(pack.size for pack in objects.packs())
    path = collected(objects, what)
    assert {objects.read_version(kind, id)[1] for kind, id in what} == {0}
    assert Path(path).stat().st_size < before / 3


def test_many_records_are_collected_with_a_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "DICTIONARY_FROM", 1)
    objects = store_in(tmp_path)
    texts = [text(number) for number in range(2000)]
    add(objects, Kind.RECORD, *texts)
    what = expected(Kind.RECORD, *texts)
    collected(objects, what)
    (pack,) = objects.packs()
    assert pack.dictionary()
    assert {pack.block(i).encoding for i in range(pack.block_count)} == {Encoding.PLAIN, Encoding.DICTIONARY}
    assert held(objects, what) == what
    check = PackCheck(objects).run()
    assert (check.problems, check.blocks) == ([], [])
    assert check.intact[Kind.RECORD] == {id for _, id in what}


def test_records_no_dictionary_can_be_trained_on_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "DICTIONARY_FROM", 1)
    objects = store_in(tmp_path)
    add(objects, Kind.RECORD, b"1", b"2")
    collected(objects, expected(Kind.RECORD, b"1", b"2"))
    assert objects.packs()[0].dictionary() is None


def test_blocks_that_are_wanted_whole_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "DICTIONARY_FROM", 1)
    objects = store_in(tmp_path)
    texts = [text(number, 2000) for number in range(200)]
    add(objects, Kind.RECORD, *texts)
    collected(objects, expected(Kind.RECORD, *texts))
    (model,) = objects.packs()
    blocks = {model.stored(model.block(index)) for index in range(model.block_count)}
    add(objects, Kind.RECORD, text(1000), text(1001))
    what = expected(Kind.RECORD, *texts[1:], text(1000))
    collected(objects, what, model)
    (pack,) = objects.packs()
    copied = blocks & {pack.stored(pack.block(index)) for index in range(pack.block_count)}
    assert len(blocks) - len(copied) == 1
    assert pack.dictionary() and pack.objects == len(what)
    assert held(objects, what) == what


def test_collecting_something_damaged_is_refused_and_leaves_all_as_it_was(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    texts = [text(number) for number in range(100)]
    add(objects, Kind.RECORD, *texts)
    flip(only_pack(tmp_path), 100)
    names = [path.name for path in tmp_path.iterdir()]
    with pytest.raises(DamagedError):
        collected(store_in(tmp_path), expected(Kind.RECORD, *texts))
    assert [path.name for path in tmp_path.iterdir()] == names


def test_a_failing_disk_during_a_collection_loses_nothing(tmp_path: Path) -> None:
    what = sessions(store_in(tmp_path / "first"), 5)
    for number, files in enumerate(every_fault()):
        directory = tmp_path / str(number)
        shutil.copytree(tmp_path / "first", directory)
        objects = store_in(directory)
        try:
            collected(objects, what, files=files)
        except StorageError:
            assert files.fired
        assert held(store_in(directory), what) == what
        incoming = [path for path in directory.iterdir() if path.name.startswith(INCOMING)]
        assert len(incoming) <= 1


def test_the_order_of_records_is_the_one_asked_for(tmp_path: Path) -> None:
    objects = store_in(tmp_path)
    ids = add(objects, Kind.RECORD, *(text(number) for number in range(50)))
    wanted: collect.Wanted = {Kind.RECORD: dict.fromkeys(ids)}
    collector = Collector(Files(), objects, wanted, 3)
    collector.add_records([ids[7], bytes(32), *ids[::-1]])
    pack = Pack(collector.finish())
    plain = pack.plain(pack.block(0))
    first = [object_id(Kind.RECORD, plain[start:end]) for start, end in pack.bounds(pack.block(0))]
    assert first == [ids[7], *(id for id in ids[::-1] if id != ids[7])]
