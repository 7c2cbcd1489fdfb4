"""Finding entries by their ids."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from tree_samples import Row, columns_of, entry_id, record_id, rows_from

from rtstore.errors import DamagedError, MissingObjectError, RevisionError
from rtstore.history.splice import Splice, splice
from rtstore.history.tree import Tree
from rtstore.history.treebuild import build
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.transaction import Transaction
from rtstore.workspace.index import STRAYS, EntryIndex


class Shelf:
    """A store of nothing but trees."""

    def __init__(self, directory: Path) -> None:
        self.objects = ObjectStore(str(directory))

    def tree(self, rows: list[Row]) -> Tree:
        """Store a tree of these rows."""
        transaction = Transaction(Files(), self.objects)
        root = build(transaction, columns_of(rows))
        transaction.finish()
        return Tree(self.objects, root)

    def edited(self, tree: Tree, splices: list[Splice]) -> Tree:
        """Store a version of a tree."""
        transaction = Transaction(Files(), self.objects)
        root = splice(transaction, transaction, tree.root, splices)
        transaction.finish()
        return Tree(self.objects, root)

    def index(self, tree: Tree) -> EntryIndex:
        return EntryIndex(tree, self.objects)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def named(entries: list[bytes]) -> list[Row]:
    """Return rows with these entry ids."""
    return [(entry, record_id(number), None, None) for number, entry in enumerate(entries)]


@pytest.mark.parametrize("count", [1, 3, 3_000])
def test_every_entry_is_found_by_its_id_and_no_other(shelf: Shelf, count: int) -> None:
    index = shelf.index(shelf.tree(rows_from(0, count)))
    assert [index.find(entry_id(number)) for number in range(count)] == list(range(count))
    assert [index.find(entry_id(number)) for number in range(count, count + 50)] == [None] * 50


def test_nothing_is_found_where_there_are_no_entries(shelf: Shelf) -> None:
    index = shelf.index(shelf.tree([]))
    assert index.find(entry_id(1)) is None
    with pytest.raises(RevisionError, match=r"mara\.jsonl has no entry abcd"):
        index.position("abcd", "mara.jsonl")


@pytest.mark.parametrize("digits", [7, 8, 15, 32])
def test_the_beginning_of_an_id_in_any_spelling_finds_its_entry(shelf: Shelf, digits: int) -> None:
    index = shelf.index(shelf.tree(rows_from(0, 500)))
    prefix = entry_id(321).hex()[:digits].upper()
    assert index.position(f"{prefix[:4]}-{prefix[4:]}", "mara.jsonl") == 321


def test_a_beginning_that_fits_several_entries_names_them(shelf: Shelf) -> None:
    entries = [bytes((0xAB, 0xCD, number)) + bytes(13) for number in range(12)]
    index = shelf.index(shelf.tree(named(entries)))
    with pytest.raises(RevisionError, match="fits several entries") as caught:
        index.position("abcd0", "mara.jsonl")
    assert caught.value.candidates == tuple(entry.hex()[:12] for entry in entries[:8])
    assert index.position("abcd0b", "mara.jsonl") == 11


def test_ids_that_begin_with_the_same_time_are_told_apart(shelf: Shelf) -> None:
    count = 3 * STRAYS
    entries = [b"\x01\x9c\x8a\x7f\x01\x02" + entry_id(number)[:10] for number in range(count)]
    index = shelf.index(shelf.tree(named(entries)))
    assert [index.find(entry) for entry in entries] == list(range(count))
    assert index.find(entries[0][:6] + bytes(10)) is None


def test_an_id_that_lies_across_two_others_is_not_found(shelf: Shelf) -> None:
    entries = [entry_id(number) for number in range(200)]
    index = shelf.index(shelf.tree(named([b"\0" * 16, *entries])))
    assert all(index.find(before[8:] + after[:8]) is None for before, after in pairwise(entries))


@pytest.mark.parametrize("asked", [False, True])
def test_the_index_of_an_edited_version_is_that_of_its_tree(shelf: Shelf, asked: bool) -> None:
    old = shelf.tree(rows_from(0, 400))
    splices = [
        Splice(0, 0, columns_of(rows_from(500, 510))),
        Splice(100, 105, columns_of([])),
        Splice(200, 201, columns_of(named([entry_id(200)]))),
        Splice(400, 400, columns_of(rows_from(600, 601))),
    ]
    new = shelf.edited(old, splices)
    before = shelf.index(old)
    if asked:
        before.find(entry_id(1))
    index = before.spliced(new, splices)
    ids = [entry.entry for entry in new.entries()]
    assert len(ids) == 406
    assert [index.find(id) for id in ids] == list(range(406))
    assert index.find(entry_id(102)) is None
    assert before.find(entry_id(102)) == 102


def test_an_edit_of_records_alone_shares_the_index(shelf: Shelf) -> None:
    old = shelf.tree(rows_from(0, 300))
    edits = [Splice(7, 8, columns_of([(entry_id(7), record_id(9_999), None, None)]))]
    before = shelf.index(old)
    assert before.find(entry_id(7)) == 7
    assert before.spliced(shelf.edited(old, edits), edits).find(entry_id(299)) == 299


def test_a_damaged_page_is_an_error_and_not_a_wrong_answer(shelf: Shelf, tmp_path: Path) -> None:
    tree = shelf.tree(rows_from(0, 2_000))
    (pack,) = tmp_path.glob("*.pack")
    data = bytearray(pack.read_bytes())
    at = data.find(entry_id(1_000))
    data[at] ^= 1
    pack.chmod(0o644)
    shelf.objects.close()
    pack.write_bytes(data)
    with pytest.raises(DamagedError) as caught:
        shelf.index(Tree(shelf.objects, tree.root)).find(entry_id(1_999))
    assert not isinstance(caught.value, MissingObjectError)
