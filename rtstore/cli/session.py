"""What the commands of one run share: the store of the current directory, and the output."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rtstore.cli import environment
from rtstore.cli.output import Output

if TYPE_CHECKING:
    from rtstore.workspace.config import Config
    from rtstore.workspace.store import Store


class Session:
    """One run of the command line.

    ``could_change``: the command is one that changes something; ``has_changed``: it has done so already. From
    the two follows whether an error says that nothing was changed.
    """

    def __init__(self) -> None:
        self.out = Output(self._setting)
        self.could_change = False
        self.has_changed = False
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The store of the workspace the current directory is in, opened when first asked for.

        Raises:
            WorkspaceError: there is none.
        """
        if self._store is None:
            from rtstore.workspace.store import open

            self._store = open(os.curdir, user_config=environment.user_config_directory())
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
        """Return a dataset's name as its path from the current directory: what a command takes."""
        path = os.path.relpath(os.path.join(self.store.root, name), os.curdir)
        return path.replace(os.sep, "/")

    def exists(self, name: str) -> bool:
        """Return whether a dataset has a working file."""
        return os.path.lexists(os.path.join(self.store.root, name))

    def names(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the datasets at paths from the current directory.

        Raises:
            WorkspaceError: a path is outside of the workspace.
        """
        return tuple(self.store.name_of(path) for path in paths)

    def warn(self, warnings: Iterable[str]) -> None:
        """Print warnings on standard error."""
        for warning in warnings:
            self.out.note(f"warning: {warning}")

    def _setting(self, key: str) -> str | None:
        return self.config().get(key)
