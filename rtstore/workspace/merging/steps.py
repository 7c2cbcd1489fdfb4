"""Merges done one after the other to one line of work: a merge is one step, a cherry-pick of some commits several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rtstore.model.objects import Merge, Resolved, Saved
from rtstore.storage.transaction import Transaction
from rtstore.workspace.merging.lineages import Datasets, touched
from rtstore.workspace.merging.message import with_merged, with_resolved
from rtstore.workspace.merging.snapshots import Base, MergedSnapshot, merge_snapshots
from rtstore.workspace.record import store_commit
from rtstore.workspace.results import DatasetChange


class Line(NamedTuple):
    """Where a line of work is: its last commit, and the datasets of that by name.

    ``stamped``: those whose working files have other stamps by now, as they are there.
    """

    head: bytes
    committed: Datasets
    stamped: Datasets

    @property
    def datasets(self) -> dict[str, bytes]:
        """What is merged with: the datasets with the stamps that their files have."""
        return {**self.committed, **self.stamped}

    def after(self, head: bytes, datasets: Datasets) -> Line:
        """Return where it is after a commit of these datasets."""
        kept = {name: id for name, id in self.stamped.items() if datasets.get(name) == id}
        committed = {name: self.committed[name] if name in kept else id for name, id in datasets.items()}
        return Line(head, committed, kept)


class Step(NamedTuple):
    """One merge: what changed from ``base`` to ``theirs`` is done to the line.

    ``commit``: what is merged or picked. ``message`` and ``author``: of the commit it makes. ``parents``: what that has
    for parents besides the one before it; ``lists``: whether its message tells what merged.
    """

    commit: bytes
    base: Base
    theirs: Datasets
    message: str
    author: str
    parents: tuple[bytes, ...] = ()
    lists: bool = False

    def touched(self, ours: Datasets) -> set[str]:
        """Return the names of datasets that it may change in a line of work that has ``ours``."""
        return touched(self.base.storage, self.base.datasets, ours, self.theirs)


class Stopped(NamedTuple):
    """A step that has conflicts, what it made so far, and the steps after it."""

    step: Step
    merged: MergedSnapshot
    rest: tuple[Step, ...]


class Done(NamedTuple):
    """How far the steps came. ``changes``: of the last one that changed anything."""

    line: Line
    commits: tuple[bytes, ...]
    changes: tuple[DatasetChange, ...]
    notices: tuple[str, ...]
    stopped: Stopped | None

    @property
    def datasets(self) -> dict[str, bytes]:
        """What is to be in the working files."""
        return self.line.datasets if self.stopped is None else self.stopped.merged.datasets


def run_steps(
    transaction: Transaction, line: Line, steps: Sequence[Step], choose: str | None, commit: bool = True
) -> Done:
    """Do steps up to one that has conflicts, and store their commits.

    Without ``commit`` what they make is left to be committed.
    """
    commits: list[bytes] = []
    notices: list[str] = []
    changes: tuple[DatasetChange, ...] = ()
    for number, step in enumerate(steps):
        merged = merge_step(step, line, choose)
        changes = merged.changes or changes
        notices += merged.notices
        if merged.conflicts and choose is None:
            stopped = Stopped(step, merged, tuple(steps[number + 1 :]))
            return Done(line, tuple(commits), changes, tuple(notices), stopped)
        if not merged.changes and not step.parents:
            notices.append(f"{step.commit.hex()[:12]}: nothing is left to be done of it")
            continue
        message = with_merged(step.message, merged.changes, merged.notices) if step.lists else step.message
        message = with_resolved(message, [Resolved(one, choose or "") for one in merged.conflicts])
        if not commit:
            line = Line(line.head, merged.datasets, {})
            continue
        line = commit_step(transaction, line, step, merged, message)
        commits.append(line.head)
    return Done(line, tuple(commits), changes, tuple(notices), None)


def merge_step(step: Step, line: Line, choose: str | None) -> MergedSnapshot:
    """Return what a step makes of a line."""
    base = step.base
    return merge_snapshots(base.storage, base.datasets, line.datasets, step.theirs, choose)


def commit_step(
    transaction: Transaction, line: Line, step: Step, merged: MergedSnapshot, message: str
) -> Line:
    """Store the commit that a step makes; return where the line is then."""
    after = line.after(line.head, merged.datasets)
    parents = (line.head, *step.parents)
    id, _ = store_commit(transaction, after.committed, parents, step.author, message, merged.changes)
    return after._replace(head=id)


def merging_of(
    kind: str, start: bytes, stopped: Stopped, before: Mapping[str, Saved], choose: str | None
) -> Merge:
    """Return what is to be remembered of a merge that has conflicts."""
    return Merge(
        kind,
        start,
        (stopped.step.commit,),
        stopped.step.message,
        stopped.step.author,
        stopped.merged.conflicts,
        remaining=tuple(step.commit for step in stopped.rest),
        before=dict(before),
        choose=choose,
    )
