"""Restore: datasets, or single entries of them, as they were in some version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtstore.compare.entries import relate
from rtstore.compare.merge.order import insertions
from rtstore.errors import RevisionError, UsageError, WorkspaceError
from rtstore.history.columns import Columns
from rtstore.history.refs import near_matches
from rtstore.history.revisions import find_position, split_entry
from rtstore.history.splice import Splice
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import Tree, positions_of
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Saved, State, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import Working, look, save
from rtstore.workspace.operate import Command, listed, perform, tracked_with, writing
from rtstore.workspace.rebuild import Piece, rebuilt
from rtstore.workspace.results import RestoreResult
from rtstore.workspace.views import unknown_dataset
from rtstore.workspace.workspace import Workspace


def restore(workspace: Workspace, targets: Sequence[str], source: str | None = None) -> RestoreResult:
    """Bring back datasets (``DATASET``) or entries (``DATASET#ENTRY``) from a version, by default from HEAD.

    What the working files held is saved in the operation log: ``undo`` brings it back. An entry that the version
    does not have is removed; one that the working file lacks is put back after its old left neighbour.

    Raises:
        RevisionError: no such version, dataset or entry.
        InputError: single entries are to be restored in a file that is no valid dataset.
    """
    if not targets:
        raise UsageError("restore needs a dataset", hint="Run: rtstore restore DATASET")
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        committed = workspace.snapshot(workspace.resolve(source or "HEAD", state))
        wanted = _by_dataset(targets, committed, state, source or "HEAD")
        rewrites: list[Rewrite] = []
        entries = removed = 0
        for name, names_of_entries in wanted.items():
            working = look(workspace, name, state.tracked.get(name), transaction, transaction)
            try:
                id, count, gone = _target(workspace, transaction, working, committed[name], names_of_entries)
            finally:
                working.close()
            entries += count
            removed += gone
            if id != working.id:
                before = save(workspace, working, transaction)
                after = Saved(id, sidecar=before.sidecar if working.id is not None else None)
                rewrites.append(
                    Rewrite(
                        name,
                        before,
                        after,
                        working.signature,
                        working.sidecar,
                        working.ranges,
                        working.when,
                    )
                )
        if not rewrites:
            return RestoreResult((), entries, removed)
        known = {rewrite.name: rewrite.after.dataset for rewrite in rewrites}
        origin = "" if source is None else f"--source {source} "
        text = f"restore {origin}{listed(targets)}"
        command = Command(text, tracked_with(state, known), rewrites)
        perform(workspace, transaction, command)
    return RestoreResult(tuple(rewrite.name for rewrite in rewrites), entries, removed)


def _by_dataset(
    targets: Sequence[str], committed: dict[str, bytes], state: State, source: str
) -> dict[str, list[str]]:
    """Return the entries asked for by dataset; no entries: the whole of it."""
    wanted: dict[str, list[str]] = {}
    whole = set()
    for target in targets:
        name, entry = (target, None) if target in committed else split_entry(target)
        if name not in committed:
            if name.rpartition("#")[0] in committed:
                raise unknown_dataset(name, committed, source)
            near = near_matches(name, committed)
            hint = f"Did you mean {near[0]}?" if near else "Name another version with --source REV."
            tracked = " (it has never been committed)" if name in state.tracked else ""
            raise RevisionError(f"{source} has no dataset {name}{tracked}", candidates=near, hint=hint)
        wanted.setdefault(name, [])
        if entry is None:
            whole.add(name)
        else:
            wanted[name].append(entry)
    return {name: [] if name in whole else entries for name, entries in wanted.items()}


def _target(
    workspace: Workspace, transaction: Transaction, working: Working, committed: bytes, entries: list[str]
) -> tuple[bytes, int, int]:
    """Return the dataset a working file is to become, and how many single entries were restored and removed."""
    if not entries:
        return committed, 0, 0
    if working.problem is not None:
        raise working.problem
    if working.dataset is None:
        raise WorkspaceError(f"{working.name} is missing", hint=f"Run: rtstore restore {working.name}")
    source = workspace.dataset(committed)
    now, then = workspace.tree(working.dataset, transaction), workspace.tree(source, transaction)
    ids = {find_entry(entry, now, then, working.name) for entry in entries}
    new = _with_entries(transaction, working.dataset, now, source, then, ids)
    removed = len(ids) - len(positions_of(then, ids))
    return transaction.add(Kind.DATASET, encode(new)), len(ids), removed


def _with_entries(
    transaction: Transaction, dataset: Dataset, now: Tree, source: Dataset, then: Tree, ids: set[bytes]
) -> Dataset:
    """Return a dataset, whose tree is ``now``, with entries as ``source``, whose tree is ``then``, has them."""
    here, there = positions_of(now, ids), positions_of(then, ids)
    planned = [(here[id], here[id] + 1, [there[id]] if id in there else []) for id in ids if id in here]
    back = [there[id] for id in ids if id not in here]
    planned += [(at, at, sources) for at, sources in insertions(back, relate(then, now).places.new, ())]
    planned.sort(key=lambda plan: plan[:2])
    stamps = StampsAt(read_stamps(transaction, source).runs)
    pieces = [
        Piece(
            Splice(start, stop, _columns(then, sources, dataset.framing.separator)),
            [(1, stamps.values(position)) for position in sources],
        )
        for start, stop, sources in planned
    ]
    return rebuilt(transaction, dataset, pieces)


def find_entry(text: str, now: Tree, then: Tree, name: str) -> bytes:
    """Return the id of the entry a user means: a position in the version restored from, or an id prefix.

    Raises:
        RevisionError: there is no such entry, or there are several.
    """
    found = find_position(text, len(then), name)
    if isinstance(found, int):
        return next(iter(then.entries(found, found + 1))).entry
    matches = {id for tree in (then, now) for _, id in tree.positions_with_prefix(found)}
    if not matches:
        raise RevisionError(
            f"{name} has no entry {text}",
            hint=f"`rtstore show HEAD:{name}` shows the positions and ids of entries.",
        )
    if len(matches) > 1:
        shown = tuple(sorted(id.hex()[:12] for id in matches))
        raise RevisionError(f"{text} fits several entries of {name}: {', '.join(shown)}", candidates=shown)
    return matches.pop()


def _columns(tree: Tree, at: Iterable[int], usual: bytes) -> Columns:
    """Return entries of another version; ``usual`` is the separator that goes without saying where they go."""
    columns = Columns()
    for position in at:
        entry = next(iter(tree.entries(position, position + 1)))
        separator = None if entry.separator == usual else entry.separator
        columns.append(entry.entry, entry.record, entry.annotation, separator)
    return columns
