"""Workspaces for tests: a directory with files, the store in it, and short ways to work with both."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import rtstore
from rtstore.model.objects import Dataset
from rtstore.workspace.files.observe import Target, observe
from rtstore.workspace.files.sidecars import SidecarFile
from rtstore.workspace.results import CommitResult, DatasetChange

AUTHOR = "Ann <ann@example.org>"
NAME = "mara.jsonl"


class Desk:
    """A workspace that somebody works in: its files are written and read as bytes, by name."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.store = rtstore.init(root)

    def path(self, name: str = NAME) -> str:
        return os.path.join(self.root, *name.split("/"))

    def write(self, data: bytes, name: str = NAME, mode: int | None = None) -> None:
        """Save a file as an editor does: a new one in the place of the old one."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if mode is None:
            mode = os.stat(path).st_mode & 0o7777 if os.path.exists(path) else 0o644
        with open(path + "~", "wb") as file:
            file.write(data)
        os.chmod(path + "~", mode)
        os.replace(path + "~", path)

    def read(self, name: str = NAME) -> bytes:
        with open(self.path(name), "rb") as file:
            return file.read()

    def mode(self, name: str = NAME) -> int:
        return os.stat(self.path(name)).st_mode & 0o7777

    def exists(self, name: str = NAME) -> bool:
        return os.path.lexists(self.path(name))

    def delete(self, name: str = NAME) -> None:
        os.remove(self.path(name))

    def files(self) -> dict[str, bytes]:
        """Return everything in the workspace but the store."""
        found = {}
        for directory, below, names in os.walk(self.root):
            below[:] = [one for one in below if one != ".rtstore"]
            for name in names:
                relative = os.path.relpath(os.path.join(directory, name), self.root).replace(os.sep, "/")
                found[relative] = self.read(relative)
        return found

    def track(self, data: bytes, name: str = NAME, id_field: str | None = None) -> rtstore.Store:
        """Write a file and add it."""
        self.write(data, name)
        self.store.add([self.path(name)], id_field)
        return self.store

    def commit(self, message: str = "a session", names: Sequence[str] = ()) -> CommitResult:
        return self.store.commit(message, AUTHOR, names)

    def commit_file(self, data: bytes, name: str = NAME) -> bytes:
        """Write a file and commit it, whether anything but stamps changed or not; return the commit's id."""
        self.write(data, name)
        if name not in self.tracked:
            self.store.add([self.path(name)])
        return self.store.commit("a session", AUTHOR, allow_empty=True).id

    def reopen(self) -> None:
        """Open the store anew, as the next process does."""
        self.store = rtstore.open(self.root)

    def drop_cache(self) -> None:
        shutil.rmtree(os.path.join(self.root, ".rtstore", "cache"), ignore_errors=True)
        self.reopen()

    @property
    def tracked(self) -> dict[str, bytes]:
        """What each tracked file was last seen to be: its dataset's id by name."""
        return self.store._workspace.state().tracked

    def tracked_dataset(self, name: str = NAME) -> Dataset:
        return self.store._workspace.dataset(self.tracked[name])

    def dataset(self, revision: str = "HEAD", name: str = NAME) -> Dataset:
        """Return the stored dataset of a version."""
        return self.store[revision][name].stored

    def exported(self, revision: str = "HEAD", name: str = NAME) -> bytes:
        """Return the file that a version says there was."""
        return b"".join(self.store[revision][name].chunks())

    def ids(self, revision: str = "HEAD", name: str = NAME) -> list[str]:
        """Return the ids of the entries of a version, in order."""
        return [entry.id.hex() for entry in self.store[revision][name]]

    def change(self, name: str = NAME) -> DatasetChange:
        """Return how a working file differs from HEAD."""
        return next(change for change in self.store.status().datasets if change.path == name)

    def seen_afresh(self, name: str = NAME) -> Dataset:
        """Return what the working file is by a scan of all of it, given only what it was last known to be."""
        workspace = self.store._workspace
        with workspace.transaction() as transaction:
            path = self.path(name)
            target = Target(path, name, self.tracked_dataset(name))
            observation = observe(target, transaction, SidecarFile(path, name))
            observation.texts.close()
            return observation.dataset


@contextmanager
def new_desk() -> Iterator[Desk]:
    """Provide an empty workspace in a directory of its own, where nothing waits for the disk.

    That what is written is also durable is proven elsewhere, with disks that fail.
    """
    root = tempfile.mkdtemp(prefix="rtstore-test-")
    try:
        with patch("os.fsync", lambda descriptor: None):
            yield Desk(root)
    finally:
        shutil.rmtree(root)


def lines(*records: Any, ending: str = "\n") -> bytes:
    """Return a JSONL file of records, as ``json.dumps`` writes them."""
    return "".join(json.dumps(record, ensure_ascii=False) + ending for record in records).encode()


def talk(number: int, reply: str = "Very well, thank you.", **more: Any) -> dict[str, Any]:
    """Return a conversation that is different for every number."""
    question = f"Question {number}: how is the weather at lighthouse {number * 7919 % 1000} today?"
    return {
        **more,
        "messages": [
            {"role": "system", "content": "You are Mara, keeper of a lighthouse."},
            {"role": "user", "content": question},
            {"role": "assistant", "content": reply},
        ],
    }
