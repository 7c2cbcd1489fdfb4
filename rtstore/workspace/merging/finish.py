"""Finishing a merge, or giving it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from rtstore.errors import NothingToDoError
from rtstore.history.refs import head_commit, with_commit
from rtstore.model.objects import Conflict, Merge, Resolved, State
from rtstore.storage.transaction import Transaction
from rtstore.workspace.author import format_author, parse_author
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import Working, look, note, save
from rtstore.workspace.merging.conflicts import describe, open_conflicts
from rtstore.workspace.merging.decision import BY_HAND
from rtstore.workspace.merging.desk import Desk, Published
from rtstore.workspace.merging.message import with_merged, with_resolved
from rtstore.workspace.merging.pick import steps_of
from rtstore.workspace.merging.present import missing_file, presence
from rtstore.workspace.merging.progress import in_progress as in_progress_error
from rtstore.workspace.merging.progress import noun, unresolved
from rtstore.workspace.merging.results import MergeResult
from rtstore.workspace.merging.scratch import Scratch
from rtstore.workspace.merging.steps import Done, Line, run_steps
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.record import changes_in, store_commit
from rtstore.workspace.results import CommitResult, DatasetChange
from rtstore.workspace.workspace import Workspace


def finish(
    workspace: Workspace, message: str | None = None, author: str | None = None, everything: bool = False
) -> MergeResult:
    """Commit the merge in progress, and go on with what is still to be picked.

    The datasets of the merge are committed as their working files are, with ``everything`` all others too.
    ``message`` and ``author`` are by default those it began with. What was resolved is told in the message.

    Raises:
        NothingToDoError: no merge is in progress.
        ConflictsError: there are conflicts that nobody has resolved.
        InputError: a working file is no valid dataset.
    """
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        finishing = _Finishing(workspace, transaction, state, in_progress(state))
        result = finishing.run(message, author, everything)
    if result.outcome == "conflicts":
        result = msgspec.structs.replace(result, conflicts=describe(workspace))
    return result


def finish_by_commit(workspace: Workspace, message: str, author: str) -> CommitResult:
    """Finish the merge in progress as ``commit`` does: with all that is tracked.

    Raises:
        NothingToDoError: nothing is left to be committed.
        ConflictsError: there are conflicts that nobody has resolved.
        InputError: a working file is no valid dataset.
    """
    merging = in_progress(workspace.state())
    if merging.remaining:
        raise in_progress_error(merging, "a commit of its own")
    result = finish(workspace, message, author, everything=True)
    if not result.commits:
        raise NothingToDoError("nothing was left to be committed; the " + noun(merging) + " is over")
    id = result.commits[-1]
    return CommitResult(id, workspace.read_commit(id), result.datasets, result.bytes_added)


def in_progress(state: State) -> Merge:
    """Return the merge in progress.

    Raises:
        NothingToDoError: there is none.
    """
    if state.merging is None:
        raise NothingToDoError("no merge is in progress")
    return state.merging


class _Finishing:
    def __init__(self, workspace: Workspace, transaction: Transaction, state: State, merging: Merge) -> None:
        self._workspace, self._transaction = workspace, transaction
        self._state, self._merging = state, merging
        self._desk = Desk(workspace, transaction, state)

    def run(self, message: str | None, author: str | None, everything: bool) -> MergeResult:
        merging, desk = self._merging, self._desk
        names = {*merging.before, *(one.dataset for one in (*merging.conflicts, *_resolved(merging)))}
        if everything:
            names |= {*self._state.tracked, *desk.committed}
        with _looked_at(self._workspace, self._transaction, self._state, names) as workings:
            compared = changes_in(self._workspace, workings, desk.committed, self._transaction)
            changes = tuple(change for change in compared if not change.clean)
            resolved = self._check_resolved(workings)
        text = merging.message if message is None else message
        if merging.kind in ("merge", "squash"):
            text = with_merged(text, changes)
        text = with_resolved(text, resolved)
        line = self._committed(workings, changes, text, author or merging.author)
        commits = () if line.head == desk.head else (line.head,)
        for working in workings:
            if working.name in self._state.tracked:
                desk.files.accept(working)
        done = self._go_on(line)
        published = self._publish(line, done, workings)
        return MergeResult(
            "conflicts" if done.stopped else "merged",
            done.line.head,
            (*commits, *done.commits),
            changes,
            (),
            published.files,
            done.notices,
            published.bytes_added,
        )

    def _check_resolved(self, workings: Sequence[Working]) -> list[Resolved]:
        merging = self._merging
        scratch = Scratch(self._transaction)
        presents = {
            working.name: presence(self._workspace, scratch, scratch, merging.conflicts, working)
            for working in workings
        }
        still = open_conflicts(scratch, merging.conflicts, presents)
        if still:
            by_name = {working.name: working for working in workings}
            missing = (missing_file(conflict, by_name[conflict.dataset]) for conflict in still)
            raise unresolved(tuple(still), merging, filter(None, missing))
        return [*merging.resolved, *(Resolved(conflict, BY_HAND) for conflict in merging.conflicts)]

    def _committed(
        self, workings: Sequence[Working], changes: Sequence[DatasetChange], message: str, author: str
    ) -> Line:
        """Store the commit; where nothing is left to be committed, and it is no merge, there is none."""
        desk, merging = self._desk, self._merging
        assert desk.head is not None
        names = {working.name for working in workings}
        datasets = {name: id for name, id in desk.committed.items() if name not in names}
        datasets.update((working.name, working.id) for working in workings if working.id is not None)
        if merging.kind != "merge" and not changes:
            stamped = {name: id for name, id in datasets.items() if name in names}
            return Line(desk.head, desk.committed, stamped)
        parents = (desk.head, *(merging.commits if merging.kind == "merge" else ()))
        author = format_author(parse_author(author))
        id, _ = store_commit(self._transaction, datasets, parents, author, message, changes)
        return Line(id, datasets, {})

    def _go_on(self, line: Line) -> Done:
        """Do what is still to be picked."""
        merging, desk = self._merging, self._desk
        if not merging.remaining:
            return Done(line, (), (), (), None)
        steps = steps_of(self._workspace, self._transaction, merging.kind, merging.remaining, merging.author)
        touched = set[str]().union(*(step.touched(line.committed) for step in steps))
        stamped = desk.files.look(touched, line.committed)
        return run_steps(
            self._transaction, line._replace(stamped={**stamped, **line.stamped}), steps, merging.choose
        )

    def _publish(self, line: Line, done: Done, workings: Sequence[Working]) -> Published:
        merging, desk = self._merging, self._desk
        again = None
        if done.stopped is not None:
            again = desk.merging(merging.kind, line, done, merging.choose)
            before = {**again.before, **merging.before}
            again = msgspec.structs.replace(again, head=merging.head, before=before)
        text = f"{noun(merging)} --continue"
        seen = {working.name: working.id for working in workings}
        published = desk.publish(text, line.datasets, done.line.head, done.datasets, again, seen)
        for working in workings:
            if working.name not in published.files:
                note(self._workspace, working)
        return published


def abort(workspace: Workspace) -> MergeResult:
    """Give up the merge in progress: its working files hold again just what they held before it began.

    What they hold now is in the operation log: ``undo`` brings it back.

    Raises:
        NothingToDoError: no merge is in progress.
    """
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        merging = in_progress(state)
        rewrites = list(_back(workspace, transaction, state, merging))
        tracked = {name: saved.dataset for name, saved in merging.before.items()}
        new = tracked_with(state, tracked)
        if head_commit(state) != merging.head:
            new = with_commit(new, merging.head)
        new = msgspec.structs.replace(new, merge=msgspec.UNSET)
        perform(workspace, transaction, Command(f"{noun(merging)} --abort", new, rewrites))
        return MergeResult("aborted", merging.head, files=tuple(rewrite.name for rewrite in rewrites))


def _back(workspace: Workspace, transaction: Transaction, state: State, merging: Merge) -> Iterator[Rewrite]:
    for name, before in sorted(merging.before.items()):
        working = look(workspace, name, state.tracked.get(name), transaction, transaction)
        working.close()
        held = save(workspace, working, transaction)
        if held != before:
            yield Rewrite(name, held, before, working.signature, working.sidecar, working.ranges)


def _resolved(merging: Merge) -> Iterator[Conflict]:
    return (resolved.conflict for resolved in merging.resolved)


@contextmanager
def _looked_at(
    workspace: Workspace, transaction: Transaction, state: State, names: Iterable[str]
) -> Iterator[list[Working]]:
    """Provide working files as they are, one that is not tracked as missing; all must be valid datasets."""
    workings: list[Working] = []
    try:
        for name in sorted(names):
            working = Working(name, None, None, None)
            if name in state.tracked:
                working = look(workspace, name, state.tracked[name], transaction, transaction)
                workings.append(working)
                if working.problem is not None:
                    raise working.problem
            else:
                workings.append(working)
        yield workings
    finally:
        for working in workings:
            working.close()
