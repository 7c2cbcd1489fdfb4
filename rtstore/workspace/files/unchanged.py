"""Whether two versions of a dataset make the same files: they may differ in what the files do not say.

Annotations but for the mapping, and the partition, are in the store alone. A file need not be written for them.
"""

from __future__ import annotations

from rtstore.history.tree import PageRef, Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, Dataset, LeafPage, decode
from rtstore.storage.interface import ObjectReader


def makes_the_same_files(reader: ObjectReader, old: Dataset, new: Dataset) -> bool:
    """Tell whether the file and the sidecar of two versions are the same, at a cost that follows what differs."""
    around = [
        (each.count, each.height, each.framing, each.stamps, each.registry, each.settings.volatile)
        for each in (old, new)
    ]
    if around[0] != around[1]:
        return False
    if old.root == new.root:
        return True
    trees = [Tree(reader, Root(each.root, each.height, each.count)) for each in (old, new)]
    return _Comparison(reader, *trees).same(trees[0].top(), trees[1].top())


class _Comparison:
    """Two trees whose entries may be the same. Then they have the same shape: it follows from the entries' ids."""

    def __init__(self, reader: ObjectReader, old: Tree, new: Tree) -> None:
        self._reader = reader
        self._old, self._new = old, new

    def same(self, old: PageRef, new: PageRef) -> bool:
        """Tell whether what is below two pages is the same in the files."""
        if old.id == new.id:
            return True
        if (old.level, old.count, old.last) != (new.level, new.count, new.last):
            return False
        if not old.level:
            return self._same_leaves(self._old.leaf(old), self._new.leaf(new))
        pairs = [self._old.children(old), self._new.children(new)]
        return len(pairs[0]) == len(pairs[1]) and all(map(self.same, *pairs))

    def _same_leaves(self, old: LeafPage, new: LeafPage) -> bool:
        parts = [(leaf.entries, leaf.records, leaf.separators) for leaf in (old, new)]
        if parts[0] != parts[1]:
            return False
        before, after = dict(old.annotations), dict(new.annotations)
        return all(
            self._mapping(before.get(index)) == self._mapping(after.get(index))
            for index in before.keys() | after.keys()
            if before.get(index) != after.get(index)
        )

    def _mapping(self, id: bytes | None) -> bytes:
        return b"" if id is None else decode(self._reader.read(Kind.ANNOTATION, id), Annotation).mapping
