"""Looking at a working file: unchanged, changed to what, missing, no valid dataset, or no file at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from rtstore.errors import InputError, RtstoreError, UnreadableError, WorkspaceError
from rtstore.formats.sidecar_name import sidecar_path, twin_of
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Saved, encode
from rtstore.storage.signature import Signature, signature
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.options import ReadOptions
from rtstore.workspace.files.ranges import Ranges, Seen
from rtstore.workspace.files.seen import recall, remember, still_valid
from rtstore.workspace.paths import check_inside
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.files.scan import RecordSink
    from rtstore.workspace.files.texts import LineTexts

#: Bytes of a file kept in one blob, when it is saved although it is no valid dataset.
BLOB = 1 << 20


DEFAULT_OPTIONS = ReadOptions()


class Working(msgspec.Struct):
    """A working file as it is now.

    ``id`` and ``dataset`` are what it is, None when it is missing or ``problem`` says why it is no valid dataset: an
    ``InputError``, or another error where what is in its place cannot even be read. ``texts`` reads lines parsed just
    now. ``known`` is the dataset it was last known to be.
    ``noted``: the cache knows all this.
    """

    name: str
    known: bytes | None
    signature: Signature | None
    sidecar: Signature | None
    id: bytes | None = None
    dataset: Dataset | None = None
    texts: LineTexts | None = None
    ranges: Ranges | None = None
    problem: RtstoreError | None = None
    warnings: tuple[str, ...] = ()
    when: int = 0
    noted: bool = False

    @property
    def missing(self) -> bool:
        """Whether there is nothing where the file should be."""
        return self.signature is None and self.problem is None

    def close(self) -> None:
        """Close the file, if texts were read from it."""
        if self.texts is not None:
            self.texts.close()


def look(
    workspace: Workspace,
    name: str,
    known: bytes | None,
    transaction: Transaction,
    sink: RecordSink | None = None,
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Working:
    """Look at a working file last known to be the dataset ``known``.

    New pages go to ``transaction``; new records to ``sink``, when they are going to be stored. With ``options``
    all of it is read anew.
    """
    working = Working(name, known, None, None)
    try:
        check_inside(workspace.root, name)
    except WorkspaceError as error:
        working.problem = error
        return working
    try:
        working.signature = signature(workspace.path(name))
        working.sidecar = signature(workspace.path(sidecar_path(name)))
    except (WorkspaceError, UnreadableError) as error:
        working.problem = _in_the_way(workspace, working, error)
        return working
    if working.signature is None:
        return working
    if working.sidecar is not None and (twin := twin_of(name)) in workspace.state().tracked:
        working.problem = InputError(
            f"the sidecar {sidecar_path(name)} could be its own or that of {twin}",
            path=name,
            hint=f"Run: rtstore rm {name}. Under another name it can be added again.",
        )
        return working
    seen = recall(workspace, name)
    if known is not None and options == DEFAULT_OPTIONS and seen is not None and seen.dataset == known:
        if still_valid(seen, working.signature, working.sidecar):
            working.id, working.dataset = known, workspace.dataset(known)
            working.ranges, working.when, working.noted = seen.ranges, seen.when, True
            return working
    else:
        seen = None
    try:
        _observe(workspace, working, seen, transaction, sink, options)
    except InputError as error:
        working.problem = error
    except (WorkspaceError, UnreadableError) as error:
        working.problem = _in_the_way(workspace, working, error)
    return working


def _in_the_way(workspace: Workspace, working: Working, error: RtstoreError) -> RtstoreError:
    """Return the problem with what is in the place of a dataset or its sidecar: named as they are, and what to do."""
    name, message = working.name, error.message
    for each in (sidecar_path(name), name):
        message = message.replace(workspace.path(each), each)
    if isinstance(error, UnreadableError):
        return UnreadableError(message, hint=error.hint)
    if working.known is None:
        return WorkspaceError(message, hint="Move it away, or name an ordinary file.")
    return WorkspaceError(
        message, hint=f"Move it away; then bring back what was committed: rtstore restore {name}"
    )


def _observe(
    workspace: Workspace,
    working: Working,
    seen: Seen | None,
    transaction: Transaction,
    sink: RecordSink | None,
    options: ReadOptions,
) -> None:
    # Late: a command about files that are as they were does without the machinery that reads them.
    from rtstore.workspace.files.observe import Target, observe
    from rtstore.workspace.files.sidecars import SidecarFile

    path, name = workspace.path(working.name), working.name
    trusted = seen.sidecar if seen and seen.sidecar and seen.sidecar.settled(seen.when) else None
    target = Target(
        path,
        name,
        workspace.dataset(working.known, transaction) if working.known is not None else None,
        seen.ranges if seen is not None else Ranges(),
        options,
    )
    observation = observe(target, transaction, SidecarFile(path, name, trusted), sink)
    working.dataset = observation.dataset
    working.id = transaction.add(Kind.DATASET, encode(observation.dataset))
    working.texts, working.ranges, working.when = observation.texts, observation.ranges, observation.when
    working.signature, working.warnings = observation.signature, tuple(observation.warnings)
    if working.id == working.known:
        note(workspace, working)


def note(workspace: Workspace, working: Working) -> None:
    """Remember what a working file is, for the next time."""
    if working.noted:  # of thousands of files, most
        return
    if working.id is not None and working.signature is not None and working.ranges is not None:
        working.noted = True
        seen = Seen(working.id, working.signature, working.when, working.ranges, working.sidecar)
        remember(workspace, working.name, seen)


def save(workspace: Workspace, working: Working, transaction: Transaction) -> Saved:
    """Return what a working file holds, everything of it stored, so that it can be overwritten.

    It must have been looked at with a sink. A sidecar that is no part of the dataset is kept as it is.

    Raises:
        WorkspaceError: there is something else in the place of one of them, which is not to be overwritten.
        UnreadableError: the operating system does not let it be read.
    """
    if working.problem is not None and not isinstance(working.problem, InputError):
        raise working.problem
    sidecar = None
    if working.sidecar is not None and (working.dataset is None or working.dataset.registry is None):
        sidecar = _blobs(workspace.path(sidecar_path(working.name)), transaction)
    if working.missing:
        return Saved(sidecar=sidecar)
    if working.id is not None:
        return Saved(working.id, sidecar=sidecar)
    return Saved(file=_blobs(workspace.path(working.name), transaction), sidecar=sidecar)


def _blobs(path: str, transaction: Transaction) -> tuple[bytes, ...]:
    from rtstore.workspace.files.reading import open_to_read, read_at

    blobs = []
    with open_to_read(path) as file:
        while piece := read_at(file, file.tell(), BLOB):
            blobs.append(transaction.add(Kind.BLOB, piece))
    return tuple(blobs)


def exists(workspace: Workspace, name: str) -> bool:
    """Tell whether there is anything at the path of a dataset."""
    return os.path.lexists(workspace.path(name))
