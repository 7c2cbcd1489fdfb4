"""What a damaged object touches: in which commits, datasets and entries it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import iter_unpack
from typing import Final, NamedTuple

from rtstore.errors import DamagedError
from rtstore.history.ancestry import reachable
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Commit, Dataset, InnerPage, LeafPage, Merge, Operation, Saved, State, decode
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.care.inventory import Inventory

#: How many of the things a problem touches are named.
NAMED: Final = 10
#: After this many uses the rest is not counted any more.
MOST_USES: Final = 20_000

#: The number of the problem an object belongs to, by the object's id.
Bad = Mapping[bytes, int]


class _Version(NamedTuple):
    """A dataset at one moment: ``moment`` is a commit or an operation."""

    moment: str
    name: str
    dataset: bytes


class Affected:
    """Finds what damaged objects touch, by the number of their problem."""

    def __init__(self, reader: ObjectReader, inventory: Inventory, bad: Bad) -> None:
        self._reader = reader
        self._inventory = inventory
        self._bad = bad
        self._clean: dict[bytes, bool] = {}
        self._uses: dict[int, dict[str, None]] = {}
        self._count = 0

    def names(
        self, state: State, operations: Iterable[tuple[bytes, Operation]]
    ) -> dict[int, tuple[str, ...]]:
        """Return what each problem touches, in words; what is most recent first."""
        if not self._bad:
            return {}
        self._add_commits(state)
        pairs = list(operations)
        for version in self._versions(pairs):
            self._add_dataset(version)
            if self._count >= MOST_USES:
                break
        for id, operation in pairs:
            self._add_saved(id, operation)
        return {number: self._shortened(list(uses)) for number, uses in self._uses.items()}

    def _shortened(self, uses: list[str]) -> tuple[str, ...]:
        more = len(uses) - NAMED
        if more <= 0:
            return tuple(uses)
        least = "at least " if self._count >= MOST_USES else ""
        return (*uses[:NAMED], f"and {least}{more} more")

    def _use(self, id: bytes | None, use: str) -> None:
        if id is not None and id in self._bad:
            self._uses.setdefault(self._bad[id], {})[use] = None
            self._count += 1

    def _add_commits(self, state: State) -> None:
        """Say which names reach a damaged commit, and which commits a damaged snapshot."""
        names = {"HEAD": state.detached} if state.detached is not None else {}
        names |= {f"branch {name}": id for name, id in state.branches.items()}
        names |= {f"version tag {name}": id for name, id in state.tags.items()}
        lost = [
            id
            for id in self._inventory.unreadable
            if id in self._bad and id in self._inventory.ids[Kind.COMMIT]
        ]
        if lost:
            graph = _Graph(self._inventory.commits)
            for name, start in names.items():
                found = reachable(graph, [start])
                for id in lost:
                    if id in found:
                        self._use(id, name)
        for id, commit in self._inventory.commits.items():
            self._use(commit.snapshot, f"{id.hex()[:12]} all datasets")

    def _versions(self, operations: Iterable[tuple[bytes, Operation]]) -> Iterator[_Version]:
        told = set()
        for id, commit in self._inventory.commits.items():
            snapshot = self._inventory.snapshots.get(commit.snapshot)
            for name, dataset in snapshot.datasets if snapshot is not None else ():
                told.add(dataset)
                yield _Version(id.hex()[:12], name, dataset)
        for id, operation in operations:
            saved = [
                (name, one)
                for name, change in operation.files.items()
                for one in (change.before, change.after)
            ]
            held = [(name, one.dataset) for name, one in saved if one.dataset is not None]
            for name, dataset in [*operation.state.tracked.items(), *held]:
                if dataset not in told:
                    told.add(dataset)
                    yield _Version(f"operation {id.hex()[:12]}", name, dataset)

    def _add_dataset(self, version: _Version) -> None:
        where = f"{version.moment} {version.name}"
        self._use(version.dataset, where)
        dataset = self._inventory.datasets.get(version.dataset)
        if dataset is None:
            return
        self._use(dataset.stamps, f"{where} (the time stamps)")
        self._use(dataset.registry, f"{where} (the sidecar)")
        self._use(dataset.settled, f"{where} (the partition)")
        for start, count, id in self._hits(dataset):
            place = f"{start + 1}" if count == 1 else f"{start + 1}-{start + count}"
            self._use(id, f"{where}#{place}")
            if self._count >= MOST_USES:
                return

    def _add_saved(self, id: bytes, operation: Operation) -> None:
        for name, change in operation.files.items():
            for when, saved in (("before", change.before), ("after", change.after)):
                for blob in _blobs(saved):
                    self._use(blob, f"operation {id.hex()[:12]} {name} (as it was {when})")
        if operation.state.merging is not None:
            self._add_merge(f"operation {id.hex()[:12]}", operation.state.merging)

    def _add_merge(self, moment: str, merge: Merge) -> None:
        for name, saved in merge.before.items():
            for blob in _blobs(saved):
                self._use(blob, f"{moment} {name} (as it was before the {merge.kind})")
        for conflict in (*merge.conflicts, *(resolved.conflict for resolved in merge.resolved)):
            for side in (conflict.base, conflict.ours, conflict.theirs, conflict.left):
                for part in (side.record, side.annotation, side.registry) if side is not None else ():
                    self._use(part, f"{moment} {conflict.dataset}#{conflict.entry.hex()[:8]} (a conflict)")

    def _hits(self, dataset: Dataset) -> Iterator[tuple[int, int, bytes]]:
        """Yield (position, entries, id) of the damaged objects in a dataset's tree."""
        if dataset.root is not None:
            yield from self._below(dataset.root, dataset.height, 0, dataset.count)

    def _below(self, id: bytes, level: int, start: int, count: int) -> Iterator[tuple[int, int, bytes]]:
        if id in self._bad:
            yield start, count, id
        if self._is_clean(id, level):
            return
        if level == 0:
            leaf = decode(self._reader.read(Kind.LEAF, id), LeafPage)
            for place, (record,) in enumerate(iter_unpack(f"{OBJECT_ID_SIZE}s", leaf.records)):
                if record in self._bad:
                    yield start + place, 1, record
            yield from ((start + place, 1, id) for place, id in leaf.annotations if id in self._bad)
            return
        page = decode(self._reader.read(Kind.INNER, id), InnerPage)
        for (child,), entries in zip(iter_unpack(f"{OBJECT_ID_SIZE}s", page.pages), page.counts, strict=True):
            yield from self._below(child, level - 1, start, entries)
            start += entries

    def _is_clean(self, id: bytes, level: int) -> bool:
        """Tell whether nothing damaged is below a page; true for one that cannot be read itself."""
        known = self._clean.get(id)
        if known is None:
            try:
                known = self._look_below(id, level)
            except DamagedError:
                known = True
            self._clean[id] = known
        return known

    def _look_below(self, id: bytes, level: int) -> bool:
        if level == 0:
            leaf = decode(self._reader.read(Kind.LEAF, id), LeafPage)
            records = (record for (record,) in iter_unpack(f"{OBJECT_ID_SIZE}s", leaf.records))
            annotations = (annotation for _, annotation in leaf.annotations)
            return self._bad.keys().isdisjoint(records) and self._bad.keys().isdisjoint(annotations)
        page = decode(self._reader.read(Kind.INNER, id), InnerPage)
        if page.level != level:
            return True
        children = [child for (child,) in iter_unpack(f"{OBJECT_ID_SIZE}s", page.pages)]
        return all(child not in self._bad and self._is_clean(child, level - 1) for child in children)


class _Graph:
    """The commits that can be read; the others have no parents."""

    def __init__(self, commits: Mapping[bytes, Commit]) -> None:
        self._commits = commits

    def read_commit(self, id: bytes) -> Commit:
        """Return a commit, or one without parents in its place."""
        return self._commits.get(id) or Commit(bytes(OBJECT_ID_SIZE), (), "", 0, 0, "")

    def commit_ids_with_prefix(self, prefix: str) -> list[bytes]:
        """Return the ids that begin with a prefix."""
        return [id for id in self._commits if id.hex().startswith(prefix)]


def _blobs(saved: Saved) -> tuple[bytes, ...]:
    return (*(saved.file or ()), *(saved.sidecar or ()))
