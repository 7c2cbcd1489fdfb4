"""Merging as a Python program uses it: the part of ``Store`` that brings lines of work together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rtstore.errors import UsageError
from rtstore.workspace.config import Config
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.draft import Record
    from rtstore.workspace.merging.results import Conflict, MergeResult, ResolveResult

# What a single command needs is imported where it is used.


class Merges:
    """Merges of a workspace's branches, and the conflicts they leave."""

    _workspace: Workspace
    config: Config

    def merge(
        self,
        revision: str,
        into: str | None = None,
        message: str | None = None,
        author: str | None = None,
        ff: bool | None = None,
        squash: bool = False,
        choose: str | None = None,
    ) -> MergeResult:
        """Merge a branch or any other revision into HEAD's branch, or ``into`` another one.

        Of another branch no working file is touched, and conflicts are an error. In HEAD's branch they are left to be
        resolved (``conflicts``, ``resolve_conflict``, ``continue_merge``), and the working files have ours until then.

        ``message``: by default it says what was merged. ``author``: by default that of the configuration. ``ff``: None
        moves the branch where it has no commits of its own, False makes a merge commit in any case, True in none.
        ``squash``: leave the outcome to be committed, as if it had been done by hand; ``into`` another branch it is
        committed so. ``choose``: ``ours`` or ``theirs`` decides where the sides contradict each other.

        Raises:
            UncommittedChangesError: working files that it would change are not clean; all are named.
            RevisionError: there is no such revision or branch, or nothing in common, or no fast-forward.
            ConflictsError: there are conflicts in a branch that is not checked out.
            InProgressError: another merge is in progress.
        """
        from rtstore.workspace.merging.merge import MergeOptions, merge

        options = MergeOptions(message, ff, squash, choose)
        return merge(self._workspace, revision, into, self._author(author), options)

    def cherry_pick(
        self, revisions: Sequence[str], author: str | None = None, choose: str | None = None
    ) -> MergeResult:
        """Do what commits changed once more, on top of HEAD; each keeps its author and message.

        Conflicts are left to be resolved, as those of ``merge``. ``choose``: the side that decides about them.

        Raises:
            UncommittedChangesError: working files that it would change are not clean; all are named.
            UsageError: a commit is a merge.
            RevisionError: there is no such revision.
            InProgressError: a merge is in progress.
        """
        from rtstore.workspace.merging.pick import CHERRY_PICK, pick

        return pick(self._workspace, CHERRY_PICK, revisions, self._author(author), choose)

    def revert(
        self, revisions: Sequence[str], author: str | None = None, choose: str | None = None
    ) -> MergeResult:
        """Take back what commits changed, each by a new commit on HEAD; see ``cherry_pick``."""
        from rtstore.workspace.merging.pick import REVERT, pick

        return pick(self._workspace, REVERT, revisions, self._author(author), choose)

    def conflicts(self) -> tuple[Conflict, ...]:
        """Return the conflicts of the merge in progress that are still open.

        Raises:
            NothingToDoError: no merge is in progress.
        """
        from rtstore.workspace.merging.conflicts import describe

        return describe(self._workspace)

    def resolve_conflict(
        self,
        target: str | None,
        side: str | None = None,
        record: Record | None = None,
        parts: Sequence[str] | None = None,
    ) -> ResolveResult:
        """Resolve conflicts of the merge in progress in one of three ways.

        ``target``: the name of a conflict, ``DATASET#ENTRY``, the beginning of an entry's id, ``DATASET`` for all that
        is in it, or None for all. ``side``: ``ours``, ``theirs`` or ``base`` decides where the sides contradict each
        other (what else both changed stays merged); ``both`` keeps two entries. ``record``: what the entry is to be.
        ``parts``: a side for each of its clashes, in their order.

        Raises:
            NothingToDoError: no merge is in progress, or it has no conflicts left.
            RevisionError: ``target`` names no conflict, or several.
            UsageError: the conflict cannot be resolved so.
            InputError: the record is none, or a working file is no valid dataset.
        """
        from rtstore.workspace.merging.decision import Decision
        from rtstore.workspace.merging.resolve import resolve

        return resolve(self._workspace, target, Decision(side, record, parts))

    def continue_merge(self, message: str | None = None, author: str | None = None) -> MergeResult:
        """Commit the merge, cherry-pick or revert in progress, and go on with what is still to be picked.

        Raises:
            NothingToDoError: none is in progress.
            ConflictsError: it has conflicts that nobody has resolved.
            InputError: a working file is no valid dataset.
        """
        from rtstore.workspace.merging.finish import finish

        return finish(self._workspace, message, author)

    def abort_merge(self) -> MergeResult:
        """Give up the merge, cherry-pick or revert in progress: everything is as it was before it began.

        Raises:
            NothingToDoError: none is in progress.
        """
        from rtstore.workspace.merging.finish import abort

        return abort(self._workspace)

    def _author(self, author: str | None) -> str:
        """Return who makes a commit: who is named, else who is configured."""
        if author is not None:
            from rtstore.workspace.author import format_author, parse_author

            return format_author(parse_author(author))
        identity = self.config.identity()
        if identity is None:
            raise UsageError(
                "who is the author of this?", hint='Pass author="Name <email>", or configure user.name.'
            )
        return f"{identity.name} <{identity.email}>"
