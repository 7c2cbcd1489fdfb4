"""A pack written into a repository on this machine: invisible to git until it is published, then durable."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from types import TracebackType

from dulwich.pack import write_pack_index_v2

from rtstore.errors import StorageError
from rtstore.remote.git.packing import pack, unique
from rtstore.remote.git.pathref import Shared
from rtstore.remote.git.repository import GitObject, Progress
from rtstore.storage.files import Files


class NewPack:
    """A pack and its index, under temporary names that git's own housekeeping removes if we cannot.

    Leaving the context removes what was not published.
    """

    def __init__(
        self,
        directory: str,
        objects: Sequence[GitObject],
        files: Files,
        shared: Shared,
        progress: Progress,
    ) -> None:
        self._directory = directory
        self._objects = unique(objects)
        self._files = files
        self._shared = shared
        self._progress = progress
        # Not the checksum that git would take: the same objects pushed twice must not meet under one name.
        self._random = os.urandom(20).hex()

    def __enter__(self) -> NewPack:
        """Write both files.

        Raises:
            StorageError: the operating system refused.
        """
        self._shared.make_directory(self._directory)
        try:
            if self._objects:
                self._write()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def publish(self) -> None:
        """Let git see the pack; it is on the disk when this returns.

        Raises:
            StorageError: the operating system refused.
        """
        if not self._objects:
            return
        final = os.path.join(self._directory, f"pack-{self._random}")
        # Where git sees an index it expects the pack; one without index it does not see.
        self._files.replace(self._temporary("pack"), f"{final}.pack")
        try:
            self._files.replace(self._temporary("idx"), f"{final}.idx")
        except StorageError:
            with suppress(StorageError):
                self._files.remove(f"{final}.pack")
            raise
        self._files.sync_directory(self._directory)

    def _write(self) -> None:
        chunks = pack(self._objects, self._progress)
        with self._files.create(self._temporary("pack"), 0o444) as file:
            for chunk in chunks:
                file.write(chunk)
            file.sync()
        entries = sorted((id, place, checksum) for id, (place, checksum) in chunks.entries.items())
        index = BytesIO()
        write_pack_index_v2(index, entries, chunks.sha1digest())
        with self._files.create(self._temporary("idx"), 0o444) as file:
            file.write(index.getbuffer())
            file.sync()
        for extension in ("pack", "idx"):
            self._shared.adjust(self._temporary(extension))

    def _remove(self) -> None:
        for extension in ("pack", "idx"):
            # Another error is the one to tell; `git gc` removes files of this name.
            with suppress(StorageError):
                self._files.remove(self._temporary(extension), missing_ok=True)

    def _temporary(self, extension: str) -> str:
        return os.path.join(self._directory, f"tmp_{extension}_{self._random}")
