"""Small commits to push, and how they are read back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from git_servers import Served, git

from rtstore.remote.git.objects import FILE, TreeEntry, blob, commit, parse_commit, parse_tree, tree
from rtstore.remote.git.repository import GitObject, GitObjects, Repository

LIMIT = 1 << 20


class Pushed(NamedTuple):
    """A commit to be pushed with its objects; ``files``: what a clone of it holds."""

    id: str
    objects: list[GitObject]
    files: dict[str, bytes]

    def on_top(self, **more: bytes) -> Pushed:
        """Return a commit after this one, with more files and only the new objects."""
        return snapshot({**self.files, **more}, [self.id], self.files)


def snapshot(
    files: dict[str, bytes], parents: Sequence[str] = (), had: dict[str, bytes] | None = None
) -> Pushed:
    """Return a commit of files, without the objects of those that the repository has."""
    blobs = {name: blob(data) for name, data in files.items()}
    root = tree(TreeEntry(name, FILE, one.id) for name, one in blobs.items())
    top = commit(root.id, parents)
    new = [one for name, one in blobs.items() if name not in (had or {})]
    return Pushed(top.id, [*new, root, top], files)


def first(count: int = 3, size: int = 1000, seed: int = 0) -> Pushed:
    """Return a first commit of some files that do not compress."""
    source = random.Random(seed)
    return snapshot({f"part{number}": source.randbytes(size) for number in range(count)})


def push(repository: Repository, old: Pushed | None, new: Pushed, branch: str = "main") -> None:
    """Push without watching the progress."""
    repository.push(branch, old.id if old else None, new.id, new.objects, ignore)


def ignore(done: int, total: int | None) -> None:
    """Take no notice of progress."""


def files_of(objects: GitObjects, tip: str, had: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """Return the files of a commit, by reading its objects; those that were known before are taken from there."""
    root = parse_commit(objects.read("commit", tip, LIMIT)).tree
    found = {}
    for entry in parse_tree(objects.read("tree", root, LIMIT)):
        if had is not None and entry.name in had and not objects.contains(entry.id):
            found[entry.name] = had[entry.name]
        else:
            found[entry.name] = objects.read("blob", entry.id, LIMIT)
    return found


def cloned(served: Served, to: Path, branch: str = "main") -> dict[str, bytes]:
    """Return the files that a plain ``git clone`` of the address gives."""
    git("clone", "-q", "-b", branch, served.address, to, more=served.environment)
    return {path.name: path.read_bytes() for path in to.iterdir() if path.is_file()}


def is_sound(served: Served) -> bool:
    """Tell whether git finds nothing to complain about in the repository; what it finds fails the test."""
    return git("-C", served.path, "fsck", "--strict", "--full") is not None


def garbage(served: Served) -> list[str]:
    """Return what git calls garbage in the repository, and temporary files."""
    left = []
    with suppress(FileNotFoundError):
        left = [path.name for path in (served.path / "objects/pack").iterdir() if path.name.startswith("tmp")]
    return left + [str(path) for path in served.path.rglob("*.lock")]
