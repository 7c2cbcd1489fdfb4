"""Where many objects are in the packs: quick where neighbours lie next to each other, as records of a dataset do."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import compress, islice
from operator import eq
from typing import NamedTuple

from rtstore.model.ids import OBJECT_ID_SIZE
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Pack, id_prefixes


class Run(NamedTuple):
    """Objects that lie in a pack one after the other: from ``number`` on, with their ids, 32 bytes each."""

    pack: Pack
    number: int
    ids: bytes

    @property
    def stop(self) -> int:
        """The number after that of the last."""
        return self.number + len(self.ids) // OBJECT_ID_SIZE


class Locator:
    """Finds objects of a store by the first 8 bytes of their ids. Nothing is read of the objects themselves."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._columns: dict[str, array[int]] = {}
        self._pack: Pack | None = None
        self._next = 0

    def alike(self) -> set[int]:
        """Return the first 8 bytes that ids of several objects begin with, or of one that is there twice.

        By chance there are none, but whoever makes a dataset can make two records whose ids begin alike. All other
        ids name one object, if the store has it.
        """
        found: set[int] = set()
        packs = self._store.packs()
        for place, pack in enumerate(packs):
            prefixes = pack.prefixes
            found.update(compress(prefixes, map(eq, prefixes, islice(prefixes, 1, None))))
            for larger in packs[:place]:
                found.update(_in_both(prefixes, larger.prefixes))
        return found

    def has_none(self, ids: bytes) -> bool:
        """Tell whether none of these objects is in any pack."""
        if not self._store.packs():
            return True
        return not any(isinstance(each, Run) for each in self.runs(ids))

    def runs(self, ids: bytes) -> list[Run | bytes]:
        """Return where objects are, in their order: runs of them, and the id of each that is in no pack."""
        wanted = id_prefixes(ids)
        found: list[Run | bytes] = []
        at = 0
        while at < len(wanted):
            pack = self._pack
            size = self._go_on(wanted, at) if pack is not None else 0
            if pack is not None and size:
                part = ids[at * OBJECT_ID_SIZE : (at + size) * OBJECT_ID_SIZE]
                found.append(Run(pack, self._next, part))
                self._next += size
                at += size
            else:
                id = ids[at * OBJECT_ID_SIZE : (at + 1) * OBJECT_ID_SIZE]
                if not self._jump(id):
                    found.append(id)
                    at += 1
        return found

    def _go_on(self, wanted: array[int], at: int) -> int:
        """Return how many objects from ``at`` on follow each other from the present place on."""
        assert self._pack is not None
        column = self._column(self._pack)
        here = column[self._next : self._next + len(wanted) - at]
        if here == wanted[at:]:
            return len(here)
        size = 0
        for ours, theirs in zip(here, wanted[at:], strict=False):
            if ours != theirs:
                break
            size += 1
        return size

    def _jump(self, id: bytes) -> bool:
        """Go to where an object is."""
        for pack in self._store.packs():
            for number in pack.find(id):
                self._pack, self._next = pack, number
                return True
        return False

    def _column(self, pack: Pack) -> array[int]:
        column = self._columns.get(pack.name)
        if column is None:
            column = self._columns[pack.name] = pack.column()
        return column


def _in_both(few: Sequence[int], many: Sequence[int]) -> Iterator[int]:
    """Yield the numbers that are in two sorted sequences."""
    at = 0
    for number in few:
        at = bisect_left(many, number, at)
        if at == len(many):
            return
        if many[at] == number:
            yield number
