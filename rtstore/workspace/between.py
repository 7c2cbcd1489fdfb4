"""How two versions of a workspace differ, in counts: commits, or a commit and the working files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, State, decode
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.changes import change_between
from rtstore.workspace.renames import Sources, as_renamed, renamed_files, renames_between
from rtstore.workspace.results import DatasetChange
from rtstore.workspace.workspace import Workspace


def snapshot_changes(
    reader: ObjectReader,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    targets: Sequence[str] = (),
) -> tuple[DatasetChange, ...]:
    """Return how the datasets of two snapshots differ, those that do; with ``targets`` all of these.

    Raises:
        RevisionError: a target is in neither.
    """
    sources = renames_between(reader, before, after)
    return tuple(
        _change(reader, name, before, after, sources.get(name))
        for name in chosen({*before, *after}, targets, sources)
        if targets or name in sources or before.get(name) != after.get(name)
    )


def file_changes(
    workspace: Workspace, state: State, before: Mapping[str, bytes], targets: Sequence[str] = ()
) -> tuple[DatasetChange, ...]:
    """Return how the working files differ from a snapshot, whether they do or not; with ``targets`` only these.

    Raises:
        RevisionError: a target is neither there nor in the snapshot.
        InputError: a file is no valid dataset.
    """
    from rtstore.workspace.status import present, working_change

    sources = renamed_files(workspace, state, before)
    return tuple(
        working_change(workspace, name, before, state.tracked.get(name), sources.get(name))
        for name in chosen({*present(workspace, state, before)}, targets, sources)
    )


def chosen(names: Collection[str], targets: Sequence[str], sources: Sources) -> list[str]:
    """Return the names of datasets to look at, sorted: all, or those meant by targets. None is the old one of another.

    Raises:
        RevisionError: there is no such dataset.
    """
    for name in targets:
        if name not in names:
            from rtstore.workspace.views import unknown_dataset

            raise unknown_dataset(name, dict.fromkeys(sorted(names), b""), None)
    now = {old: new for new, old in sources.items()}
    return sorted({now.get(name, name) for name in targets or names})


def _change(
    reader: ObjectReader,
    name: str,
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    source: str | None,
) -> DatasetChange:
    def read(id: bytes | None) -> Dataset | None:
        return None if id is None else decode(reader.read(Kind.DATASET, id), Dataset)

    old, new = read(before.get(source or name)), read(after.get(name))
    return as_renamed(change_between(name, old, new, reader, renamed=source is not None), source)
