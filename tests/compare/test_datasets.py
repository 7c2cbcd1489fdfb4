"""What differs between two versions of a dataset, as values."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from tree_samples import SMALL, columns_of, entry_id

from rtstore.compare.datasets import DatasetDifference
from rtstore.compare.difference import EntryChange, FieldChange
from rtstore.compare.version import Version
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, Counts, Dataset, Framing, Settings, encode

#: Entries by number, each with its record and its mapping.
Entries = list[tuple[int, bytes, bytes]]


def version(
    store: MemoryStore, entries: Entries, separators: dict[int, bytes] | None = None, **more: Any
) -> Version:
    rows = []
    for place, (number, record, mapping) in enumerate(entries):
        annotation = store.add(Kind.ANNOTATION, encode(Annotation(mapping))) if mapping else None
        separator = (separators or {}).get(place)
        rows.append((entry_id(number), store.add(Kind.RECORD, record), annotation, separator))
    root = build(store, columns_of(rows), SMALL)
    values = {"framing": Framing(), "settings": Settings(), **more}
    return Version(Dataset(root.id, root.height, root.count, **values), store)


def plain(*numbers: int) -> Entries:
    return [(number, b'{"n": %d}' % number, b"") for number in numbers]


def compared(old: Entries | None, new: Entries | None) -> DatasetDifference:
    store = MemoryStore()
    sides = (version(store, entries) if entries is not None else None for entries in (old, new))
    return DatasetDifference("mara.jsonl", *sides)


def tally(found: list[EntryChange]) -> Counts:
    return Counts(**Counter(each.change for each in found))


def applied(old: Entries, found: list[EntryChange]) -> list[bytes]:
    """Return the order of entries that the differences make of the old one."""
    gone = {each.id for each in found if each.change == "removed" or each.moved}
    ids = [id for number, *_ in old if (id := entry_id(number)) not in gone]
    for each in found:
        if each.change == "added" or each.moved:
            ids.insert(0 if each.after is None else ids.index(each.after) + 1, each.id)
    return ids


@st.composite
def two_versions(draw: st.DrawFn) -> tuple[Entries, Entries]:
    old = plain(*draw(st.lists(st.integers(0, 200), unique=True, max_size=60)))
    new = list(old)
    for fresh in range(draw(st.integers(0, 10))):
        at = draw(st.integers(0, len(new)))
        what = draw(st.sampled_from(["add", "remove", "edit", "reformat", "map", "move"]))
        if what == "add" or at == len(new):
            new[at:at] = plain(1000 + fresh)
        elif what == "remove":
            del new[at]
        elif what == "move":
            new.insert(draw(st.integers(0, len(new) - 1)), new.pop(at))
        else:
            number, record, mapping = new[at]
            edits = {"edit": (b'{"n": -1}', b""), "reformat": (record.replace(b" ", b""), mapping)}
            new[at] = (number, *edits.get(what, (record, b'{"turns": []}')))
    return old, new


@given(two_versions())
def test_the_counts_are_those_of_the_entries_which_make_the_new_order_of_the_old_one(
    versions: tuple[Entries, Entries],
) -> None:
    old, new = versions
    difference = compared(old, new)
    found = list(difference.entries)
    assert difference.counts == tally(found)
    assert applied(old, found) == [entry_id(number) for number, *_ in new]
    assert [each.new_position for each in found if each.new_position is not None] == sorted(
        each.new_position for each in found if each.new_position is not None
    )
    assert list(difference.entries) == found, "they can be gone through again"


@given(two_versions())
def test_each_entry_says_where_it_is_and_what_it_is_in_both(versions: tuple[Entries, Entries]) -> None:
    old, new = versions
    for each in compared(old, new).entries:
        for entries, position, text in (
            (old, each.old_position, each.old_text),
            (new, each.new_position, each.new_text),
        ):
            assert (position is None) == (text is None)
            if position is not None:
                assert (entry_id(entries[position][0]), entries[position][1]) == (each.id, text)


def test_a_removed_entry_stands_where_it_was() -> None:
    found = compared(plain(1, 2, 3, 4), [plain(1)[0], *plain(9), (4, b"{}", b"")]).entries
    assert [(each.change, each.old_position, each.new_position) for each in found] == [
        ("removed", 1, None),
        ("removed", 2, None),
        ("added", None, 1),
        ("edited", 3, 2),
    ]


def test_an_entry_of_which_only_the_mapping_changed_is_edited() -> None:
    (found,) = compared([(1, b"{}", b'{"turns": [], "note": 1}')], [(1, b"{}", b'{"turns": []}')]).entries
    assert (found.change, [field.path for field in found.fields]) == ("edited", ["mapping/note"])


def test_a_mapping_that_says_the_same_in_another_order_still_says_how_it_differs() -> None:
    (found,) = compared([(1, b"{}", b'{"a": 1, "b": 2}')], [(1, b"{}", b'{"b": 2, "a": 1}')]).entries
    assert (found.change, [field.path for field in found.fields]) == ("edited", ["mapping"])


def test_a_dataset_that_only_one_version_has_is_read_as_it_is_gone_through() -> None:
    store = MemoryStore()
    whole = version(store, plain(*range(300)))
    difference = DatasetDifference("mara.jsonl", None, whole)
    assert (difference.change, difference.counts) == ("added", Counts(added=300))
    store.forget_counts()
    found = difference.entries
    first = next(found)
    assert (first.change, first.new_position, first.new_text, first.after) == ("added", 0, b'{"n": 0}', None)
    assert next(found).after == entry_id(0)
    assert len(store.reads) < 10
    gone = DatasetDifference("mara.jsonl", whole, None)
    assert (gone.change, gone.counts) == ("removed", Counts(removed=300))
    assert [each.old_position for each in gone.entries] == list(range(300))


def test_few_differences_read_few_objects() -> None:
    store = MemoryStore()
    entries = plain(*range(20_000))
    old = version(store, entries)
    new = version(store, [*entries[:500], (500, b"{}", b""), *entries[501:]])
    store.forget_counts()
    difference = DatasetDifference("mara.jsonl", old, new)
    assert difference.counts == Counts(edited=1)
    assert len(list(difference.entries)) == 1
    assert len(store.reads) < 60


def test_only_the_entries_asked_for() -> None:
    store = MemoryStore()
    old, new = version(store, plain(1, 2, 3)), version(store, [*plain(9, 1), (2, b"{}", b"")])
    only = {entry_id(2), entry_id(9)}
    difference = DatasetDifference("mara.jsonl", old, new, only)
    assert [each.change for each in difference.entries] == ["added", "edited"]
    assert difference.counts == Counts(added=1, edited=1)
    assert DatasetDifference("mara.jsonl", None, new, only).counts == Counts(added=2)


def test_what_is_around_the_records_is_told_once() -> None:
    store = MemoryStore()
    windows = Framing(separator=b"\r\n", tail=b"", mode=0o600, head=b"\xef\xbb\xbf")
    settings = Settings("id", ("saved",))
    old = version(store, plain(1, 2))
    new = version(store, plain(1, 2), framing=windows, settings=settings)
    difference = DatasetDifference("mara.jsonl", old, new)
    assert difference.file == (
        FieldChange("framing.head", "", "\ufeff"),
        FieldChange("framing.separator", "\n", "\r\n"),
        FieldChange("framing.tail", "\n", ""),
        FieldChange("framing.mode", "644", "600"),
        FieldChange("settings.id_field", None, "id"),
        FieldChange("settings.volatile", ["_rolethread.validated_at", "_rolethread.version"], ["saved"]),
    )
    assert difference.counts == Counts(reformatted=2)
    assert list(difference.entries) == []


def test_an_entry_with_another_line_ending_of_its_own_is_reformatted() -> None:
    store = MemoryStore()
    old, new = version(store, plain(1, 2, 3)), version(store, plain(1, 2, 3), {1: b"\r\n"})
    difference = DatasetDifference("mara.jsonl", old, new)
    assert [(each.change, each.new_position) for each in difference.entries] == [("reformatted", 1)]
    assert difference.counts == Counts(reformatted=1)


CUT = b'{"n": 1, "_rolethread": {"validated_at": , "native": true}}'


def test_values_that_were_cut_out_are_no_difference() -> None:
    (found,) = compared([(1, CUT, b"")], [(1, CUT.replace(b": 1", b":  1"), b"")]).entries
    assert (found.change, found.fields, found.old_text) == ("reformatted", (), CUT)


def test_values_that_are_cut_out_of_one_version_only_are_compared_with_nothing() -> None:
    store = MemoryStore()
    whole = CUT.replace(b": ,", b': "monday",')
    old, new = (
        version(store, [(1, CUT, b"")]),
        version(store, [(1, whole, b"")], settings=Settings(volatile=())),
    )
    (found,) = DatasetDifference("mara.jsonl", old, new).entries
    assert found.fields == (FieldChange("_rolethread.validated_at", None, "monday"),)
