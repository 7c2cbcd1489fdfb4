"""The store as a Python program uses it, but for remotes: one object, with the names the command line has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from rtstore.errors import RevisionError
from rtstore.history import refs
from rtstore.model.objects import Operation, State
from rtstore.workspace.config import Config
from rtstore.workspace.history import History
from rtstore.workspace.merging.store import Merges
from rtstore.workspace.results import (
    AddResult,
    AnnotateResult,
    ApplyResult,
    CommitResult,
    DatasetChange,
    FsckResult,
    GcResult,
    ImportResult,
    RestoreResult,
    Status,
    SwitchResult,
    UndoResult,
)
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.annotations import Fields
    from rtstore.workspace.diff import Difference
    from rtstore.workspace.edit import Edit

# What a single command needs is imported where it is used: `rtstore status` should not wait for gc and merge.


class LocalStore(History, Merges):
    """A workspace with its store. ``root`` is its directory."""

    def __init__(self, workspace: Workspace, user_config: str | None = None) -> None:
        super().__init__(workspace)
        self.root = workspace.root
        self._user_config = user_config
        user = None if user_config is None else os.path.join(user_config, "config")
        self.config = Config(
            workspace.files, workspace=os.path.join(workspace.directory, "config"), user=user
        )
        if workspace.was_interrupted():
            from rtstore.workspace.operate import recover_if_free

            recover_if_free(workspace)

    def __repr__(self) -> str:
        return f"<Store {self.root}>"

    def on_wait(self, told: Callable[[int | None], None]) -> None:
        """Have ``told`` called when a command waits for another one for more than a second.

        It gets the id of the process that is changing the store, None if that is not known.
        """
        self._workspace.lock.on_wait = told

    # Working files

    def add(
        self, paths: Sequence[str], id_field: str | None = None, volatile: Sequence[str] | None = None
    ) -> AddResult:
        """Track files and the datasets below directories.

        ``id_field``: the dotted path of the field that names an entry; found out where it is not given.
        ``volatile``: the dotted paths of fields that programs rewrite without meaning a change by it; by default those
        of RoleThread Lite.
        """
        from rtstore.workspace.tracking import add

        return add(self._workspace, paths, id_field, volatile)

    def remove(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Stop tracking datasets; their files stay."""
        from rtstore.workspace.tracking import remove

        return remove(self._workspace, paths)

    def move(self, source: str, target: str) -> str:
        """Give a dataset and its files another name."""
        from rtstore.workspace.tracking import move

        return move(self._workspace, source, target)

    def name_of(self, path: str) -> str:
        """Return the dataset name of a path of the operating system."""
        from rtstore.workspace.paths import dataset_name

        return dataset_name(self.root, path)

    def status(self) -> Status:
        """Return how the working files differ from HEAD."""
        from rtstore.workspace.status import status

        return status(self._workspace)

    def untracked(self) -> tuple[str, ...]:
        """Return the names of files that look like datasets and are not tracked."""
        from rtstore.workspace.files.discover import dataset_files, may_be_dataset

        tracked = self._state.tracked
        start = len(os.path.join(self.root, ""))
        names = ((path[start:].replace(os.sep, "/"), path) for path in dataset_files(self.root))
        return tuple(name for name, path in names if name not in tracked and may_be_dataset(path))

    def commit(
        self, message: str, author: str, paths: Sequence[str] = (), allow_empty: bool = False
    ) -> CommitResult:
        """Record all tracked working files, or those named, as a commit. ``author`` is ``Name <email>``."""
        from rtstore.workspace.commit import commit

        return commit(self._workspace, message, author, paths, allow_empty)

    def switch(
        self, name: str, create: bool = False, start: str | None = None, detach: bool = False
    ) -> SwitchResult:
        """Go to another branch, or with ``detach`` to any revision. ``create``: make it, at ``start``."""
        from rtstore.workspace.switch import switch

        if create:
            self._workspace.remotes.check_free(name)
        return switch(self._workspace, name, create, start, detach)

    def restore(self, targets: Sequence[str], source: str | None = None) -> RestoreResult:
        """Bring back datasets or entries (``DATASET#ENTRY``) as they were."""
        from rtstore.workspace.restore import restore

        return restore(self._workspace, targets, source)

    def import_file(
        self,
        path: str,
        into: str,
        dedupe: bool = False,
        *,
        kind: str | None = None,
        shape: str | None = None,
        columns: Mapping[str, str] | None = None,
        branches: bool = False,
        shown: str | None = None,
        progress: Callable[[str, int, int | None], object] | None = None,
    ) -> ImportResult:
        """Take the conversations of a file into the working file of the dataset ``into``.

        ``dedupe``: an entry that says the same as one that is there, whatever its system prompt, is not added; its
        tags are. ``kind``: what the file is (``jsonl``, ``csv``, ``sillytavern``), found out where it is not given.
        ``shape``: the shape that all entries get; where it is not given records keep theirs. ``columns``: which column
        of a table goes to which field. ``branches``: all continuations of a conversation are wanted, not only the one
        that was shown last. ``shown``: what messages call the file, if not by its name. ``progress`` is told what is
        being done, how many bytes are done, and of how many if that is known.

        Raises:
            InputError: nothing in the file can be used, or the working file is no valid dataset.
            UsageError: there is no such kind of file, or no such shape.
            WorkspaceError: ``into`` is there and not tracked, or no dataset can have that name.
            InProgressError: a merge is in progress.
            MissingExtraError: to read the file a package is needed that is not installed.
        """
        from rtstore.workspace.importing.files import import_file
        from rtstore.workspace.importing.run import untold

        return import_file(
            self._workspace,
            path,
            into,
            dedupe,
            kind=kind,
            shape=shape,
            columns=columns,
            branches=branches,
            shown=shown,
            progress=progress or untold,
        )

    def annotate(
        self, dataset: str, changes: Mapping[int | str, Fields | Mapping[str, Any]]
    ) -> AnnotateResult:
        """Note something about entries of the working dataset: ``{"3fa8": {"rating": 4, "review": "approved"}}``.

        Entries go by position from 0, or by at least 4 digits of their ids. The fields are ``note``, ``rating`` (1 to
        5), ``review`` (a slug) and ``partition`` (a side); an empty text, or 0, takes one away. The files stay as they
        are; nothing is committed.

        Raises:
            UsageError: a field cannot have its value.
            IndexError, RevisionError: there is no such entry.
            InputError: the working file is no valid dataset.
            WorkspaceError: it is not tracked, or missing.
            InProgressError: a merge is in progress.
        """
        from rtstore.workspace.annotate import annotate

        return annotate(self._workspace, dataset, changes)

    def apply(self, patch: bytes, name: str = "the patch", reverse: bool = False) -> ApplyResult:
        """Do to the working files what a patch says, the JSON of a difference; or with ``reverse`` undo it.

        Raises:
            InputError: it is no patch, or would make something else than a dataset of a file.
            WorkspaceError: it is about a file that is not there, or adds one that is, or that cannot be.
            ConflictsError: it contradicts what is in the files; the error names the entries.
            InProgressError: a merge is in progress.
        """
        from rtstore.workspace.patching.apply import apply

        return apply(self._workspace, patch, name, reverse)

    # Differences

    def diff(
        self,
        old: str | None = None,
        new: str | None = None,
        targets: Sequence[str] = (),
        merge_base: bool = False,
    ) -> Difference:
        """Return what differs between two versions; ``old`` defaults to HEAD, ``new`` to the working files.

        ``targets``: only these datasets (``DATASET``), and of them only these entries (``DATASET#ENTRY``: a position
        from 1 in the new version, else in the old one, or the beginning of an id). ``merge_base``: compare with what
        ``old`` has in common with ``new``. What differs is read as it is gone through; close it when that is done,
        or use it in a ``with`` block.

        Raises:
            RevisionError: there is no such version, dataset or entry.
            InputError: a working file is no valid dataset.
        """
        from rtstore.workspace.diff import diff

        return diff(self._workspace, old, new, targets, merge_base)

    def changes(
        self,
        old: str | None = None,
        new: str | None = None,
        targets: Sequence[str] = (),
        merge_base: bool = False,
    ) -> tuple[DatasetChange, ...]:
        """Return how datasets differ between two versions, in counts; the versions and ``targets`` as in ``diff``.

        Datasets that do not differ are left out, but for those named.
        """
        from rtstore.workspace.compared import compared

        if any("#" in target for target in targets):
            with self.diff(old, new, targets, merge_base) as difference:
                return difference.changes()
        from rtstore.workspace.between import file_changes, snapshot_changes

        workspace = self._workspace
        before_id, after_id = compared(workspace, old, new, merge_base)
        before = workspace.snapshot(before_id)
        if new is None:
            found = file_changes(workspace, self._state, before, targets)
        else:
            found = snapshot_changes(workspace.objects, before, workspace.snapshot(after_id), targets)
        return tuple(change for change in found if not change.clean or change.stamps_only or targets)

    def changes_of(self, commit_id: bytes) -> tuple[DatasetChange, ...]:
        """Return what a commit changed against its first parent."""
        from rtstore.workspace.between import snapshot_changes

        commit = self._workspace.read_commit(commit_id)
        before = self._workspace.snapshot(commit.parents[0] if commit.parents else None)
        found = snapshot_changes(self._workspace.objects, before, self._workspace.snapshot(commit_id))
        return tuple(change for change in found if not change.clean)

    def edit(self, branch: str, message: str, author: str | None = None) -> Edit:
        """Edit datasets of a branch in a ``with`` block; what was changed becomes one commit.

        ``author`` defaults to ``user.name`` and ``user.email`` of the configuration. If the branch is checked out,
        its working files must be clean, and are updated.
        """
        from rtstore.workspace.edit import Edit

        return Edit(self._workspace, branch, message, self._author(author))

    # Branches and tags

    @property
    def current_branch(self) -> str | None:
        """The branch HEAD is on; None when it is on none."""
        return self._state.branch

    @property
    def head(self) -> bytes | None:
        """The id of the commit HEAD is at; None before the first."""
        return refs.head_commit(self._state)

    def branches(self) -> dict[str, bytes]:
        """Return the branches and the commits they are at."""
        return dict(sorted(self._state.branches.items()))

    def create_branch(self, name: str, revision: str = "HEAD", force: bool = False) -> None:
        """Make a branch at a revision.

        Raises:
            UsageError: the name is none, or taken, or would hide a branch of a remote.
            RevisionError: the revision is none.
        """
        if name not in self._state.branches:
            self._workspace.remotes.check_free(name)
        self._change_refs(
            f"branch {name}", lambda state: refs.with_branch(state, name, self.resolve(revision), force=force)
        )

    def delete_branch(self, name: str, *more: str) -> None:
        """Delete branches, all or none; ``undo`` brings them back."""
        names = (name, *more)
        self._change_refs(
            f"branch -d {' '.join(names)}", lambda state: reduce(refs.without_branch, names, state)
        )

    def rename_branch(self, old: str, new: str) -> None:
        """Give a branch another name.

        Raises:
            RevisionError: there is no such branch.
            UsageError: the new name is none, or taken, or would hide a branch of a remote.
        """
        self._workspace.remotes.check_free(new)
        self._change_refs(f"branch -m {old} {new}", lambda state: refs.renamed_branch(state, old, new))

    def tags(self) -> dict[str, bytes]:
        """Return the version tags and the commits they name."""
        return dict(sorted(self._state.tags.items()))

    def create_tag(self, name: str, revision: str = "HEAD", force: bool = False) -> None:
        """Name a version.

        Raises:
            UsageError: the name is none, or taken, or would hide what a remote has.
            RevisionError: the revision is none.
        """
        if name not in self._state.tags:
            self._workspace.remotes.check_free(name, "tag")
        self._change_refs(
            f"tag {name}", lambda state: refs.with_tag(state, name, self.resolve(revision), force=force)
        )

    def delete_tag(self, name: str, *more: str) -> None:
        """Delete version tags, all or none; ``undo`` brings them back."""
        names = (name, *more)
        self._change_refs(f"tag -d {' '.join(names)}", lambda state: reduce(refs.without_tag, names, state))

    def refs_at(self) -> dict[bytes, list[str]]:
        """Return what to call commits: ``HEAD -> main``, ``lora-noir``, ``tag: v1``, ``backup/main``."""
        state = self._state
        names: dict[bytes, list[str]] = {}
        head = refs.head_commit(state)
        if head is not None:
            names[head] = [f"HEAD -> {state.branch}" if state.branch is not None else "HEAD"]
        for branch, commit in sorted(state.branches.items()):
            if branch != state.branch:
                names.setdefault(commit, []).append(branch)
        for tag, commit in sorted(state.tags.items()):
            names.setdefault(commit, []).append(f"tag: {tag}")
        for branch, commit in sorted(self._workspace.remotes.commits().items()):
            names.setdefault(commit, []).append(branch)
        return names

    def _change_refs(self, text: str, change: Callable[[State], State]) -> None:
        from rtstore.workspace.operate import Command, perform, writing

        workspace = self._workspace
        with writing(workspace), workspace.transaction() as transaction:
            perform(workspace, transaction, Command(text, change(workspace.state())))

    # Operations

    def undo(self, force: bool = False) -> UndoResult:
        """Take back the newest operation; with ``force`` over edits made since, which the next ``undo`` brings back."""
        from rtstore.workspace.undo import undo

        return undo(self._workspace, force)

    def redo(self, force: bool = False) -> UndoResult:
        """Do again what ``undo`` took back; ``force`` as there."""
        from rtstore.workspace.undo import redo

        return redo(self._workspace, force)

    def operations(self, limit: int | None = None) -> Iterator[tuple[bytes, Operation]]:
        """Yield operations, newest first."""
        workspace = self._workspace
        for count, pair in enumerate(workspace.operations.walk(workspace.newest()[0])):
            if limit is not None and count >= limit:
                return
            yield pair

    def operation(self, prefix: str) -> tuple[bytes, Operation]:
        """Return the operation whose id begins with ``prefix``; ``@`` is the newest.

        Raises:
            RevisionError: there is none, or there are several.
        """
        if prefix == "@":
            return self._workspace.newest()
        if not prefix:
            raise RevisionError(
                "the id of an operation is empty", hint="`rtstore op log` lists them; @ is the newest."
            )
        matches = [id for id, _ in self.operations() if id.hex().startswith(prefix.lower())]
        if len(matches) == 1:
            return matches[0], self._workspace.operations.read(matches[0])
        shown = tuple(id.hex()[:12] for id in matches)
        if matches:
            raise RevisionError(f"{prefix} fits several operations: {', '.join(shown)}", candidates=shown)
        raise RevisionError(f"there is no operation {prefix}", hint="`rtstore op log` lists them.")

    # Care of the store

    def gc(self, retention_days: int | None = None) -> GcResult:
        """Pack the store well, and drop what nothing reaches any more.

        ``retention_days`` defaults to ``gc.retention-days`` of the configuration, 30.
        """
        days = self.config.number("gc.retention-days") if retention_days is None else retention_days
        from rtstore.workspace.care.gc import gc

        return gc(self._workspace, days, self.config.number("gc.level"))

    def fsck(self, rescue: bool = False) -> FsckResult:
        """Check everything that is stored. ``rescue``: repair the head pointer and other things first."""
        from rtstore.workspace.care.fsck import fsck

        return fsck(self._workspace, rescue=rescue)
