"""What differs between two versions of a dataset, as values that are made when they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from rtstore.compare.contents import EntryReader, added_entry, removed_entry
from rtstore.compare.counting import count_changes
from rtstore.compare.difference import EntryChange, FieldChange
from rtstore.compare.entries import EntryChanges, Placed, compare
from rtstore.compare.framing import framing_difference
from rtstore.compare.registries import order_difference, registry_difference, sidecar_differs
from rtstore.compare.version import Version
from rtstore.model.objects import Counts, Framing, Settings
from rtstore.model.partitions import Partition, shown_partition

__all__ = ["DatasetDifference", "Version"]


class DatasetDifference:
    """How a dataset differs between two versions, of which it has at least one.

    ``only``: ids of the entries that matter, and nothing else then does; None for everything. ``renamed_from``: its
    path in the old version, where that is another. Records are read as ``entries`` are gone through, and for
    ``counts``.
    """

    def __init__(
        self,
        path: str,
        old: Version | None,
        new: Version | None,
        only: Collection[bytes] | None = None,
        renamed_from: str | None = None,
    ) -> None:
        self.path = path
        self.renamed_from = renamed_from
        self.old = old
        self.new = new
        self._only = only

    def __repr__(self) -> str:
        return f"<DatasetDifference {self.path}: {self.change}>"

    @property
    def change(self) -> str:
        """``added``, ``removed`` or ``edited``."""
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "edited"

    @property
    def size(self) -> int:
        """How many entries the newer version has."""
        return self._newer.dataset.count

    @cached_property
    def counts(self) -> Counts:
        """How many entries differ. Where the file's separator differs, all entries are at least reformatted."""
        if self.old is None or self.new is None:
            count = self.size if self._only is None else sum(1 for _ in self.entries)
            return Counts(removed=count) if self.new is None else Counts(added=count)
        old, new = self.old, self.new
        return count_changes(
            self._changes,
            old.dataset,
            new.dataset,
            lambda change: old.record(change.old_position, change.old_record),
            lambda change: new.record(change.new_position, change.new_record),
            whole=self._only is None,
        )

    @cached_property
    def sidecar_differs(self) -> bool:
        """Whether the sidecars differ beside their stamps.

        ``registry`` and the order in ``file`` may where they do not: the mapping of an entry that was removed goes to
        the registry.
        """
        if self._only is not None:
            return False
        if self.old is None or self.new is None:
            return self._newer.registry is not None
        return sidecar_differs(self.old, self.new)

    @cached_property
    def registry(self) -> tuple[FieldChange, ...]:
        """What differs in the registry, by section and key."""
        if self._only is not None:
            return ()
        old, new = (version.registry if version is not None else None for version in (self.old, self.new))
        return tuple(registry_difference(old, new)) if old != new else ()

    @cached_property
    def file(self) -> tuple[FieldChange, ...]:
        """What differs around the records (``framing.separator``...), in the settings, in the registry's order."""
        if self.old is None or self.new is None or self._only is not None:
            return ()
        old, new = self.old.dataset, self.new.dataset
        return (
            *_of_structs("framing", old.framing, new.framing, framing_difference(old, new)),
            *_of_structs("settings", old.settings, new.settings, Settings.__struct_fields__),
            *(order_difference(self.old.registry, self.new.registry) if self._has_another_registry else ()),
        )

    @property
    def entries(self) -> Iterator[EntryChange]:
        """The entries that differ, in the order of the new version; removed ones where they were.

        Those that only the file's separator makes differ are left out: ``file`` says so once.
        """
        if self.old is not None and self.new is not None:
            return EntryReader(self.old, self.new, self._changes).entries()
        return self._all_entries()

    @property
    def _newer(self) -> Version:
        version = self.new or self.old
        assert version is not None
        return version

    @property
    def _has_another_registry(self) -> bool:
        return bool(self.old and self.new and self.old.dataset.registry != self.new.dataset.registry)

    @cached_property
    def _changes(self) -> EntryChanges:
        assert self.old is not None and self.new is not None
        changes = compare(self.old.tree, self.new.tree)
        return changes if self._only is None else _of(changes, self._only)

    def _all_entries(self) -> Iterator[EntryChange]:
        """Yield the entries of a dataset that only one version has, as they are read."""
        version = self._newer
        before = None
        for position, row in enumerate(version.tree.entries()):
            if self._only is None or row.entry in self._only:
                placed = Placed(position, row.entry, row.record)
                gone = self.new is None
                yield removed_entry(placed, version) if gone else added_entry(placed, version, before)
            before = row.entry


def _of_structs(
    name: str, old: Framing | Settings, new: Framing | Settings, members: Iterable[str]
) -> Iterator[FieldChange]:
    """Yield what differs in these members, in values that JSON has."""
    for member in members:
        before, after = getattr(old, member), getattr(new, member)
        if before != after:
            yield FieldChange(f"{name}.{member}", _shown(before, member), _shown(after, member))


def _shown(value: object, member: str) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Partition):
        return shown_partition(value)
    return f"{value:o}" if member == "mode" else value


def _of(changes: EntryChanges, only: Collection[bytes]) -> EntryChanges:
    """Return the changes of some entries."""
    return EntryChanges(
        [each for each in changes.added if each.entry in only],
        [each for each in changes.removed if each.entry in only],
        [each for each in changes.changed if each.entry in only],
        [each for each in changes.moved if each.entry in only],
    )
