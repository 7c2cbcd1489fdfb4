"""A dataset whose entries were given ids anew when it was given another name: with the ids they had before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rtstore.compare.identity.align import assign
from rtstore.compare.identity.gaps import Gap
from rtstore.compare.renames import keeps_ids
from rtstore.compare.version import Version
from rtstore.history.columns import Columns
from rtstore.history.tree import Tree
from rtstore.history.treebuild import build
from rtstore.model.ids import ENTRY_ID_SIZE as E
from rtstore.model.ids import Kind
from rtstore.model.objects import encode

if TYPE_CHECKING:
    from rtstore.compare.merge.contents import Storage


def with_old_ids(old: Version, new: Version, storage: Storage) -> Version:
    """Return ``new`` with the ids that its entries have in ``old``; itself, if most of them have them anyway.

    Entries are recognised as in a working file: by record, id, and what they say. New pages go to ``storage``, which
    has what ``new`` consists of.

    Raises:
        DamagedError: what is needed of the versions is missing or damaged.
    """
    if keeps_ids(old.tree, new.tree):
        return new
    columns = _columns(new.tree)
    gap = Gap(0, _columns(old.tree), columns.records, columns.entries, whole=True)
    assign([gap], _Texts(gap, old, new), lambda _: set())
    names = {
        bytes(columns.entries[at : at + E]): bytes(gap.entries[at : at + E])
        for at in range(0, len(gap.entries), E)
    }
    columns.entries = gap.entries
    root = build(storage, columns)
    dataset = msgspec.structs.replace(
        new.dataset, root=root.id, height=root.height, registry=_registry(new, names, storage)
    )
    return Version(dataset, storage, new.record)


class _Texts:
    """The records of both versions; what a line claims is the id that it has."""

    def __init__(self, gap: Gap, old: Version, new: Version) -> None:
        self._gap = gap
        self._old = old
        self._new = new

    def known(self, gap: int, index: int) -> bytes:
        return self._old.record(index, self._gap.known_record(index))

    def known_claim(self, gap: int, index: int) -> bytes:
        return self._gap.known_entry(index)

    def line(self, gap: int, line: int) -> bytes:
        return self._new.record(line, self._gap.record(line))


def _columns(tree: Tree) -> Columns:
    columns = Columns()
    for ref in tree.leaves():
        columns.extend_from_page(tree.leaf(ref), 0, ref.count)
    return columns


def _registry(version: Version, names: dict[bytes, bytes], storage: Storage) -> bytes | None:
    """Return the registry with the order of its mappings in the new ids."""
    registry = version.registry
    if registry is None or not registry.mapping_order:
        return version.dataset.registry
    ids = (registry.mapping_order[at : at + E] for at in range(0, len(registry.mapping_order), E))
    order = b"".join(names.get(id, id) for id in ids)
    return storage.add(Kind.REGISTRY, encode(msgspec.structs.replace(registry, mapping_order=order)))
