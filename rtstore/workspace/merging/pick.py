"""Cherry-pick and revert: doing commits again on top of HEAD, or taking them back."""

from __future__ import annotations

from collections.abc import Sequence

from rtstore.errors import UsageError
from rtstore.storage.transaction import Transaction
from rtstore.workspace.merging.conflicts import describe
from rtstore.workspace.merging.desk import Desk
from rtstore.workspace.merging.message import revert_message
from rtstore.workspace.merging.progress import refuse_while_merging
from rtstore.workspace.merging.results import MergeResult
from rtstore.workspace.merging.snapshots import Base
from rtstore.workspace.merging.steps import Step, run_steps
from rtstore.workspace.operate import writing
from rtstore.workspace.workspace import Workspace

CHERRY_PICK, REVERT = "cherry-pick", "revert"


def pick(
    workspace: Workspace, kind: str, revisions: Sequence[str], author: str, choose: str | None = None
) -> MergeResult:
    """Do what commits changed on top of HEAD (``cherry-pick``), or take it back (``revert``), one commit each.

    With conflicts it stays in progress until they are resolved; then it goes on with the rest. ``author``: of commits
    that take others back; one that is done again keeps its own.

    Raises:
        UncommittedChangesError: working files that it would change are not clean; all are named.
        UsageError: a commit is a merge: which of its sides is meant cannot be told.
        RevisionError: there is no such revision.
        InProgressError: a merge is in progress.
    """
    if not revisions:
        raise UsageError(f"{kind} needs a commit", hint=f"Run: rtstore {kind} REV")
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        refuse_while_merging(state, f"another {kind}")
        commits = [workspace.resolve(revision, state) for revision in revisions]
        steps = steps_of(workspace, transaction, kind, commits, author)
        desk = Desk(workspace, transaction, state)
        line = desk.line(set[str]().union(*(step.touched(desk.committed) for step in steps)))
        done = run_steps(transaction, line, steps, choose)
        if not done.commits and done.stopped is None:
            return MergeResult("up to date", line.head, notices=done.notices)
        published = desk.take(kind, line, done, choose, f"{kind} {' '.join(revisions)}")
        return MergeResult(
            "conflicts" if done.stopped else "merged",
            done.line.head,
            done.commits,
            done.changes,
            describe(workspace) if done.stopped else (),
            published.files,
            done.notices,
            published.bytes_added,
        )


def steps_of(
    workspace: Workspace, transaction: Transaction, kind: str, commits: Sequence[bytes], author: str
) -> list[Step]:
    """Return the steps that pick commits.

    Raises:
        UsageError: one is a merge.
    """
    return [_step(workspace, transaction, kind, commit, author) for commit in commits]


def _step(workspace: Workspace, transaction: Transaction, kind: str, id: bytes, author: str) -> Step:
    commit = workspace.read_commit(id)
    if len(commit.parents) > 1:
        raise UsageError(
            f"{id.hex()[:12]} is a merge: which of its sides is meant cannot be told",
            hint=f"Name the commits of one side: rtstore {kind} {id.hex()[:12]}^2",
        )
    before = workspace.snapshot(commit.parents[0] if commit.parents else None)
    after = workspace.snapshot(id)
    if kind == REVERT:
        return Step(id, Base(after, transaction), before, revert_message(id, commit), author)
    return Step(id, Base(before, transaction), after, commit.message, commit.author)
