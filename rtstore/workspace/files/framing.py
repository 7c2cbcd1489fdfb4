"""Framing that says what a scan of the file would say, after entries came and went without one (law 7)."""

from __future__ import annotations

import msgspec

from rtstore.errors import DamagedError
from rtstore.formats.jsonl import BOM, usual_ending
from rtstore.history.columns import Columns
from rtstore.history.tree import Root, Tree
from rtstore.history.treebuild import build
from rtstore.model.objects import Dataset, Framing
from rtstore.workspace.files.texts import Storage

_FSCK = "run: rtstore fsck"
#: What separates the elements of an array that has fewer than two.
ARRAY_SEPARATOR = b",\n"


def normalised(storage: Storage, dataset: Dataset, had_entries: bool, other_framing: bool = False) -> Dataset:
    """Return a changed dataset with the framing a scan of its file would find.

    The usual separator of a file is the one after its first record, without the blank lines that may follow in
    JSONL; a file without records is all head. ``had_entries``: whether the framing is that of a file with some;
    ``other_framing``: whether the entries are from a file with another usual separator.
    """
    framing = dataset.framing
    if not dataset.count:
        return msgspec.structs.replace(dataset, framing=_without_records(framing))
    if not had_entries:
        framing = _with_records(framing)
    tree = Tree(storage, Root(dataset.root, dataset.height, dataset.count))
    separator = _usual(tree, framing)
    if separator == framing.separator and not other_framing:
        return msgspec.structs.replace(dataset, framing=framing)
    root = _with_usual_separator(storage, tree, framing.separator, separator)
    return msgspec.structs.replace(
        dataset,
        root=root.id,
        height=root.height,
        count=root.count,
        framing=msgspec.structs.replace(framing, separator=separator),
    )


def _without_records(framing: Framing) -> Framing:
    if framing.layout == "array":
        head = framing.head + framing.tail
        return msgspec.structs.replace(framing, head=head, separator=ARRAY_SEPARATOR, tail=b"")
    # The line break at the end was that of the last record.
    return msgspec.structs.replace(framing, separator=b"\n", tail=b"")


def _with_records(framing: Framing) -> Framing:
    if framing.layout == "array":
        end = framing.head.rfind(b"]")
        return msgspec.structs.replace(framing, head=framing.head[:end], tail=framing.head[end:])
    head = framing.head
    if head.removeprefix(BOM) and not head.endswith(b"\n"):
        head += b"\n"  # white space that was all of the file: no part of the first record
    return msgspec.structs.replace(framing, head=head, tail=b"\n")


def _usual(tree: Tree, framing: Framing) -> bytes:
    if len(tree) > 1:
        first = next(iter(tree.entries(0, 1)))
        separator = framing.separator if first.separator is None else first.separator
        if framing.layout == "array":
            return separator
        if b"\n" not in separator:
            raise DamagedError("two records of a dataset are not on lines of their own", hint=_FSCK)
        return usual_ending(separator)
    if framing.layout == "array":
        return ARRAY_SEPARATOR
    return usual_ending(framing.tail)


def _with_usual_separator(storage: Storage, tree: Tree, old: bytes, new: bytes) -> Root:
    columns = Columns()
    for row in tree.entries():
        separator = old if row.separator is None else row.separator
        columns.append(row.entry, row.record, row.annotation, None if separator == new else separator)
    return build(storage, columns)
