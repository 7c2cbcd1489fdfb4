"""Import of a file: its conversations become entries of a dataset, as one change of the working file.

What comes out of the file is spooled as records, which are read as any dataset file is; a sound file of records that
stay as they are is read where it is. Then all entries are appended at once.

With ``dedupe`` as RoleThread merges files: of entries that say the same the first stays as it is, and gets the tags
of the others; only what is new gets a new identity.
"""

from __future__ import annotations

from collections.abc import Mapping

from rtstore.errors import WorkspaceError
from rtstore.workspace.files.observe import layout_of
from rtstore.workspace.files.working import look
from rtstore.workspace.importing.opened import Opened, open_file
from rtstore.workspace.importing.plain import UnsoundFileError, has_stamp
from rtstore.workspace.importing.run import (
    IN_PLACE,
    PLAINLY,
    THROUGH_SOURCE,
    Import,
    Progress,
    Target,
    untold,
)
from rtstore.workspace.importing.shaping import Shaping
from rtstore.workspace.merging.progress import refuse_while_merging
from rtstore.workspace.newnames import check_new_name, check_own_sidecar
from rtstore.workspace.operate import writing
from rtstore.workspace.paths import check_dataset_name
from rtstore.workspace.results import ImportResult
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace


def import_file(
    workspace: Workspace,
    path: str,
    name: str,
    dedupe: bool = False,
    *,
    kind: str | None = None,
    shape: str | None = None,
    columns: Mapping[str, str] | None = None,
    branches: bool = False,
    shown: str | None = None,
    progress: Progress = untold,
) -> ImportResult:
    """Take the conversations of a file into the working file of the dataset ``name``, which is made if there is none.

    ``kind``: what the file is, found out where it is not said. ``shape``: the shape that all entries get; else records
    of a dataset file stay as they are, and all others have a source's own. ``columns``: which column of a table goes to
    which field; ``branches``: all continuations of a conversation are wanted. ``shown``: what messages call the file.

    Nothing is committed: ``status`` and ``diff`` show what it did, ``undo`` takes it back.

    Raises:
        InputError: nothing in the file can be used, or the working file is no valid dataset.
        UsageError: there is no such kind of file, or no such shape.
        WorkspaceError: there is a file of that name that is not tracked, or no dataset can have it.
        InProgressError: a merge is in progress.
        MissingExtraError: a package is needed to read the file that is not installed.
    """
    check_dataset_name(name)
    shaping = Shaping(shape)
    with writing(workspace):
        refuse_while_merging(workspace.state(), "import")
        opened = open_file(path, shown, kind, columns or {}, branches)
        target = _target(workspace, name, opened)
        for way in _ways(opened, shaping, dedupe):
            try:
                return Import(workspace, opened, target, shaping, dedupe, progress).run(way)
            except UnsoundFileError:
                continue
    raise AssertionError("a source says what is wrong with a file")


def _ways(opened: Opened, shaping: Shaping, dedupe: bool) -> list[str]:
    """Return how to read a file, the quickest way first; one that cannot be gone says so."""
    if not opened.is_dataset_file:
        return [THROUGH_SOURCE]
    as_it_is = shaping.changes_nothing and not dedupe and layout_of(opened.path) == "jsonl"
    if as_it_is and opened.source.name == "jsonl" and not has_stamp(opened.path):
        return [IN_PLACE, THROUGH_SOURCE]
    return [PLAINLY, THROUGH_SOURCE]


def _target(workspace: Workspace, name: str, opened: Opened) -> Target:
    """Store what the working file is. It is no harm if nothing comes of it: nobody refers to it then.

    Raises:
        InputError: it is no valid dataset.
        WorkspaceError: nothing can be imported into it.
    """
    state = workspace.state()
    known = state.tracked.get(name)
    sidecar, warning = opened.sidecar()
    with workspace.transaction() as transaction:
        working = look(workspace, name, known, transaction, transaction)
        working.close()
        if working.problem is not None:
            raise working.problem
        if known is None:
            check_new_name(workspace, state, name, sidecar is not None)
        elif sidecar is not None and working.sidecar is None:
            check_own_sidecar(workspace, state, name, True)
        if known is None and not working.missing:
            raise WorkspaceError(f"{name} is not tracked", hint=f"Run: rtstore add {name}")
        if known is not None and working.missing:
            raise WorkspaceError(f"{name} is missing", hint=f"Run: rtstore restore {name}")
        transaction.finish()
    base = None if working.id is None else Dataset(workspace, name, working.id)
    return Target(working, base, sidecar, () if warning is None else (warning,))
