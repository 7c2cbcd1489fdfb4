"""Taking a working file from one dataset to another, uncommitted changes carried along.

``switch``, ``undo`` and ``redo`` all do this: the file should be what ``target`` says, given that it was
``source`` and may have been edited since.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rtstore.compare.carry import carry
from rtstore.compare.merge.outcome import Source
from rtstore.errors import InputError, RtstoreError, UncommittedChangesError
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Saved, State, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.changes import same_content
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import Working, look, save
from rtstore.workspace.paths import check_inside
from rtstore.workspace.rebuild import Piece, rebuilt
from rtstore.workspace.workspace import Workspace

#: Collisions named in full in a message.
SHOWN = 8


class Transition(msgspec.Struct, frozen=True):
    """What becomes of one working file. ``rewrite`` is None when it stays; ``known``: what it is known to be then."""

    name: str
    rewrite: Rewrite | None
    known: bytes | None
    carried: bool = False


def plan(
    workspace: Workspace,
    transaction: Transaction,
    state: State,
    name: str,
    source: bytes | None,
    target: bytes | None,
) -> Transition:
    """Plan the transition of a file from the dataset ``source`` to ``target`` (None: no file).

    Raises:
        UncommittedChangesError: it has changes that collide with the target; the error names the entries.
        WorkspaceError: a link above it leads out of the workspace.
    """
    known = state.tracked.get(name)
    if source == target:
        return Transition(name, None, known)
    check_inside(workspace.root, name)
    working = look(workspace, name, known if known is not None else source, transaction, transaction)
    try:
        return _plan(workspace, transaction, working, known, source, target)
    finally:
        working.close()


def _plan(
    workspace: Workspace,
    transaction: Transaction,
    working: Working,
    known: bytes | None,
    source: bytes | None,
    target: bytes | None,
) -> Transition:
    name = working.name
    if working.problem is not None:
        raise _unreadable(name, working.problem)
    if known is None:
        return _plan_untracked(workspace, transaction, working, target)
    old = workspace.dataset(source) if source is not None else None
    new = workspace.dataset(target) if target is not None else None
    if same_content(old, working.dataset):
        return Transition(name, rewrite_to(workspace, transaction, working, target), target)
    if same_content(new, working.dataset):
        return Transition(name, None, working.id)
    if working.dataset is None:
        raise UncommittedChangesError(
            f"{name} is missing from the working files and differs in what you are going to",
            entries=(name,),
            hint=f"Bring it back first: rtstore restore {name}",
        )
    if old is None or new is None:
        raise UncommittedChangesError(
            f"{name} has uncommitted changes and does not exist where you are going to",
            entries=(name,),
            hint="Commit first, or take the changes back: rtstore restore " + name,
        )
    carried = carry_over(workspace, transaction, name, old, working.dataset, new)
    id = transaction.add(Kind.DATASET, encode(carried))
    return Transition(name, rewrite_to(workspace, transaction, working, id), id, carried=True)


def _plan_untracked(
    workspace: Workspace, transaction: Transaction, working: Working, target: bytes | None
) -> Transition:
    """A file nobody tracks: it is never removed, and never overwritten by something else."""
    if target is None:
        return Transition(working.name, None, None)
    if working.missing:
        return Transition(working.name, rewrite_to(workspace, transaction, working, target), target)
    if same_content(workspace.dataset(target), working.dataset):
        return Transition(working.name, None, target)
    raise UncommittedChangesError(
        f"{working.name} is not tracked and would be overwritten",
        entries=(working.name,),
        hint="Move the file away, or track and commit it first.",
    )


def rewrite_to(
    workspace: Workspace, transaction: Transaction, working: Working, target: bytes | None
) -> Rewrite:
    """Return what makes of a working file that was looked at the dataset ``target`` (None: no file)."""
    before = save(workspace, working, transaction)
    # A sidecar that belongs to no dataset here is left alone unless the target brings one of its own.
    after = Saved(target, sidecar=before.sidecar)
    return Rewrite(
        working.name, before, after, working.signature, working.sidecar, working.ranges, working.when
    )


def rename_to(
    workspace: Workspace, transaction: Transaction, working: Working, name: str, target: bytes
) -> tuple[Rewrite, Rewrite]:
    """Return what makes of a working file that was looked at the dataset ``target`` under another, free name."""
    before = save(workspace, working, transaction)
    after = Saved(target, sidecar=before.sidecar)
    return (
        Rewrite(working.name, before, Saved(), working.signature, working.sidecar),
        Rewrite(name, Saved(), after, None, None),
    )


def carry_over(
    workspace: Workspace,
    transaction: Transaction,
    name: str,
    base: Dataset,
    working: Dataset,
    target: Dataset,
) -> Dataset:
    """Return ``target`` with the changes from ``base`` to ``working`` done to it.

    Raises:
        UncommittedChangesError: they collide with what is between ``base`` and ``target``.
    """
    before, mine, other = (workspace.tree(dataset, transaction) for dataset in (base, working, target))
    framing_from = target if working.framing == base.framing or not working.count else working
    carried = carry(before, mine, other, framing_from.framing.separator)
    collisions = [f"{name}#{entry.hex()[:8]}" for entry in carried.collisions]
    if "registry" in (clash := _clashes(base, working, target)):
        collisions.append(f"{name} (registry)")
    if clash - {"registry"}:
        collisions.append(f"{name} (format of the file)")
    if collisions:
        raise _collide(name, collisions)
    ours, theirs = (read_stamps(transaction, dataset) for dataset in (working, target))
    at = StampsAt(ours.runs), StampsAt(theirs.runs)
    pieces = [
        Piece(one, [(1, _stamps_of(source, *at)) for source in sources])
        for one, sources in zip(carried.splices, carried.sources, strict=True)
    ]
    registry_from = target if working.registry == base.registry else working
    frame = msgspec.structs.replace(
        framing_from,
        settings=target.settings if working.settings == base.settings else working.settings,
        registry=registry_from.registry,
    )
    sidecar = (theirs if registry_from is target else ours).sidecar
    return rebuilt(transaction, target, pieces, frame, sidecar)


def _stamps_of(source: Source, working: StampsAt, target: StampsAt) -> tuple[bytes, ...]:
    if source.ours is None or source.theirs_record:
        assert source.theirs is not None
        return working.values(source.theirs)
    return target.values(source.ours)


def _clashes(base: Dataset, ours: Dataset, theirs: Dataset) -> set[str]:
    """Return the parts other than entries that both sides changed, differently."""
    return {
        part
        for part in ("registry", "framing", "settings")
        if getattr(base, part) != getattr(ours, part) != getattr(theirs, part) != getattr(base, part)
    }


def _collide(name: str, collisions: Sequence[str]) -> UncommittedChangesError:
    listed = ", ".join(collisions[:SHOWN])
    more = f" and {len(collisions) - SHOWN} more" if len(collisions) > SHOWN else ""
    return UncommittedChangesError(
        f"your uncommitted changes to {name} collide with where you are going to: {listed}{more}",
        entries=tuple(collisions),
        hint="Commit them first, or take them back: rtstore restore " + name,
    )


def _unreadable(name: str, problem: RtstoreError) -> UncommittedChangesError:
    if not isinstance(problem, InputError):
        return UncommittedChangesError(
            f"{name} cannot be replaced: {problem.message}", entries=(name,), hint=problem.hint
        )
    return UncommittedChangesError(
        f"{name} is no valid dataset at the moment and would be overwritten: {problem.message}",
        entries=(name,),
        hint=f"Correct the file, or bring back the committed version: rtstore restore {name}",
    )
