"""Looking through everything a store refers to: does it fit together?"""

from __future__ import annotations

from itertools import pairwise
from struct import iter_unpack
from typing import NamedTuple, TypeVar

from rtstore.errors import DamagedError, WorkspaceError
from rtstore.history.reachable import Reach
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.objects import (
    Commit,
    Dataset,
    InnerPage,
    LeafPage,
    Registry,
    Snapshot,
    Stamps,
    decode,
)
from rtstore.model.partitions import FINGERPRINT
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.paths import check_dataset_name

P = TypeVar("P", Registry, Stamps)
Intact = dict[Kind, set[bytes]]


class Finding(NamedTuple):
    """An object that is what was written, but cannot be right: ``what`` says why."""

    what: str
    id: bytes


class _Page(NamedTuple):
    """What the page above says of a page."""

    entries: int
    last: bytes


class Inventory(Reach):
    """Finds what is reached, keeps the small objects, and checks what each says of those below it.

    ``unreadable``: what has to be read to go on and cannot be, with the reason. What is only named, like
    records, has to be looked for in what is intact.
    """

    def __init__(self, reader: ObjectReader, intact: Intact) -> None:
        super().__init__(reader, self._note)
        self.commits: dict[bytes, Commit] = {}
        self.snapshots: dict[bytes, Snapshot] = {}
        self.datasets: dict[bytes, Dataset] = {}
        self.unreadable: dict[bytes, DamagedError] = {}
        self.findings: list[Finding] = []
        self._intact = intact
        self._pages: dict[bytes, _Page] = {}

    def on_commit(self, id: bytes, commit: Commit) -> None:
        """Keep a commit."""
        self.commits[id] = commit

    def on_snapshot(self, id: bytes, snapshot: Snapshot) -> None:
        """Keep a snapshot; check the names in it."""
        self.snapshots[id] = snapshot
        names = [name for name, _ in snapshot.datasets]
        if names != sorted(set(names)):
            self._find(Kind.SNAPSHOT, id, "has a dataset twice, or its datasets out of order")
        for name in names:
            try:
                check_dataset_name(name)
            except WorkspaceError as error:
                self._find(Kind.SNAPSHOT, id, f"names a dataset that cannot be: {error.message}")

    def on_dataset(self, id: bytes, dataset: Dataset) -> None:
        """Keep a dataset; check what it says of its entries, stamps, registry and partition."""
        self.datasets[id] = dataset
        page = self._pages.get(dataset.root) if dataset.root is not None else None
        if page is not None and page.entries != dataset.count:
            self._find(Kind.DATASET, id, f"says {dataset.count} entries, its tree has {page.entries}")
        if dataset.registry is not None and dataset.registry in self._intact[Kind.REGISTRY]:
            self._part(id, Kind.REGISTRY, dataset.registry, Registry)
        if dataset.settled is not None and dataset.settled in self._intact[Kind.BLOB]:
            self._check_settled(id, dataset.settled)
        if dataset.stamps is not None and dataset.stamps in self._intact[Kind.STAMPS]:
            stamps = self._part(id, Kind.STAMPS, dataset.stamps, Stamps)
            total = sum(count for count, _ in stamps.runs) if stamps is not None else 0
            if total and total != dataset.count:
                self._find(Kind.DATASET, id, f"has {dataset.count} entries, but stamps of {total}")

    def _check_settled(self, dataset: bytes, blob: bytes) -> None:
        if len(self._reader.read(Kind.BLOB, blob)) % FINGERPRINT:
            self._find(Kind.DATASET, dataset, "has a partition of which what is settled is cut off")

    def on_inner(self, id: bytes, page: InnerPage) -> None:
        """Check the children of a page against what it says of them."""
        self._pages[id] = _Page(sum(page.counts), page.lasts[-ENTRY_ID_SIZE:])
        lasts = iter_unpack(f"{ENTRY_ID_SIZE}s", page.lasts)
        children = iter_unpack(f"{OBJECT_ID_SIZE}s", page.pages)
        for (child,), (last,), count in zip(children, lasts, page.counts, strict=True):
            if self._pages.get(child, (count, last)) != (count, last):
                self._find(
                    Kind.INNER,
                    id,
                    f"is wrong about the page below it {child.hex()}: its entries or its last one",
                )

    def on_leaf(self, id: bytes, leaf: LeafPage) -> None:
        """Check that the entries of a leaf are different, and what is sparse in order."""
        self._pages[id] = _Page(len(leaf), leaf.entries[-ENTRY_ID_SIZE:])
        if len(set(iter_unpack(f"{ENTRY_ID_SIZE}s", leaf.entries))) != len(leaf):
            self._find(Kind.LEAF, id, "has an entry twice")
        for sparse in (leaf.annotations, leaf.separators):
            places = [place for place, _ in sparse]
            if any(a >= b for a, b in pairwise(places)):
                self._find(Kind.LEAF, id, "has something twice for one entry, or out of order")

    def _note(self, _kind: Kind, id: bytes, error: DamagedError) -> None:
        self.unreadable[id] = error

    def _find(self, kind: Kind, id: bytes, what: str) -> None:
        self.findings.append(Finding(f"the {kind.name.lower()} {id.hex()} {what}", id))

    def _part(self, dataset: bytes, kind: Kind, id: bytes, type_: type[P]) -> P | None:
        try:
            return decode(self._reader.read(kind, id), type_)
        except DamagedError as error:
            self._find(Kind.DATASET, dataset, f"has a part that makes no sense: {error.message}")
            return None
