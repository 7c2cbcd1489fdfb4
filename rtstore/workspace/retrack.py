"""Changing what a working file is known to be beyond what is in it: annotations, and how a dataset is divided."""

from __future__ import annotations

from rtstore.errors import WorkspaceError
from rtstore.history.refs import near_matches
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.merging.progress import refuse_while_merging
from rtstore.workspace.operate import Command, perform, tracked_with
from rtstore.workspace.transition import rewrite_to
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace


def recorded(workspace: Workspace, name: str, doing: str | None) -> tuple[Working, Dataset]:
    """Store what a working file is now, for a command that is ``doing`` something to it. The lock must be held.

    ``doing`` is None for one that only looks: that can be done while a merge is in progress.

    It is no harm if nothing comes of it: nobody refers to it then.

    Raises:
        WorkspaceError: it is not tracked, or not there.
        InputError: it is no valid dataset.
        InProgressError: a merge is in progress.
    """
    state = workspace.state()
    if doing is not None:
        refuse_while_merging(state, doing)
    if name not in state.tracked:
        near = near_matches(name, state.tracked)
        hint = f"Did you mean {near[0]}?" if near else f"Run: rtstore add {name}"
        raise WorkspaceError(f"{name} is not tracked", hint=hint)
    with workspace.transaction() as transaction:
        working = look(workspace, name, state.tracked[name], transaction, transaction)
        working.close()
        if working.problem is not None:
            raise working.problem
        if working.id is None:
            raise WorkspaceError(f"{name} is missing", hint=f"Run: rtstore restore {name}")
        transaction.finish()
    return working, Dataset(workspace, name, working.id)


def retrack(workspace: Workspace, transaction: Transaction, working: Working, new: bytes, text: str) -> None:
    """Make of a working file that was recorded the dataset ``new``, as the operation ``text``. Nothing is committed."""
    rewrite = rewrite_to(workspace, transaction, working, new)
    state = tracked_with(workspace.state(), {working.name: new})
    perform(workspace, transaction, Command(text, state, [rewrite]))
