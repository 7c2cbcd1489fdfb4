"""The store as a Python program uses it: one object, with the names the command line has."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rtstore.errors import RevisionError, UsageError
from rtstore.history import refs
from rtstore.model.objects import Commit, Operation, State
from rtstore.storage.files import Files
from rtstore.workspace.config import Config
from rtstore.workspace.results import (
    AddResult,
    CommitResult,
    DatasetChange,
    FsckResult,
    GcResult,
    RestoreResult,
    Status,
    SwitchResult,
    UndoResult,
)
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.edit import Edit
    from rtstore.workspace.views import Snapshot

__all__ = ["Store", "init", "open"]

# What a single command needs is imported where it is used: `rtstore status` should not wait for gc and merge.


class Store:
    """A workspace with its store. ``root`` is its directory; get one from ``rtstore.open`` or ``rtstore.init``."""

    def __init__(self, workspace: Workspace, user_config: str | None = None) -> None:
        self._workspace = workspace
        self.root = workspace.root
        user = None if user_config is None else os.path.join(user_config, "config")
        self.config = Config(
            workspace.files, workspace=os.path.join(workspace.directory, "config"), user=user
        )
        if workspace.was_interrupted():
            from rtstore.workspace.operate import recover_if_free

            recover_if_free(workspace)

    def __repr__(self) -> str:
        return f"<Store {self.root}>"

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
        from rtstore.workspace.files.discover import dataset_files

        tracked = self._state.tracked
        names = (os.path.relpath(path, self.root).replace(os.sep, "/") for path in dataset_files(self.root))
        return tuple(name for name in names if name not in tracked)

    def commit(
        self, message: str, author: str, paths: Sequence[str] = (), allow_empty: bool = False
    ) -> CommitResult:
        """Record all tracked working files, or those named, as a commit. ``author`` is ``Name <email>``."""
        from rtstore.workspace.record import commit

        return commit(self._workspace, message, author, paths, allow_empty)

    def switch(
        self, name: str, create: bool = False, start: str | None = None, detach: bool = False
    ) -> SwitchResult:
        """Go to another branch, or with ``detach`` to any revision."""
        from rtstore.workspace.switch import switch

        return switch(self._workspace, name, create, start, detach)

    def restore(self, targets: Sequence[str], source: str | None = None) -> RestoreResult:
        """Bring back datasets or entries (``DATASET#ENTRY``) as they were."""
        from rtstore.workspace.restore import restore

        return restore(self._workspace, targets, source)

    # History

    def __getitem__(self, revision: str) -> Snapshot:
        """Return the datasets of a version."""
        from rtstore.workspace.views import Snapshot

        return Snapshot(self._workspace, self.resolve(revision))

    def resolve(self, revision: str) -> bytes:
        """Return the commit id a revision names."""
        from rtstore.history.revisions import resolve

        return resolve(revision, self._state, self._workspace)

    def commit_at(self, revision: str) -> tuple[bytes, Commit]:
        """Return the commit a revision names, with its id."""
        id = self.resolve(revision)
        return id, self._workspace.read_commit(id)

    def log(
        self, revisions: Sequence[str] = (), dataset: str | None = None, limit: int | None = None
    ) -> Iterator[tuple[bytes, Commit]]:
        """Yield commits newest first: the ancestors of revisions (``REV``, ``A..B``), by default of HEAD.

        ``dataset``: only commits that changed this dataset.
        """
        from rtstore.history.ancestry import walk
        from rtstore.history.revisions import parse_range

        include: list[bytes] = []
        exclude: list[bytes] = []
        for text in revisions or ("HEAD",):
            start, end = parse_range(text)
            include.append(self.resolve(end))
            if start is not None:
                exclude.append(self.resolve(start))
        shown = 0
        for id, commit in walk(self._workspace, include, exclude):
            if limit is not None and shown >= limit:
                return
            if dataset is None or any(path == dataset for path, _ in commit.counts):
                shown += 1
                yield id, commit

    def changes(
        self, old: str | None = None, new: str | None = None, datasets: Sequence[str] = ()
    ) -> tuple[DatasetChange, ...]:
        """Return how datasets differ between two versions; ``old`` defaults to HEAD, ``new`` to the working files.

        Datasets that do not differ are left out, but for those named.
        """
        from rtstore.workspace.status import working_change

        workspace, state = self._workspace, self._state
        before_id = self.resolve(old) if old is not None else refs.head_commit(state)
        before = workspace.snapshot(before_id)
        if new is None:
            names = _chosen({*before, *state.tracked}, datasets)
            found = [
                working_change(workspace, name, before.get(name), state.tracked.get(name))
                for name in sorted(names)
            ]
        else:
            after = workspace.snapshot(self.resolve(new))
            found = [
                self._change(name, before.get(name), after.get(name))
                for name in sorted(_chosen({*before, *after}, datasets))
                if before.get(name) != after.get(name) or name in datasets
            ]
        return tuple(change for change in found if not change.clean or change.stamps_only or datasets)

    def changes_of(self, commit_id: bytes) -> tuple[DatasetChange, ...]:
        """Return what a commit changed against its first parent."""
        commit = self._workspace.read_commit(commit_id)
        before = self._workspace.snapshot(commit.parents[0] if commit.parents else None)
        after = self._workspace.snapshot(commit_id)
        found = (
            self._change(name, before.get(name), after.get(name))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        )
        return tuple(change for change in found if not change.clean)

    def _change(self, name: str, old: bytes | None, new: bytes | None) -> DatasetChange:
        from rtstore.workspace.changes import change_between

        read = self._workspace.dataset
        return change_between(
            name,
            read(old) if old is not None else None,
            read(new) if new is not None else None,
            self._workspace.objects,
        )

    def edit(self, branch: str, message: str, author: str | None = None) -> Edit:
        """Edit datasets of a branch in a ``with`` block; what was changed becomes one commit.

        ``author`` defaults to ``user.name`` and ``user.email`` of the configuration. If the branch is checked out,
        its working files must be clean, and are updated.
        """
        if author is None:
            identity = self.config.identity()
            if identity is None:
                raise UsageError(
                    "who is the author of this edit?",
                    hint='Pass author="Name <email>", or configure user.name.',
                )
            author = f"{identity.name} <{identity.email}>"
        from rtstore.workspace.edit import Edit

        return Edit(self._workspace, branch, message, author)

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
        """Make a branch at a revision."""
        self._change_refs(
            f"branch {name}", lambda state: refs.with_branch(state, name, self.resolve(revision), force=force)
        )

    def delete_branch(self, name: str) -> None:
        """Delete a branch; ``undo`` brings it back."""
        self._change_refs(f"branch -d {name}", lambda state: refs.without_branch(state, name))

    def rename_branch(self, old: str, new: str) -> None:
        """Give a branch another name."""
        self._change_refs(f"branch -m {old} {new}", lambda state: refs.renamed_branch(state, old, new))

    def tags(self) -> dict[str, bytes]:
        """Return the version tags and the commits they name."""
        return dict(sorted(self._state.tags.items()))

    def create_tag(self, name: str, revision: str = "HEAD", force: bool = False) -> None:
        """Name a version."""
        self._change_refs(
            f"tag {name}", lambda state: refs.with_tag(state, name, self.resolve(revision), force=force)
        )

    def delete_tag(self, name: str) -> None:
        """Delete a version tag; ``undo`` brings it back."""
        self._change_refs(f"tag -d {name}", lambda state: refs.without_tag(state, name))

    def refs_at(self) -> dict[bytes, list[str]]:
        """Return what to call commits: ``HEAD -> main``, ``lora-noir``, ``tag: v1``."""
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
        return names

    def _change_refs(self, text: str, change: Callable[[State], State]) -> None:
        from rtstore.workspace.operate import Command, perform, writing

        workspace = self._workspace
        with writing(workspace), workspace.transaction() as transaction:
            perform(workspace, transaction, Command(text, change(workspace.state())))

    # Operations

    def undo(self) -> UndoResult:
        """Take back the newest operation."""
        from rtstore.workspace.undo import undo

        return undo(self._workspace)

    def redo(self) -> UndoResult:
        """Do again what ``undo`` took back."""
        from rtstore.workspace.undo import redo

        return redo(self._workspace)

    def operations(self, limit: int | None = None) -> Iterator[tuple[bytes, Operation]]:
        """Yield operations, newest first."""
        for count, pair in enumerate(self._workspace.operations.walk()):
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

    @property
    def _state(self) -> State:
        return self._workspace.state()


def _chosen(names: set[str], wanted: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in names:
            from rtstore.workspace.views import unknown_dataset

            raise unknown_dataset(name, dict.fromkeys(sorted(names), b""), "neither version")
    return list(wanted) if wanted else list(names)


def open(
    path: str | os.PathLike[str] = ".", user_config: str | None = None, files: Files | None = None
) -> Store:
    """Open the workspace that ``path`` is in.

    ``user_config`` is the directory of the user's own configuration, if it is to be read.

    Raises:
        WorkspaceError: ``path`` is in no workspace.
        FormatVersionError: the store was written by a newer rtstore.
    """
    return Store(Workspace.open(os.fspath(path), files), user_config)


def init(
    path: str | os.PathLike[str] = ".", user_config: str | None = None, files: Files | None = None
) -> Store:
    """Make a directory a workspace, creating it if need be.

    Raises:
        WorkspaceError: it is in a workspace already.
    """
    return Store(Workspace.create(os.fspath(path), files), user_config)
