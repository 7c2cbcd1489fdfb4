"""How a dataset differs between two versions, in counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtstore.model.ids import Kind
from rtstore.model.objects import Counts, Dataset
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.results import DatasetChange

if TYPE_CHECKING:
    from rtstore.workspace.files.texts import LineTexts


def same_content(old: Dataset | None, new: Dataset | None) -> bool:
    """Tell whether two versions differ at most in stamps: what makes a working file clean (law 3)."""
    if old is None or new is None:
        return old is new
    return (old.root, old.framing, old.registry, old.settings) == (
        new.root,
        new.framing,
        new.registry,
        new.settings,
    )


def change_between(
    name: str,
    old: Dataset | None,
    new: Dataset | None,
    reader: ObjectReader,
    texts: LineTexts | None = None,
    warnings: tuple[str, ...] = (),
    renamed: bool = False,
) -> DatasetChange:
    """Return how a dataset changed; None stands for not being there.

    ``texts`` reads records of the new version that are not stored. ``renamed``: the old version had another name.
    """
    if old is None or new is None:
        there = new or old
        count = there.count if there else 0
        if new is not None:
            return DatasetChange(name, "added", Counts(added=count), count, warnings=warnings)
        return DatasetChange(name, "removed", Counts(removed=count), count, warnings=warnings)
    if same_content(old, new):
        return DatasetChange(
            name, "unchanged", Counts(), new.count, stamps_only=old.stamps != new.stamps, warnings=warnings
        )
    # Late: most of the time nothing has to be compared.
    from rtstore.compare.counting import count_changes
    from rtstore.compare.entries import compare
    from rtstore.compare.framing import framing_difference
    from rtstore.compare.registries import sidecar_differs
    from rtstore.compare.version import Version
    from rtstore.workspace.merging.scratch import Scratch

    def record_at(position: int, id: bytes) -> bytes:
        text = texts.record(position) if texts is not None else None
        return reader.read(Kind.RECORD, id) if text is None else text

    before, after = Version(old, reader), Version(new, reader, record_at)
    if renamed:
        from rtstore.compare.identity.inherited import with_old_ids

        after = with_old_ids(before, after, Scratch(reader))
    changes = compare(before.tree, after.tree)
    return DatasetChange(
        name,
        "edited",
        count_changes(
            changes,
            old,
            new,
            lambda change: before.record(change.old_position, change.old_record),
            lambda change: after.record(change.new_position, change.new_record),
        ),
        new.count,
        registry_changed=sidecar_differs(before, after),
        framing_changed=bool(framing_difference(old, new)),
        warnings=warnings,
        partition_changed=old.settings.partition != new.settings.partition,
    )
