"""Import of a file: its entries become entries of a dataset, as one change of the working file.

With ``dedupe`` as RoleThread merges files: of entries that say the same the first stays as it is, and gets the tags
of the others; only what is new gets a new identity.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from rtstore.errors import WorkspaceError
from rtstore.formats.mappings import ENTRY_FIELD
from rtstore.model.ids import Kind
from rtstore.model.jsonedit import set_value
from rtstore.model.objects import Annotation, encode
from rtstore.model.objects import Dataset as Stored
from rtstore.storage.transaction import Transaction
from rtstore.workspace.draft import Draft
from rtstore.workspace.files.framing import ARRAY_SEPARATOR
from rtstore.workspace.files.observe import Target, layout_of, observe
from rtstore.workspace.files.sidecars import SidecarFile, as_read_back
from rtstore.workspace.files.working import Working, look
from rtstore.workspace.importing.conversation import TAGS, key_of, tags_of
from rtstore.workspace.importing.identity import ENTRY_UUID, Identities, value_at
from rtstore.workspace.importing.registry import joined_registry, loose_mappings
from rtstore.workspace.merging.frames import read_registry, stamps_for
from rtstore.workspace.merging.progress import refuse_while_merging
from rtstore.workspace.newnames import check_new_name, check_own_sidecar
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from rtstore.workspace.paths import check_dataset_name
from rtstore.workspace.rebuild import rebuilt
from rtstore.workspace.results import ImportResult
from rtstore.workspace.transition import rewrite_to
from rtstore.workspace.views import Dataset, Entry
from rtstore.workspace.workspace import Workspace


def import_file(workspace: Workspace, path: str, name: str, dedupe: bool = False) -> ImportResult:
    """Take the entries of a file into the working file of the dataset ``name``, which is made if there is none.

    Nothing is committed: ``status`` and ``diff`` show what it did, ``undo`` takes it back.

    Raises:
        InputError: the file, or the working file, is no valid dataset.
        WorkspaceError: there is a file of that name that is not tracked, or no dataset can have it.
        InProgressError: a merge is in progress.
    """
    check_dataset_name(name)
    with writing(workspace):
        refuse_while_merging(workspace.state(), "import")
        recorded = _recorded(workspace, path, name)
        working = recorded.working
        with workspace.transaction() as transaction:
            importing = _Importing(workspace, recorded, dedupe)
            result = importing.run()
            new = transaction.add(Kind.DATASET, encode(importing.stored(transaction)))
            if new == recorded.target:
                return result
            rewrite = rewrite_to(workspace, transaction, working, new)
            state = tracked_with(workspace.state(), {name: new})
            text = f"import {os.path.basename(path)} into {name}"
            perform(workspace, transaction, Command(text, state, [rewrite]))
    return replace(result, made=working.id is None)


class _Recorded(NamedTuple):
    """Both files, all they hold stored: the working file and the dataset it is, the imported one and its warnings."""

    working: Working
    target: bytes
    incoming: bytes
    warnings: tuple[str, ...]


def _recorded(workspace: Workspace, path: str, name: str) -> _Recorded:
    """Store what both files are. It is no harm if nothing comes of it: nobody refers to it then."""
    state = workspace.state()
    known = state.tracked.get(name)
    with workspace.transaction() as transaction:
        shown = os.path.basename(path)
        observation = observe(Target(path, shown), transaction, SidecarFile(path, shown), transaction)
        observation.texts.close()
        incoming = transaction.add(Kind.DATASET, encode(observation.dataset))
        working = look(workspace, name, known, transaction, transaction)
        working.close()
        if working.problem is not None:
            raise working.problem
        brings_sidecar = observation.dataset.registry is not None
        if known is None:
            check_new_name(workspace, state, name, brings_sidecar)
        elif brings_sidecar and working.sidecar is None:
            check_own_sidecar(workspace, state, name, brings_sidecar)
        if known is None and not working.missing:
            raise WorkspaceError(f"{name} is not tracked", hint=f"Run: rtstore add {name}")
        if known is not None and working.missing:
            raise WorkspaceError(f"{name} is missing", hint=f"Run: rtstore restore {name}")
        target = working.id or _empty(transaction, name, observation.dataset)
        transaction.finish()
    return _Recorded(working, target, incoming, tuple(observation.warnings))


def _empty(transaction: Transaction, name: str, like: Stored) -> bytes:
    """Return a dataset without entries, to be read as the imported file is. Such a file is all head."""
    layout = layout_of(name)
    head, separator = (b"[]\n", ARRAY_SEPARATOR) if layout == "array" else (b"", b"\n")
    framing = replace(like.framing, layout=layout, head=head, separator=separator, tail=b"")
    return transaction.add(Kind.DATASET, encode(Stored(None, 0, 0, framing, like.settings)))


class _Importing:
    """One import, on its way."""

    def __init__(self, workspace: Workspace, recorded: _Recorded, dedupe: bool) -> None:
        self._dataset = Dataset(workspace, recorded.working.name, recorded.target)
        self._incoming = Dataset(workspace, recorded.working.name, recorded.incoming)
        self._warnings = recorded.warnings
        self._identities = Identities(self._dataset)
        self._dedupe = dedupe
        self._loose = loose_mappings(workspace.objects, self._incoming.stored)
        self._mapped = False
        self._tagged: set[int] = set()
        self._draft = Draft(self._dataset)

    def run(self) -> ImportResult:
        """Put every incoming entry where it belongs."""
        first = dict(self._keys()) if self._dedupe else {}
        added = duplicates = 0
        for entry in self._incoming:
            key = key_of(entry.text) if self._dedupe else b""
            if key in first:
                duplicates += 1
                self._unite_tags(first[key], tags_of(entry.text))
                continue
            if self._dedupe:
                first[key] = len(self._draft)
            self._append(entry)
            added += 1
        return ImportResult(self._dataset.path, added, duplicates, len(self._tagged), self._warnings)

    def stored(self, transaction: Transaction) -> Stored:
        """Return the dataset with what came into it."""
        ours, theirs = self._dataset.stored, self._incoming.stored
        uuid = self._identities.dataset_uuid
        file_name = self._dataset.path.rpartition("/")[2]
        frame = replace(ours, registry=joined_registry(transaction, ours, theirs, uuid, file_name))
        stamps = stamps_for(transaction, read_registry(transaction, frame), ours, theirs)
        new = rebuilt(transaction, ours, self._draft.pieces(transaction), frame, stamps)
        # Where the dataset has another id field, its entries cannot keep mappings: the registry does.
        return as_read_back(transaction, new) if self._mapped else new

    def _keys(self) -> Iterator[tuple[bytes, int]]:
        """Yield the key of every entry of the dataset with its position, the first of equals last."""
        keys = [key_of(entry.text) for entry in self._dataset]
        for position in range(len(keys) - 1, -1, -1):
            yield keys[position], position

    def _append(self, entry: Entry) -> None:
        record = entry.data
        text, uuid = self._identities.renewed(entry.text, record)
        self._draft.append(text)
        if uuid is None:
            return
        mapping = entry.mapping_text or self._loose.pop(value_at(record, ENTRY_UUID), b"")
        if mapping:
            named = set_value(mapping.decode(), (ENTRY_FIELD,), uuid).encode()
            self._draft[-1].annotation = Annotation(mapping=named)
            self._mapped = True

    def _unite_tags(self, position: int, tags: list[str]) -> None:
        """Give the entry at a position of the draft the tags it lacks."""
        if not tags:
            return
        entry = self._draft[position]
        present = entry.data.get(TAGS[0])
        missing = [tag for tag in dict.fromkeys(tags) if not isinstance(present, list) or tag not in present]
        if not missing or not (present is None or isinstance(present, list)):
            return
        self._tagged.add(position)
        if not present:
            entry.set(TAGS, missing)
        for tag in missing if present else ():
            entry.insert((*TAGS, len(entry.data[TAGS[0]])), tag)
