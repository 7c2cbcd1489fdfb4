"""Files that were moved by hand: what is to be tracked may be a dataset whose file is gone."""

from __future__ import annotations

from collections.abc import Iterable

from rtstore.errors import StorageError, WorkspaceError
from rtstore.history.refs import head_commit
from rtstore.history.tree import Tree
from rtstore.model.objects import State
from rtstore.workspace.files.options import ReadOptions
from rtstore.workspace.files.working import exists, look
from rtstore.workspace.renames import find_renames
from rtstore.workspace.workspace import Workspace


def moved_files(
    workspace: Workspace, state: State, names: Iterable[str], options: ReadOptions
) -> dict[str, bytes]:
    """Return by name the datasets that files were which are to be tracked, where their own files are gone.

    Their entries are then followed from there. A file that cannot be read is left to those who track it.

    Raises:
        DamagedError: what is needed of the datasets is missing or damaged.
    """
    last = {**workspace.snapshot(head_commit(state)), **state.tracked}
    new = [name for name in names if name not in last]
    gone = [name for name in last if not exists(workspace, name)] if new else []
    if not gone:
        return {}
    with workspace.transaction() as trial:

        def before(name: str) -> Tree:
            return workspace.tree(workspace.dataset(last[name]))

        def now(name: str) -> Tree | None:
            try:
                working = look(workspace, name, None, trial, None, options)
            except (WorkspaceError, StorageError):
                return None
            working.close()
            return None if working.dataset is None else workspace.tree(working.dataset, trial)

        found = find_renames(gone, new, before, now)
    return {name: last[source] for name, source in found.items()}
