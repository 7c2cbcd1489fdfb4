"""Reading trees, sound and damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

import pytest
from memory_store import MemoryStore
from msgspec.structs import replace
from tree_samples import SMALL, columns_of, entry_id, record_id, row, rows_from, rows_in, tree_of

from rtstore.compare.entries import compare
from rtstore.errors import DamagedError, RevisionError
from rtstore.history.shape import Shape
from rtstore.history.splice import Splice, splice
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.objects import InnerPage, LeafPage, decode, encode


def test_leaves_are_listed_in_order_without_being_read() -> None:
    store = MemoryStore()
    tree = tree_of(store, rows_from(0, 1_000))
    refs = list(tree.leaves())
    leaf_ids = {id for kind, id in store.objects if kind is Kind.LEAF}
    assert leaf_ids.isdisjoint(store.reads)
    assert [ref.start for ref in refs] == [0, *(ref.stop for ref in refs)][:-1]
    assert refs[-1].stop == len(tree) == 1_000
    assert all(ref.last == entry_id(ref.stop - 1) for ref in refs)


def test_leaves_can_be_listed_from_a_position_on() -> None:
    tree = tree_of(MemoryStore(), rows_from(0, 500))
    assert list(tree.leaves(321)) == [ref for ref in tree.leaves() if ref.stop > 321]


def test_every_position_is_located() -> None:
    tree = tree_of(MemoryStore(), rows_from(0, 300))
    for position in range(300):
        leaf, index = tree.locate(position)
        assert leaf.entries[16 * index : 16 * index + 16] == entry_id(position)


def test_locating_reads_one_page_a_level() -> None:
    store = MemoryStore()
    tree = tree_of(store, rows_from(0, 20_000))
    tree.locate(12_345)
    assert len(store.reads) == tree.root.height + 1


@pytest.mark.parametrize("position", [-1, 10])
def test_a_position_outside_is_an_index_error(position: int) -> None:
    with pytest.raises(IndexError):
        tree_of(MemoryStore(), rows_from(0, 10)).locate(position)


@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (7, 7), (7, 8), (13, 200), (250, 999), (299, None), (300, 400)]
)
def test_a_range_of_entries_is_read(start: int, stop: int | None) -> None:
    rows = [row(n, annotated=n % 5 == 0, separator=b"," if n % 7 == 0 else None) for n in range(300)]
    assert list(tree_of(MemoryStore(), rows).entries(start, stop)) == rows[start:stop]


def test_an_empty_tree_has_no_leaves_and_no_entries() -> None:
    tree = Tree(MemoryStore(), Root())
    assert (len(tree), list(tree.leaves()), list(tree.entries()), tree.position_of(entry_id(1))) == (
        0,
        [],
        [],
        None,
    )


def test_an_entry_is_found_by_its_id() -> None:
    tree = tree_of(MemoryStore(), rows_from(0, 300))
    assert [tree.position_of(entry_id(number)) for number in range(300)] == list(range(300))
    assert tree.position_of(entry_id(300)) is None


def test_an_id_that_begins_inside_another_is_not_mistaken_for_it() -> None:
    a, b = bytes(range(16)), bytes(range(16, 32))
    straddling = (a + b)[5:21]
    rows = [(id, record_id(0), None, None) for id in (a, b, b"\0" * 15 + b"\1", straddling)]
    tree = tree_of(MemoryStore(), rows, Shape(7, 64))
    assert tree.position_of(straddling) == 3
    assert tree.position_of(b"\0" * 16) is None


@pytest.mark.parametrize("digits", [4, 5, 8, 31, 32])
def test_entries_are_found_by_the_beginning_of_their_id(digits: int) -> None:
    tree = tree_of(MemoryStore(), rows_from(0, 300))
    assert (123, entry_id(123)) in tree.positions_with_prefix(entry_id(123).hex()[:digits].upper())


def test_an_odd_digit_counts_and_matches_are_limited() -> None:
    ids = [bytes.fromhex(f"abcd{n:02x}" + "00" * 13) for n in range(32)]
    tree = tree_of(MemoryStore(), [(id, record_id(0), None, None) for id in ids])
    assert [position for position, _ in tree.positions_with_prefix("abcd1", limit=99)] == list(range(16, 32))
    assert len(tree.positions_with_prefix("abcd", limit=3)) == 3


@pytest.mark.parametrize("prefix", ["", "abc", "xyzw", "ab" * 17])
def test_what_cannot_begin_an_id_is_refused(prefix: str) -> None:
    with pytest.raises(RevisionError, match="entry id"):
        tree_of(MemoryStore(), rows_from(0, 5)).positions_with_prefix(prefix)


def rewritten(store: MemoryStore, tree: Tree, **change: object) -> None:
    """Put a page under the root's id that differs from it as told."""
    assert tree.root.id is not None
    page = decode(store.objects[Kind.INNER, tree.root.id], InnerPage)
    fields = {name: getattr(page, name) for name in page.__struct_fields__} | change
    store.objects[Kind.INNER, tree.root.id] = encode(InnerPage(**fields))


def test_a_page_on_the_wrong_level_is_damage() -> None:
    store = MemoryStore()
    tree = tree_of(store, rows_from(0, 500))
    rewritten(store, tree, level=tree.root.height + 1)
    with pytest.raises(DamagedError, match="level"):
        list(tree.entries())


def test_a_root_with_another_number_of_entries_is_damage() -> None:
    store = MemoryStore()
    root = tree_of(store, rows_from(0, 500)).root
    with pytest.raises(DamagedError, match="entries"):
        list(Tree(store, Root(root.id, root.height, root.count + 1)).entries())


def test_children_in_another_order_are_damage() -> None:
    store = MemoryStore()
    tree = tree_of(store, rows_from(0, 500))
    assert tree.root.id is not None
    page = decode(store.objects[Kind.INNER, tree.root.id], InnerPage)
    pages = page.pages[32:64] + page.pages[:32] + page.pages[64:]
    rewritten(store, tree, pages=pages)
    with pytest.raises(DamagedError):
        list(tree.entries())


def test_a_page_that_contains_itself_is_damage() -> None:
    store = MemoryStore()
    tree = tree_of(store, rows_from(0, 500))
    assert tree.root.id is not None
    page = decode(store.objects[Kind.INNER, tree.root.id], InnerPage)
    rewritten(store, tree, pages=tree.root.id * len(page))
    with pytest.raises(DamagedError):
        list(tree.entries())


def test_a_page_that_comes_twice_is_damage() -> None:
    """A few small pages could stand for more entries than anybody can read."""
    store = MemoryStore()
    leaf = tree_of(store, rows_from(0, 3)).top()
    while leaf.level < 40:
        page = InnerPage(leaf.level + 1, leaf.id * 2, leaf.last * 2, [leaf.count] * 2)
        id = store.add(Kind.INNER, encode(page))
        leaf = replace(leaf, id=id, level=leaf.level + 1, count=leaf.count * 2)
    tree = Tree(store, Root(leaf.id, leaf.level, leaf.count))
    with pytest.raises(DamagedError, match="twice"):
        list(tree.entries())


def test_a_leaf_that_lost_entries_is_damage() -> None:
    store = MemoryStore()
    tree = tree_of(store, rows_from(0, 500))
    ref = next(ref for ref in tree.leaves() if ref.count > 1)
    leaf = decode(store.objects[Kind.LEAF, ref.id], LeafPage)
    store.objects[Kind.LEAF, ref.id] = encode(LeafPage(leaf.entries[16:], leaf.records[32:]))
    with pytest.raises(DamagedError, match="entries"):
        tree.locate(ref.start)


def outcome(use: Callable[[], object]) -> object:
    """Return what a call gives, or the damage it reports; any other error fails the test."""
    try:
        return use()
    except DamagedError as error:
        return error


def test_flipped_bytes_end_in_an_answer_or_a_damage_report() -> None:
    rows = rows_from(0, 200)
    edit = [Splice(100, 101, columns_of([row(999)]))]
    choose = random.Random(7)
    for _ in range(400):
        store = MemoryStore()
        old, new = tree_of(store, rows), tree_of(store, rows[:150] + rows[151:])
        key = choose.choice(list(store.objects))
        data = bytearray(store.objects[key])
        data[choose.randrange(len(data))] ^= 1 << choose.randrange(8)
        store.objects[key] = bytes(data)
        outcome(partial(rows_in, store, old.root))
        outcome(partial(old.position_of, entry_id(199)))
        outcome(partial(compare, old, new))
        outcome(partial(splice, store, store, old.root, edit, SMALL))
