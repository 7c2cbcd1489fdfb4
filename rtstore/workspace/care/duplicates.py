"""Finding entries that are in a dataset twice, in all its versions at the cost of what differs in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from struct import iter_unpack
from typing import NamedTuple

from rtstore.errors import DamagedError
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Dataset, InnerPage, LeafPage, decode
from rtstore.storage.interface import ObjectReader


def repeated_entries(
    reader: ObjectReader, versions: Iterable[tuple[bytes, Dataset]]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield (dataset id, entry id) for entries that are twice in one of the versions of a dataset.

    Neighbouring versions should be alike. Versions of which a page cannot be read are passed over.
    """
    entries: Counter[bytes] = Counter()
    pages = _Pages(0, Counter())
    for id, dataset in versions:
        new = _Pages(dataset.height, Counter([dataset.root] if dataset.root is not None else []))
        try:
            gone, come = _differing_leaves(reader, pages, new)
            removed, added = _entries(reader, gone), _entries(reader, come)
        except DamagedError:
            continue
        entries.subtract(removed)
        entries.update(added)
        yield from ((id, entry) for entry in dict.fromkeys(added) if entries[entry] > 1)
        for entry in removed:
            if not entries[entry]:
                del entries[entry]
        pages = new


class _Pages(NamedTuple):
    """Pages of one level, with how often each is there."""

    level: int
    ids: Counter[bytes]


def _differing_leaves(
    reader: ObjectReader, old: _Pages, new: _Pages
) -> tuple[Counter[bytes], Counter[bytes]]:
    while True:
        if old.level == new.level:
            same = old.ids & new.ids
            old, new = _Pages(old.level, old.ids - same), _Pages(new.level, new.ids - same)
            if not old.level:
                return old.ids, new.ids
        level = max(old.level, new.level)
        old, new = (_below(reader, pages) if pages.level == level else pages for pages in (old, new))


def _below(reader: ObjectReader, pages: _Pages) -> _Pages:
    below: Counter[bytes] = Counter()
    for id, times in pages.ids.items():
        page = decode(reader.read(Kind.INNER, id), InnerPage)
        for (child,) in iter_unpack(f"{OBJECT_ID_SIZE}s", page.pages):
            below[child] += times
    return _Pages(pages.level - 1, below)


def _entries(reader: ObjectReader, leaves: Counter[bytes]) -> list[bytes]:
    found = []
    for id in leaves.elements():
        leaf = decode(reader.read(Kind.LEAF, id), LeafPage)
        found += [entry for (entry,) in iter_unpack(f"{ENTRY_ID_SIZE}s", leaf.entries)]
    return found
