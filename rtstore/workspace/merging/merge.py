"""Merge: bringing another line of work into a branch."""

from __future__ import annotations

from typing import Final, NamedTuple

from rtstore.errors import ConflictsError, RevisionError, UsageError
from rtstore.history.ancestry import is_ancestor
from rtstore.storage.transaction import Transaction
from rtstore.workspace.between import snapshot_changes
from rtstore.workspace.merging.conflicts import describe
from rtstore.workspace.merging.desk import Desk
from rtstore.workspace.merging.message import merge_subject, name_of
from rtstore.workspace.merging.progress import refuse_while_merging
from rtstore.workspace.merging.results import MergeResult
from rtstore.workspace.merging.snapshots import common_base
from rtstore.workspace.merging.steps import Done, Step, run_steps
from rtstore.workspace.operate import writing
from rtstore.workspace.workspace import Workspace

#: Who may decide about conflicts.
SIDES: Final = ("ours", "theirs")


class MergeOptions(NamedTuple):
    """How to merge. ``ff``: False makes a merge commit in any case, True refuses to make one.

    ``squash``: the outcome is to be committed as if it had been done by hand. ``choose``: ``ours`` or ``theirs``
    decides about conflicts.
    """

    message: str | None = None
    ff: bool | None = None
    squash: bool = False
    choose: str | None = None


def merge(
    workspace: Workspace, revision: str, into: str | None, author: str, options: MergeOptions
) -> MergeResult:
    """Merge a revision into HEAD's branch, or into another one, of which no working file is touched.

    With conflicts in HEAD's branch the merge stays in progress until they are resolved.

    Raises:
        UncommittedChangesError: working files that it would change are not clean; all are named.
        ConflictsError: there are conflicts, and ``into`` has no working files for them to be resolved in.
        RevisionError: there is no such revision or branch; or nothing in common; or no fast-forward is possible.
        InProgressError: another merge is in progress.
    """
    _check(options)
    with writing(workspace), workspace.transaction() as transaction:
        state = workspace.state()
        refuse_while_merging(state, "another merge")
        desk = Desk(workspace, transaction, state, into)
        theirs = workspace.resolve(revision, state)
        if desk.head is not None and is_ancestor(workspace, theirs, desk.head):
            return MergeResult("up to date", desk.head)
        forward = desk.head is None or is_ancestor(workspace, desk.head, theirs)
        if forward and (desk.head is None or not (options.squash or options.ff is False)):
            return _fast_forward(workspace, desk, theirs, revision)
        if options.ff and not forward:
            raise RevisionError(
                f"{desk.branch or 'HEAD'} cannot be fast-forwarded to {revision}: it has commits of its own",
                hint="Merge without --ff-only.",
            )
        subject = options.message or merge_subject(state, workspace.remotes, revision, theirs, desk.branch)
        step = _step(workspace, transaction, desk, theirs, revision, subject, author)
        return _merge(workspace, transaction, desk, step, revision, options)


def _check(options: MergeOptions) -> None:
    if options.choose is not None and options.choose not in SIDES:
        raise UsageError(f"{options.choose!r} cannot decide about conflicts: it is ours or theirs")
    if options.squash and options.ff is not None:
        raise UsageError(
            "--squash makes no merge commit and moves no branch: leave out --no-ff and --ff-only"
        )


def _fast_forward(workspace: Workspace, desk: Desk, theirs: bytes, revision: str) -> MergeResult:
    new = workspace.snapshot(theirs)
    old = desk.committed
    touched = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    if desk.is_head:
        desk.files.look(touched, old)
    told = tuple(change for change in snapshot_changes(workspace.objects, old, new) if not change.clean)
    published = desk.publish(f"merge {revision}: fast-forward", old, theirs, new)
    return MergeResult(
        "fast-forward", theirs, datasets=told, files=published.files, bytes_added=published.bytes_added
    )


def _step(
    workspace: Workspace,
    transaction: Transaction,
    desk: Desk,
    theirs: bytes,
    revision: str,
    subject: str,
    author: str,
) -> Step:
    assert desk.head is not None
    base = common_base(workspace, transaction, desk.head, theirs)
    if base is None:
        raise RevisionError(
            f"{revision} and {desk.branch or 'HEAD'} have no commit in common: there is nothing to merge on",
            hint=f"Take its datasets over instead: rtstore restore --source {revision} DATASET",
        )
    return Step(theirs, base, workspace.snapshot(theirs), subject, author, (theirs,), lists=True)


def _merge(
    workspace: Workspace,
    transaction: Transaction,
    desk: Desk,
    step: Step,
    revision: str,
    options: MergeOptions,
) -> MergeResult:
    line = desk.line(step.touched(desk.committed))
    squash = options.squash and desk.is_head
    if options.squash:
        step = step._replace(parents=())
    done = run_steps(transaction, line, [step], options.choose, commit=not squash)
    if done.stopped is not None and not desk.is_head:
        raise _unresolvable(done, desk, revision)
    text = f"merge {'--squash ' if squash else ''}{revision}"
    published = desk.take("squash" if squash else "merge", line, done, options.choose, text)
    outcome = "conflicts" if done.stopped else "squashed" if squash else "merged"
    return MergeResult(
        outcome,
        done.line.head,
        done.commits,
        done.changes,
        describe(workspace) if done.stopped else (),
        published.files,
        done.notices,
        published.bytes_added,
    )


def _unresolvable(done: Done, desk: Desk, revision: str) -> ConflictsError:
    assert done.stopped is not None
    names = tuple(map(name_of, done.stopped.merged.conflicts))
    return ConflictsError(
        f"{revision} has conflicts with {desk.branch}, which is not checked out: {', '.join(names[:8])}",
        entries=names,
        hint=f"Resolve them in its working files: rtstore switch {desk.branch}, then rtstore merge {revision}. "
        "Or let one side decide: -X ours, -X theirs.",
    )
