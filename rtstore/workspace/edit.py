"""Editing datasets through the library: a commit at a cost that follows the change, without a scan of any file."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

import msgspec

from rtstore.compare.counting import is_edited
from rtstore.errors import RevisionError, UncommittedChangesError
from rtstore.history.refs import head_commit, on_branch, unknown_name, with_commit
from rtstore.model.ids import Kind
from rtstore.model.objects import Counts, State, encode
from rtstore.model.objects import Dataset as Stored
from rtstore.model.volatile import Volatile
from rtstore.storage.transaction import Transaction
from rtstore.workspace.author import format_author, parse_author
from rtstore.workspace.changes import change_between, same_content
from rtstore.workspace.draft import Draft
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import look
from rtstore.workspace.merging.progress import in_progress
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.rebuild import rebuilt
from rtstore.workspace.record import check_message, store_commit
from rtstore.workspace.results import CommitResult, DatasetChange
from rtstore.workspace.transition import rewrite_to
from rtstore.workspace.views import Dataset, unknown_dataset
from rtstore.workspace.workspace import Workspace


class Edit:
    """Edits to the datasets of a branch, which become one commit when the ``with`` block ends without an error.

    ``edit[path]`` is a dataset to change. After the block ``result`` tells what was committed; it is None when
    nothing was changed.
    """

    def __init__(self, workspace: Workspace, branch: str, message: str, author: str) -> None:
        self._workspace = workspace
        self._branch = branch
        check_message(message)
        self._message = message
        self._author = format_author(parse_author(author))
        self._commit = _tip(workspace.state(), branch)
        self._datasets = workspace.snapshot(self._commit)
        self._drafts: dict[str, Draft] = {}
        self.result: CommitResult | None = None

    def __getitem__(self, path: str) -> Draft:
        """Return a dataset of the branch, to be changed.

        Raises:
            RevisionError: the branch has no such dataset.
        """
        if path not in self._drafts:
            if path not in self._datasets:
                raise unknown_dataset(path, self._datasets, self._branch)
            self._drafts[path] = Draft(Dataset(self._workspace, path, self._datasets[path]))
        return self._drafts[path]

    def __enter__(self) -> Edit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish()

    def _finish(self) -> None:
        changed = {path: draft for path, draft in self._drafts.items() if draft.changed}
        if not changed:
            return
        workspace = self._workspace
        with writing(workspace), workspace.transaction() as transaction:
            state = workspace.state()
            if state.merging is not None and state.branch == self._branch:
                raise in_progress(state.merging, "an edit of its branch")
            if _tip(state, self._branch) != self._commit:
                raise UncommittedChangesError(
                    f"branch {self._branch} got another commit meanwhile",
                    hint="Do the edit again on top of it.",
                )
            stored = {path: _apply(workspace, transaction, draft) for path, draft in changed.items()}
            self.result = self._publish(transaction, state, changed, stored)

    def _publish(
        self,
        transaction: Transaction,
        state: State,
        drafts: Mapping[str, Draft],
        stored: Mapping[str, tuple[bytes, Stored]],
    ) -> CommitResult | None:
        changes: list[DatasetChange] = []
        for path, draft in drafts.items():
            changes.append(_change(path, draft, stored[path][1], transaction))
        if all(change.clean for change in changes):
            return None
        ids = {path: id for path, (id, _) in stored.items()}
        new = store_commit(
            transaction, self._datasets | ids, (self._commit,), self._author, self._message, changes
        )
        rewrites: list[Rewrite] = []
        after = with_commit(on_branch(state, self._branch), new[0])
        if state.branch == self._branch:
            rewrites = self._rewrites(transaction, state, drafts, ids)
            after = tracked_with(after, ids)
        else:
            after = msgspec.structs.replace(after, branch=state.branch, detached=state.detached)
        text = f"edit {self._branch}: {self._message.strip().splitlines()[0][:60]}"
        outcome = perform(self._workspace, transaction, Command(text, after, rewrites))
        return CommitResult(*new, tuple(changes), outcome.bytes_added)

    def _rewrites(
        self,
        transaction: Transaction,
        state: State,
        drafts: Mapping[str, Draft],
        ids: Mapping[str, bytes],
    ) -> list[Rewrite]:
        """Return what becomes of the working files: each must be clean. One that is missing stays so."""
        rewrites = []
        for path, draft in drafts.items():
            working = look(self._workspace, path, state.tracked.get(path), transaction, transaction)
            working.close()
            if working.missing:
                continue
            if not same_content(draft.base.stored, working.dataset):
                raise UncommittedChangesError(
                    f"{path} has uncommitted changes, and branch {self._branch} is checked out",
                    entries=(path,),
                    hint="Commit or restore the file first, or edit another branch.",
                )
            rewrites.append(rewrite_to(self._workspace, transaction, working, ids[path]))
        return rewrites


def _tip(state: State, branch: str) -> bytes:
    commit = state.branches.get(branch)
    if commit is None:
        if branch == state.branch and head_commit(state) is None:
            raise RevisionError(f"branch {branch} has no commit yet", hint="Add and commit a dataset first.")
        raise unknown_name("branch", branch, state.branches)
    return commit


def _change(path: str, draft: Draft, new: Stored, transaction: Transaction) -> DatasetChange:
    """Return how a dataset changed. What was edited in place is at hand: no need to compare the versions."""
    old = draft.base.stored
    edited = draft.only_edited()
    if edited is None or old.framing != new.framing or same_content(old, new):
        return change_between(path, old, new, transaction)
    volatile = Volatile(old.settings.volatile)
    texts = [(entry, volatile.cut(entry.original or b"")[0], volatile.cut(entry.text)[0]) for entry in edited]
    edits = [
        entry.annotated or is_edited(before, after, volatile)
        for entry, before, after in texts
        if entry.annotated or before != after
    ]
    counts = Counts(edited=sum(edits), reformatted=len(edits) - sum(edits))
    return DatasetChange(path, "edited", counts, new.count)


def _apply(workspace: Workspace, transaction: Transaction, draft: Draft) -> tuple[bytes, Stored]:
    """Store a changed dataset; return its id and itself."""
    pieces = draft.pieces(transaction)
    dataset = rebuilt(transaction, draft.base.stored, pieces)
    workspace.carry_index(draft.base.stored, dataset, [piece.splice for piece in pieces])
    return transaction.add(Kind.DATASET, encode(dataset)), dataset
