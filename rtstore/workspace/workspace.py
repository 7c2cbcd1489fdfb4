"""A workspace: a directory with a store in it, and everything that belongs to it, put together.

The other modules of this package are what can be done with one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from rtstore.errors import DamagedError, FormatVersionError, StorageError, UnfinishedError, WorkspaceError
from rtstore.model.ids import Kind
from rtstore.model.names import STORE_DIRECTORY, bad_dataset, dataset_problem
from rtstore.model.objects import Commit, Dataset, Operation, Snapshot, State, decode
from rtstore.storage.cache import Cache
from rtstore.storage.files import Files
from rtstore.storage.interface import ObjectReader
from rtstore.storage.lock import Lock
from rtstore.storage.objects import ObjectStore
from rtstore.storage.operations import OperationLog
from rtstore.workspace.clock import now
from rtstore.workspace.paths import find_root

if TYPE_CHECKING:
    from rtstore.history.splice import Splice
    from rtstore.history.tree import Tree
    from rtstore.storage.transaction import Transaction
    from rtstore.workspace.index import EntryIndex
    from rtstore.workspace.remotes import Remotes

#: The version of everything below ``.rtstore``; a store with a higher one is left alone.
FORMAT_VERSION: Final = 1
PACKS: Final = "packs"
CACHE: Final = "cache"
#: Datasets whose index of entry ids is kept.
INDEXES: Final = 4


class Workspace:
    """An open workspace. ``root`` is its directory, ``directory`` that of its store."""

    def __init__(self, root: str, files: Files | None = None) -> None:
        self.root = os.path.abspath(root)
        self.directory = os.path.join(self.root, STORE_DIRECTORY)
        self.files = files or Files()
        self.objects = ObjectStore(os.path.join(self.directory, PACKS))
        self.operations = OperationLog(self.files, self.directory)
        self.cache = Cache(self.files, os.path.join(self.directory, CACHE))
        self._indexes: dict[bytes | None, EntryIndex] = {}
        self.lock = Lock(os.path.join(self.directory, "lock"))

    @classmethod
    def open(cls, path: str, files: Files | None = None) -> Workspace:
        """Open the workspace that ``path`` is in.

        Raises:
            WorkspaceError: it is in none.
            FormatVersionError: the store was written by a newer rtstore.
        """
        root = find_root(path)
        if root is None:
            raise WorkspaceError(
                f"no workspace at {os.path.abspath(path)} or above it",
                hint="Run `rtstore init` in the directory that holds your datasets.",
            )
        workspace = cls(root, files)
        workspace.check_format()
        return workspace

    @classmethod
    def create(cls, path: str, files: Files | None = None) -> Workspace:
        """Make a directory a workspace, creating it if need be.

        Raises:
            WorkspaceError: it is in a workspace already.
        """
        above = find_root(path)
        if above is not None:
            same = os.path.abspath(path) == above
            what = (
                f"{above} is a workspace already"
                if same
                else f"{os.path.abspath(path)} is inside the workspace {above}"
            )
            raise WorkspaceError(what, hint="One workspace holds any number of datasets: `rtstore add FILE`.")
        if os.path.lexists(path) and not os.path.isdir(path):
            raise WorkspaceError(
                f"{path} is a file, and a workspace is a directory", hint="Name the directory that it is in."
            )
        workspace = cls(path, files)
        workspace.build()
        return workspace

    def build(self) -> None:
        """Make the store, wherever that is: under another name first, so that it is there whole or not at all."""
        self.files.make_directory(self.root)
        building = f"{self.directory}-{os.urandom(6).hex()}"
        try:
            self._build(building)
            self.files.replace(building, self.directory)
            self.files.sync_directory(self.root)
        except BaseException as error:
            from shutil import rmtree

            rmtree(building, ignore_errors=True)  # the first error is the one to tell
            if isinstance(error, StorageError) and os.path.isdir(self.directory):
                raise UnfinishedError(f"{error.message}; the workspace is made", hint=error.hint) from error
            raise

    def _build(self, directory: str) -> None:
        """Write an empty store."""
        for path in (directory, os.path.join(directory, PACKS)):
            self.files.make_directory(path)
        log = OperationLog(self.files, directory)
        time, offset = now()
        log.publish(log.write(Operation(None, time, offset, "init", State())))
        self.files.write_atomically(os.path.join(directory, "format"), format_file(FORMAT_VERSION))

    def check_format(self) -> None:
        """Raise unless this rtstore knows the format of the store."""
        path = os.path.join(self.directory, "format")
        try:
            found = msgspec.json.decode(self.files.read(path), type=_Format)
        except FileNotFoundError:
            raise DamagedError(f"{path} is missing", hint="Run: rtstore fsck --rescue") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedError(f"{path} is damaged: {error}", hint="Run: rtstore fsck --rescue") from error
        if found.format != "rtstore" or found.version < 1:
            raise DamagedError(f"{path} does not say that this is a store", hint="Run: rtstore fsck --rescue")
        if found.version > FORMAT_VERSION:
            raise FormatVersionError(
                f"this store has format version {found.version}; this rtstore knows {FORMAT_VERSION}",
                hint="Update rtstore: pip install --upgrade rtstore",
            )

    @cached_property
    def remotes(self) -> Remotes:
        """What is known of remotes."""
        from rtstore.workspace.remotes import Remotes

        return Remotes(self.files, self.directory)

    def state(self) -> State:
        """Return what is current: refs, HEAD, tracked datasets."""
        return self.newest()[1].state

    def newest(self) -> tuple[bytes, Operation]:
        """Return the newest operation.

        Raises:
            DamagedError: the head pointer or the operation is damaged or missing.
        """
        newest = self.operations.newest()
        if newest is None:
            raise DamagedError("the store has lost its head pointer", hint="Run: rtstore fsck --rescue")
        return newest

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Return a transaction that is given up unless it has been finished."""
        from rtstore.storage.transaction import Transaction  # late: reading commands do without

        transaction = Transaction(self.files, self.objects)
        try:
            yield transaction
        finally:
            transaction.abandon()

    def read_commit(self, id: bytes) -> Commit:
        """Return a commit."""
        return decode(self.objects.read(Kind.COMMIT, id), Commit)

    def resolve(self, revision: str, state: State) -> bytes:
        """Return the id of the commit that a revision names, branches of remotes included.

        Raises:
            RevisionError: it names none or several.
        """
        from rtstore.history.revisions import resolve

        return resolve(revision, state, self, self.remotes.spellings() if "/" in revision else None)

    def commit_ids_with_prefix(self, prefix: str) -> list[bytes]:
        """Return the ids of stored commits that begin with these hex digits."""
        return self.objects.find_prefix(Kind.COMMIT, prefix)

    def snapshot(self, commit: bytes | None) -> dict[str, bytes]:
        """Return the dataset ids of a commit by name; none for None.

        Raises:
            DamagedError: it is missing or damaged, or has a name that no dataset can have.
        """
        if commit is None:
            return {}
        snapshot = decode(self.objects.read(Kind.SNAPSHOT, self.read_commit(commit).snapshot), Snapshot)
        datasets = dict(snapshot.datasets)
        name = bad_dataset(datasets)
        if name is not None:
            raise DamagedError(
                f"commit {commit.hex()[:12]} names a file {name!r}, which cannot be a dataset: "
                f"{dataset_problem(name)}",
                hint="Run: rtstore fsck",
            )
        return datasets

    def dataset(self, id: bytes, reader: ObjectReader | None = None) -> Dataset:
        """Return a dataset object."""
        return decode((reader or self.objects).read(Kind.DATASET, id), Dataset)

    def tree(self, dataset: Dataset | None, reader: ObjectReader | None = None) -> Tree:
        """Return the tree of a dataset; an empty one for None."""
        from rtstore.history.tree import Root, Tree

        root = Root(dataset.root, dataset.height, dataset.count) if dataset else Root()
        return Tree(reader or self.objects, root)

    def index_of(self, dataset: Dataset) -> EntryIndex:
        """Return the index of a dataset's entries by id; the last few are kept."""
        from rtstore.workspace.index import EntryIndex

        index = self._indexes.get(dataset.root)
        if index is None:
            index = EntryIndex(self.tree(dataset), self.objects)
            self._keep_index(dataset, index)
        return index

    def carry_index(self, old: Dataset, new: Dataset, splices: Sequence[Splice]) -> None:
        """Make the index of what splices made of a dataset, if there is one of the dataset."""
        index = self._indexes.get(old.root)
        if index is not None:
            self._keep_index(new, index.spliced(self.tree(new), splices))

    def _keep_index(self, dataset: Dataset, index: EntryIndex) -> None:
        if len(self._indexes) >= INDEXES:
            del self._indexes[next(iter(self._indexes))]
        self._indexes[dataset.root] = index

    def path(self, name: str) -> str:
        """Return where the working file of a dataset is."""
        return os.path.join(self.root, *name.split("/"))

    def was_interrupted(self) -> bool:
        """Tell whether a command was replacing working files when it ended, or is doing so now."""
        return os.path.exists(os.path.join(self.directory, "intent"))

    def read_only(self) -> bool:
        """Tell whether the store cannot be written to."""
        return not os.access(self.directory, os.W_OK)


class _Format(msgspec.Struct):
    format: str
    version: int


def format_file(version: int) -> bytes:
    """Return the content of the file that names a store's format."""
    return msgspec.json.encode(_Format("rtstore", version)) + b"\n"
