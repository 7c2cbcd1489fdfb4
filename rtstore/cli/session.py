"""What the commands of one run share: the store of the current directory, and the output."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rtstore.cli import environment
from rtstore.cli.output import Output

if TYPE_CHECKING:
    from rtstore.remote.store import Store
    from rtstore.workspace.config import Config

#: Warnings about one file that are printed one by one.
_WARNINGS: Final = 5


class Session:
    """One run of the command line.

    ``could_change``: the command is one that changes something; ``has_changed``: it has done so already. From
    the two follows whether an error says that nothing was changed. ``command`` is its name.
    """

    def __init__(self) -> None:
        self.out = Output(self._setting)
        self.could_change = False
        self.has_changed = False
        self.command: str | None = None
        self._store: Store | None = None
        self._named: set[str] = set()
        self._shown: dict[str, str] = {}

    @property
    def store(self) -> Store:
        """The store of the workspace the current directory is in, opened when first asked for.

        Raises:
            WorkspaceError: there is none.
        """
        if self._store is None:
            from rtstore.remote.store import open

            self._store = store = open(os.curdir, user_config=environment.user_config_directory())
            store.on_wait(self._tell_waiting)
        return self._store

    def store_if_any(self) -> Store | None:
        """Return the store, or None outside of any workspace."""
        from rtstore.errors import WorkspaceError

        try:
            return self.store
        except WorkspaceError:
            return None

    def config(self) -> Config:
        """Return the configuration that holds here: outside of a workspace, the user's alone."""
        store = self.store_if_any()
        if store is not None:
            return store.config
        from rtstore.storage.files import Files
        from rtstore.workspace.config import Config

        return Config(Files(), user=os.path.join(environment.user_config_directory(), "config"))

    def shown(self, name: str) -> str:
        """Return a file's name in the workspace as its path from the current directory: what a command takes."""
        if name not in self._shown:
            self._shown[name] = self._from_here(name)
        return self._shown[name]

    def _from_here(self, name: str) -> str:
        from rtstore.cli.text import printable

        path = os.path.relpath(os.path.join(self.store.root, name), os.curdir)
        # A name of a dataset has nothing that needs it; of a file that is not tracked it may.
        return printable(path.replace(os.sep, "/")).replace("\n", "\\x0a").replace("\t", "\\x09")

    def shown_rename(self, old: str | None, new: str) -> str:
        """Return the path of a dataset; ``old -> new`` where it was another in the older of two versions."""
        return self.shown(new) if old is None else f"{self.shown(old)} -> {self.shown(new)}"

    def exists(self, name: str) -> bool:
        """Return whether a dataset has a working file."""
        return os.path.lexists(os.path.join(self.store.root, name))

    def names(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the datasets at paths from the current directory.

        Raises:
            WorkspaceError: a path is outside of the workspace.
        """
        return tuple(self.name_of(path) for path in paths)

    def name_of(self, path: str) -> str:
        """Return the name of the dataset at a path from the current directory.

        Raises:
            WorkspaceError: it is outside of the workspace.
        """
        name = self.store.name_of(path)
        self._named.add(name)
        return name

    def from_here(self, message: str) -> str:
        """Return a message of the library with the paths of datasets from the current directory."""
        from rtstore.errors import RtstoreError

        store = self._store
        if store is None or os.path.realpath(os.curdir) == os.path.realpath(store.root):
            return message
        from rtstore.cli.paths import from_here

        try:
            names = {*store.datasets(), *store.tracked(), *self._named}
        except RtstoreError:  # the store is damaged: that is what the message is about
            return message
        return from_here(message, names, self.shown)

    def datasets(self, paths: Iterable[str], names: Collection[str] | None = None) -> tuple[str, ...]:
        """Return the names of the datasets at paths; a directory stands for those of ``names`` in it, by default all.

        Raises:
            WorkspaceError: a path is outside of the workspace, or a directory with no tracked dataset.
        """
        return tuple(dict.fromkeys(name for path in paths for name in self._datasets_at(path, names)))

    def inside(self, directory: str, names: Iterable[str]) -> list[str]:
        """Return those of ``names`` that are in a directory of the workspace, at any depth.

        A dataset itself is all there is in it, whatever else may have taken its place.
        """
        root = os.path.realpath(self.store.root)
        if exact := self._exactly(directory, root, names := list(names)):
            return exact
        top = os.path.join(os.path.realpath(directory), "")
        if not directory or not top.startswith(os.path.join(root, "")):
            return []
        return [name for name in names if os.path.normpath(os.path.join(root, name)).startswith(top)]

    def _exactly(self, path: str, root: str, names: Iterable[str]) -> list[str]:
        """Return the one of ``names`` that is that of a path, which may be a link now."""
        directory, name = os.path.split(os.path.abspath(path))
        located = os.path.join(os.path.realpath(directory), name)
        return [name for name in names if os.path.normpath(os.path.join(root, name)) == located]

    def _datasets_at(self, path: str, names: Collection[str] | None) -> list[str]:
        known = self.store.datasets() if names is None else names
        if exact := self._exactly(path, os.path.realpath(self.store.root), known):
            return exact
        if not os.path.isdir(path):
            return [self.name_of(path)]
        found = self.inside(path, known)
        if not found:
            from rtstore.errors import WorkspaceError

            raise WorkspaceError(
                f"no tracked dataset is in {path}", hint=f"`rtstore add {path}` tracks those that are there."
            )
        return found

    def warn(self, warnings: Sequence[str]) -> None:
        """Print warnings about one thing on standard error: the first few, and how many more there are."""
        for warning in warnings[:_WARNINGS]:
            self.out.note(f"warning: {self.from_here(warning)}")
        if len(warnings) > _WARNINGS:
            self.out.note(f"warning: and {len(warnings) - _WARNINGS:,} more")

    def _tell_waiting(self, holder: int | None) -> None:
        who = f"process {holder}" if holder is not None else "another process"
        self.out.note(f"waiting for {who}, which is changing this store...")

    def _setting(self, key: str) -> str | None:
        return self.config().get(key)
