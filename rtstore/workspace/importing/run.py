"""One import on its way: read, spooled, observed, joined, and made one operation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final, NamedTuple

from msgspec.structs import replace

from rtstore.errors import InputError
from rtstore.formats.sidecar import Sidecar
from rtstore.formats.sources.base import Item
from rtstore.history.stamps import read_stamps
from rtstore.model.ids import Kind
from rtstore.model.objects import PERMISSIONS, Registry, encode
from rtstore.storage.files import temporary_beside
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.observe import Observation, observe
from rtstore.workspace.files.observe import Target as ToObserve
from rtstore.workspace.files.scan import RecordSink
from rtstore.workspace.files.sidecars import SidecarFile
from rtstore.workspace.files.working import Working
from rtstore.workspace.importing.conversation import duplicate_key
from rtstore.workspace.importing.identity import Identities
from rtstore.workspace.importing.intake import Intake
from rtstore.workspace.importing.joining import Joining
from rtstore.workspace.importing.opened import Opened
from rtstore.workspace.importing.plain import ARRAY, UnsoundFileError, batches
from rtstore.workspace.importing.registry import (
    joined_registry,
    mappings_of,
    new_registry,
    new_stamps,
    owner_of,
)
from rtstore.workspace.importing.rejects import Rejects
from rtstore.workspace.importing.roster import Roster
from rtstore.workspace.importing.shaping import Shaping
from rtstore.workspace.importing.spool import Spool
from rtstore.workspace.merging.frames import read_registry, stamps_among, store_registry
from rtstore.workspace.newnames import check_new_name, check_own_sidecar
from rtstore.workspace.operate import Command, perform, tracked_with
from rtstore.workspace.results import ImportResult, Rejected
from rtstore.workspace.transition import rewrite_to
from rtstore.workspace.views import Dataset as View
from rtstore.workspace.workspace import Workspace

#: How a file is read: where it is, as one whose records are sound, or by its source, which tells what is not.
IN_PLACE: Final = "in place"
PLAINLY: Final = "plainly"
THROUGH_SOURCE: Final = "through source"
#: Characters of a rejected text that an example shows.
_SHOWN: Final = 200

#: Called with what is being done, how many bytes are done, and of how many, if that is known.
Progress = Callable[[str, int, int | None], object]


def untold(what: str, done: int, total: int | None) -> None:
    """Tell nobody how far it is."""


class Target(NamedTuple):
    """Where an import goes: the working file, the dataset it is (None: it is to be made).

    ``sidecar`` is that of the imported file, ``warnings`` what is to be said about it.
    """

    working: Working
    base: View | None
    sidecar: Sidecar | None
    warnings: tuple[str, ...]


class Import:
    """An import of one file, read in one way."""

    def __init__(
        self,
        workspace: Workspace,
        opened: Opened,
        target: Target,
        shaping: Shaping,
        dedupe: bool,
        progress: Progress,
    ) -> None:
        self._workspace, self._opened, self._target = workspace, opened, target
        self._shaping, self._dedupe, self._progress = shaping, dedupe, progress
        self._name = target.working.name
        self._ours = None if target.base is None else read_registry(workspace.objects, target.base.stored)
        self._theirs = None if target.sidecar is None else target.sidecar.registry
        self._roster = Roster([one for one in (self._ours, self._theirs) if one is not None])
        self._identities = Identities(target.base, owner_of(self._ours) or owner_of(self._theirs))
        self._rejects = Rejects(workspace, self._name, opened.name)

    def run(self, way: str) -> ImportResult:
        """Import the file.

        Raises:
            UnsoundFileError: it cannot be read in this way.
            InputError: nothing in it can be used.
        """
        with ExitStack() as stack, self._workspace.transaction() as transaction:
            stack.callback(self._rejects.close)
            path, intake = self._opened.path, None
            if way != IN_PLACE:
                intake = self._intake(stack)
                self._fill(intake, way)
                path = stack.enter_context(intake.finish()).path
                self._check_usable(intake)
            observed = self._observed(path, transaction, way)
            stack.callback(observed.texts.close)
            return self._performed(transaction, observed, path, intake)

    def _intake(self, stack: ExitStack) -> Intake:
        base = self._target.base
        like = base[-1].text if base else b""
        several_lines = b"\n" in like
        spool = stack.enter_context(Spool(self._workspace, "array" if several_lines else "jsonl"))
        return Intake(
            spool,
            self._shaping,
            self._identities,
            self._roster,
            self._rejects,
            dict(_keys(base)) if self._dedupe else None,
            {} if self._target.sidecar is None else mappings_of(self._target.sidecar),
            self._name.encode(),
            like if several_lines else None,
        )

    def _fill(self, intake: Intake, way: str) -> None:
        opened = self._opened
        if way == PLAINLY:
            what = "item" if opened.source.name == ARRAY else "line"
            for batch in batches(opened.path, opened.source.name):
                try:
                    intake.take_batch(batch, what)
                except InputError as error:
                    raise UnsoundFileError from error
                self._progress("reading", batch.done, opened.signature.size)
            return
        done = 0
        for found in opened.source.read(opened.path, opened.options):
            intake.take(found)
            done += len(found.text) if isinstance(found, Item) else 0
            self._progress("reading", done, None)

    def _check_usable(self, intake: Intake) -> None:
        """Raise ``InputError`` where something is in the file and nothing of it can be used."""
        used = intake.count or intake.duplicates or self._roster
        if used or not self._rejects.count:
            return
        first = self._rejects.examples[0]
        more = self._rejects.count - 1
        raise InputError(
            f"nothing in it can be used: {first.place}: {first.reason}"
            + (f" (and {more:,} more)" if more else ""),
            path=self._opened.name,
            hint=(
                "See that it is the right file, and of the right kind: --from KIND."
                if self._shaping.changes_nothing
                else "Give it another shape (--as SHAPE), or none: then records of a dataset file stay as they are."
            ),
        )

    def _observed(self, path: str, transaction: Transaction, way: str) -> Observation:
        """Read the records back, or read them where they are; they are stored with that."""
        base, opened = self._target.base, self._opened
        no_sidecar = SidecarFile(temporary_beside(path), opened.name)
        settings = None if base is None else base.settings
        known = None
        if base is not None and b"\n" in (base[-1].text if base else b""):
            known = replace(base.stored, root=None, height=0, count=0, stamps=None, registry=None)
        told = _Told(transaction, self._progress, os.path.getsize(path))
        try:
            target = ToObserve(path, opened.name, known, settings=settings)
            return observe(target, transaction, no_sidecar, told)
        except InputError as error:
            if way == THROUGH_SOURCE:
                raise
            raise UnsoundFileError from error

    def _performed(
        self, transaction: Transaction, observed: Observation, path: str, intake: Intake | None
    ) -> ImportResult:
        workspace, target, name = self._workspace, self._target, self._name
        joining = Joining(transaction, name, target.base, observed, self._mode(observed))
        registry = self._registry(observed)
        stored = None if registry is None else store_registry(transaction, registry)
        stamps = self._stamps(transaction, registry, observed)
        mapped, tags = ({}, {}) if intake is None else (intake.mapped, intake.tags)
        new, tagged = joining.dataset(mapped, tags, stored, stamps)
        result = self._result(observed, intake, tagged)
        id = transaction.add(Kind.DATASET, encode(new))
        if id == target.working.id or (target.base is None and not new.count and new.registry is None):
            with self._rejects.published() as rejects:
                return replace(result, rejects=rejects)
        rewrite = replace(
            rewrite_to(workspace, transaction, target.working, id), twin=joining.twin(path, new)
        )
        state = tracked_with(workspace.state(), {name: id})
        text = f"import {os.path.basename(self._opened.name)} into {name}"
        with self._rejects.published() as rejects:
            perform(workspace, transaction, Command(text, state, [rewrite]))
        return replace(result, made=target.base is None, rejects=rejects)

    def _registry(self, observed: Observation) -> Registry | None:
        """Return the registry with what comes in; a dataset gets one only where something is for it."""
        file_name = self._name.rpartition("/")[2]
        uuid = self._identities.dataset_uuid
        registry = joined_registry(self._ours, self._theirs, uuid, file_name)
        if self._roster:
            owner = self._identities.owner(self._name.encode() + (observed.dataset.root or b""))
            registry = joined_registry(
                registry or new_registry(owner, file_name), self._roster.registry(), owner, file_name
            )
        if registry is not None and self._ours is None and self._theirs is None:
            self._check_may_have_sidecar()
        return registry

    def _check_may_have_sidecar(self) -> None:
        workspace, state = self._workspace, self._workspace.state()
        if self._target.base is None:
            check_new_name(workspace, state, self._name, True)
        elif self._target.working.sidecar is None:
            check_own_sidecar(workspace, state, self._name, True)

    def _stamps(
        self, transaction: Transaction, registry: Registry | None, observed: Observation
    ) -> tuple[tuple[str, bytes], ...]:
        base, sidecar = self._target.base, self._target.sidecar
        ours = () if base is None else read_stamps(transaction, base.stored).sidecar
        theirs = () if sidecar is None else sidecar.stamps
        entries = (0 if base is None else len(base)) + observed.dataset.count
        return stamps_among(registry, ours, theirs, new_stamps(entries))

    def _mode(self, observed: Observation) -> int:
        """Return the permission bits of a file that is made: those of a dataset file, else the usual ones."""
        is_copy = self._opened.is_dataset_file and not self._opened.is_stream
        return (self._opened.signature.mode if is_copy else observed.signature.mode) & PERMISSIONS

    def _result(self, observed: Observation, intake: Intake | None, tagged: int) -> ImportResult:
        rejects, source = self._rejects, self._opened.source
        return ImportResult(
            self._name,
            observed.dataset.count,
            0 if intake is None else intake.duplicates,
            tagged + (0 if intake is None else intake.tagged),
            (*observed.warnings, *self._target.warnings),
            kind=source.name,
            title=source.title,
            characters=len(self._roster.characters),
            prompts=len(self._roster.prompts),
            rejected=rejects.count,
            reasons=tuple(sorted(rejects.reasons.items(), key=lambda one: (-one[1], one[0]))),
            examples=tuple(Rejected(one.place, one.reason, one.text[:_SHOWN]) for one in rejects.examples),
        )


class _Told:
    """A sink of records that tells how far it is."""

    def __init__(self, sink: RecordSink, progress: Progress, total: int) -> None:
        self._sink, self._progress, self._total = sink, progress, total
        self._done = 0

    def begin_file(self) -> None:
        self._done = 0
        self._sink.begin_file()

    def add_run(
        self,
        records: Sequence[bytes],
        ids: Sequence[bytes],
        text: bytes | memoryview | None = None,
        distinct: bool = False,
    ) -> None:
        self._sink.add_run(records, ids, text, distinct)
        self._done += sum(map(len, records))
        self._progress("recording", self._done, self._total)


def _keys(dataset: View | None) -> Iterator[tuple[bytes, int]]:
    """Yield the key of every entry of a dataset with its position, the first of equals last."""
    keys = [] if dataset is None else [duplicate_key(entry.text) for entry in dataset]
    for position in range(len(keys) - 1, -1, -1):
        yield keys[position], position
