"""Where a merge is done: the line of work it changes, and the working files if that is HEAD's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from rtstore.errors import RevisionError
from rtstore.history.refs import head_commit, unknown_name, with_commit
from rtstore.model.objects import Merge, State
from rtstore.storage.transaction import Transaction
from rtstore.workspace.merging.files import CleanFiles
from rtstore.workspace.merging.steps import Done, Line, merging_of
from rtstore.workspace.operate import Command, perform, tracked_with
from rtstore.workspace.workspace import Workspace


class Published(NamedTuple):
    """What became of it: working files written or removed, and the bytes the store grew by."""

    files: tuple[str, ...]
    bytes_added: int


class Desk:
    """A branch to merge into: HEAD's (``into`` is None) with its working files, or another one without.

    Raises:
        RevisionError: there is no such branch.
    """

    def __init__(
        self, workspace: Workspace, transaction: Transaction, state: State, into: str | None = None
    ) -> None:
        self.branch = into or state.branch
        self.is_head = self.branch == state.branch if into else True
        if not self.is_head and into not in state.branches:
            raise unknown_name("branch", into or "", state.branches)
        self.head = head_commit(state) if self.is_head else state.branches[into or ""]
        self.committed: Mapping[str, bytes] = workspace.snapshot(self.head)
        self.files = CleanFiles(workspace, transaction, state)
        self._workspace, self._transaction, self._state = workspace, transaction, state

    def line(self, touched: Iterable[str]) -> Line:
        """Return where the line of work is, after a look at the working files that may be changed.

        Raises:
            UncommittedChangesError: they are not clean; all are named.
            RevisionError: there is no commit yet.
        """
        if self.head is None:
            raise RevisionError(
                f"branch {self.branch!r} has no commits yet", hint="Make the first one: `rtstore commit`."
            )
        stamped = self.files.look(touched, self.committed) if self.is_head else {}
        return Line(self.head, self.committed, stamped)

    def take(self, kind: str, line: Line, done: Done, choose: str | None, text: str) -> Published:
        """Make steps count that were done from a line, and remember what they stopped at."""
        merging = None
        if done.stopped is not None:
            merging = self.merging(kind, line, done, choose)
        return self.publish(text, line.datasets, done.line.head, done.datasets, merging)

    def merging(self, kind: str, line: Line, done: Done, choose: str | None) -> Merge:
        """Return what is to be remembered of steps that stopped at conflicts."""
        assert done.stopped is not None
        changed = set(self._changed(line.datasets, done.datasets))
        changed |= {conflict.dataset for conflict in done.stopped.merged.conflicts}
        return merging_of(kind, line.head, done.stopped, self.files.saved(changed), choose)

    def publish(
        self,
        text: str,
        old: Mapping[str, bytes],
        head: bytes,
        datasets: Mapping[str, bytes],
        merging: Merge | None = None,
        seen: Mapping[str, bytes | None] = {},
    ) -> Published:
        """Finish the command: the branch is at ``head``, its working files hold ``datasets`` and not the ``old`` ones.

        ``seen``: what other files turned out to be.
        """
        workspace, state = self._workspace, self._state
        if not self.is_head:
            branches = {**state.branches, self.branch or "": head}
            state = msgspec.structs.replace(state, branches=branches)
            outcome = perform(workspace, self._transaction, Command(text, state))
            return Published((), outcome.bytes_added)
        changed = self._changed(old, datasets)
        rewrites = self.files.rewrites(changed)
        state = tracked_with(with_commit(state, head), {**seen, **changed})
        state = msgspec.structs.replace(state, merge=msgspec.UNSET if merging is None else merging)
        outcome = perform(workspace, self._transaction, Command(text, state, rewrites))
        return Published(tuple(rewrite.name for rewrite in rewrites), outcome.bytes_added)

    def _changed(self, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, bytes | None]:
        """Return what becomes of the datasets that differ; None: they go. Their files are looked at."""
        changed = {name: new.get(name) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
        self.files.look(changed, self.committed)
        return changed
