"""Entries of one dataset at the end of another: whole columns, and new ids where both have the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count

from rtstore.formats.heads import NO_CLAIM, HeadDecoder
from rtstore.history.columns import Columns
from rtstore.history.tree import Tree
from rtstore.model.ids import (
    ENTRY_ID_SIZE,
    OBJECT_ID_SIZE,
    entry_id_of_duplicate,
    entry_id_of_record,
)
from rtstore.model.jsontext import loads
from rtstore.model.objects import Settings

E = ENTRY_ID_SIZE
R = OBJECT_ID_SIZE


def columns_of(tree: Tree, annotations: Mapping[int, bytes]) -> Columns:
    """Return the entries of a tree with these annotations, by position."""
    columns = Columns()
    for ref in tree.leaves():
        columns.extend_from_page(tree.leaf(ref), 0, ref.stop - ref.start)
    columns.annotations = dict(annotations)
    return columns


def entry_ids(tree: Tree) -> set[bytes]:
    """Return the ids of all entries of a tree."""
    return {
        entries[at : at + E]
        for entries in (tree.leaf(ref).entries for ref in tree.leaves())
        for at in range(0, len(entries), E)
    }


def rename_clashing(
    columns: Columns, there: set[bytes], settings: Settings, text_at: Callable[[int], bytes]
) -> None:
    """Give entries whose ids are ``there`` already new ones, as a scan of one file with both would.

    ``text_at`` gives the record of an entry by its index.
    """
    ids = [bytes(columns.entries[at : at + E]) for at in range(0, len(columns.entries), E)]
    if there.isdisjoint(ids):
        return
    decoder = HeadDecoder(settings)
    used = set(there)
    for index, id in enumerate(ids):
        if id in used:
            record = bytes(columns.records[index * R : (index + 1) * R])
            claim = decoder.claim_in(loads(text_at(index))) if decoder.has_claims else NO_CLAIM
            id = _unused(used, record, claim)
            columns.entries[index * E : (index + 1) * E] = id
        used.add(id)


def _unused(used: set[bytes], record: bytes, claim: bytes) -> bytes:
    """Return an id for an entry of a record that claims an id, or none."""
    has_claim = claim != NO_CLAIM
    for ordinal in count():
        id = (
            entry_id_of_duplicate(claim, record, ordinal)
            if has_claim
            else entry_id_of_record(record, ordinal)
        )
        if id not in used:
            return id
    raise AssertionError("there are more numbers than entries")
