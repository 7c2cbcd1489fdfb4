"""Backups for tests: a bare git repository by its path, the desks that share it, and a git host that is hostile."""

from __future__ import annotations

import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha1
from pathlib import Path
from unittest.mock import patch

import pytest
from dulwich.objects import Blob, Commit, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo
from workspaces import AUTHOR, Desk

import rtstore
from rtstore.errors import RtstoreError, TamperError
from rtstore.remote.access import Access
from rtstore.remote.format.head import Head, unseal_head
from rtstore.remote.format.part import Opened, open_part
from rtstore.remote.keys import age
from rtstore.remote.keys.keyring import Keyring
from rtstore.remote.sync.connection import Connection
from rtstore.storage.files import Files

BRANCH = "main"
FILE = 0o100644
DIRECTORY = 0o040000


class Bare:
    """A bare git repository, and what whoever runs the host can do with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            with closing(Repo.init_bare(str(path), mkdir=True)) as repo:
                repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/main"))

    @property
    def tip(self) -> bytes:
        """The commit that the backup is at, in hex."""
        with closing(Repo(str(self.path))) as repo:
            return bytes(repo.refs[Ref(b"refs/heads/main")])

    def put_back(self, commit: bytes) -> None:
        """Move the branch to a commit, whatever it was at."""
        with closing(Repo(str(self.path))) as repo:
            repo.refs[Ref(b"refs/heads/main")] = commit  # type: ignore[assignment]

    def drop_branch(self) -> None:
        with closing(Repo(str(self.path))) as repo:
            del repo.refs[Ref(b"refs/heads/main")]

    def commits(self) -> list[bytes]:
        """Return the commits of the branch, newest first, in hex."""
        with closing(Repo(str(self.path))) as repo:
            found = [self.tip]
            while parents := repo[found[-1]].parents:  # type: ignore[index,attr-defined]
                found.append(parents[0])
            return found

    def files(self, commit: bytes | None = None) -> dict[str, bytes]:
        """Return the files of a commit, by default the newest, by path."""
        with closing(Repo(str(self.path))) as repo:
            top = repo[commit or self.tip].tree  # type: ignore[index,attr-defined]
            return dict(_files(repo, top, ""))

    def parts(self) -> dict[str, bytes]:
        """Return the encrypted parts by name."""
        return {
            path.split("/")[-1].removesuffix(".age"): data
            for path, data in self.files().items()
            if path.startswith("parts/")
        }

    def write(self, files: Mapping[str, bytes | Odd], parents: list[bytes] | None = None) -> bytes:
        """Make a commit with these files the newest; return it."""
        with closing(Repo(str(self.path))) as repo:
            repo.object_store.loose_compression_level = 0  # type: ignore[attr-defined]
            tree = _write_tree(repo, files)
            return self._commit(repo, tree, [self.tip] if parents is None else parents)

    def with_files(self, changes: Mapping[str, bytes | Odd | None]) -> bytes:
        """Make a commit the newest that has other files (None: it lacks them) and is else like the one before."""
        merged: dict[str, bytes | Odd] = dict(self.files())
        for path, data in changes.items():
            if data is None:
                del merged[path]
            else:
                merged[path] = data
        return self.write(merged)

    def write_raw_tree(self, data: bytes) -> bytes:
        """Make a commit the newest whose top tree is these bytes."""
        with closing(Repo(str(self.path))) as repo:
            return self._commit(repo, self._write_raw("tree", data), [self.tip])

    def _write_raw(self, kind: str, data: bytes) -> bytes:
        """Write an object that need not be one; return its id in hex."""
        whole = f"{kind} {len(data)}\0".encode() + data
        id = sha1(whole).hexdigest()
        path = self.path / "objects" / id[:2] / id[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(zlib.compress(whole, 1))
        return id.encode()

    def _commit(self, repo: Repo, tree: bytes, parents: list[bytes]) -> bytes:
        commit = Commit()
        commit.tree = tree  # type: ignore[assignment]
        commit.parents = parents  # type: ignore[assignment]
        commit.author = commit.committer = b"eve <eve@example.org>"
        commit.author_time = commit.commit_time = 0
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = b"rtstore backup"
        repo.object_store.add_object(commit)
        repo.refs[Ref(b"refs/heads/main")] = commit.id
        return bytes(commit.id)


class Odd:
    """Something in a git tree that is no ordinary file: its mode, and its content or, for a submodule, its id."""

    def __init__(self, mode: int, data: bytes = b"") -> None:
        self.mode, self.data = mode, data


def _files(repo: Repo, tree: bytes, above: str) -> Iterator[tuple[str, bytes]]:
    for entry in repo[tree].iteritems():  # type: ignore[index,attr-defined]
        path = above + os.fsdecode(entry.path)
        if entry.mode == DIRECTORY:
            yield from _files(repo, entry.sha, f"{path}/")
        else:
            yield path, repo[entry.sha].data  # type: ignore[attr-defined]


def _write_tree(repo: Repo, files: Mapping[str, bytes | Odd]) -> bytes:
    tree = Tree()
    below: dict[str, dict[str, bytes | Odd]] = {}
    for path, data in files.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = data
            continue
        odd = data if isinstance(data, Odd) else Odd(FILE, data)  # type: ignore[arg-type]
        if odd.mode == 0o160000:
            tree.add(os.fsencode(name), odd.mode, b"1" * 40)  # type: ignore[arg-type]
        else:
            blob = Blob.from_string(odd.data)
            repo.object_store.add_object(blob)
            tree.add(os.fsencode(name), odd.mode, blob.id)
    for name, content in below.items():
        tree.add(os.fsencode(name), DIRECTORY, _write_tree(repo, content))  # type: ignore[arg-type]
    repo.object_store.add_object(tree)
    return bytes(tree.id)


class Office:
    """A directory with one bare repository, this machine's key, and any number of desks that use both."""

    def __init__(self, directory: Path, repository: Path | None = None, url: str | None = None) -> None:
        directory.mkdir(exist_ok=True)
        self.directory = directory
        self.bare = Bare(repository or directory / "backup.git")
        self.url = url or str(self.bare.path)
        self.config = str(directory / "config")

    def desk(self, name: str = "ann", config: str | None = None) -> Desk:
        """Return a new desk with an empty store and no remote."""
        desk = Desk(str(self.directory / name))
        desk.store = rtstore.open(desk.root, config or self.config)
        return desk

    def owner(self, name: str = "ann") -> Desk:
        """Return a new desk whose remote ``backup`` is new."""
        desk = self.desk(name)
        desk.store.add_remote("backup", self.url)
        return desk

    def clone(self, name: str = "bob", **options: str) -> Desk:
        """Return a desk that is a clone."""
        store = rtstore.clone(self.url, self.directory / name, self.config, **options)  # type: ignore[arg-type]
        return as_desk(store)

    def reopened(self, desk: Desk, files: Files | None = None) -> Desk:
        """Return the desk as the next process has it."""
        return as_desk(rtstore.open(desk.root, self.config, files))

    def copy(self, desk: Desk, name: str) -> Desk:
        """Return a desk that is an exact copy of another, with what it knows of the remote."""
        root = self.directory / name
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(desk.root, root)
        return as_desk(rtstore.open(root, self.config))


def as_desk(store: rtstore.Store) -> Desk:
    """Return the desk of a store that is open."""
    desk = Desk.__new__(Desk)
    desk.root, desk.store = store.root, store
    return desk


@contextmanager
def no_waiting() -> Iterator[None]:
    """Nothing waits for the disk; that what is written is durable is proven elsewhere."""
    with patch("os.fsync", lambda descriptor: None):
        yield


def keyring_of(desk: Desk, remote: str = "backup") -> Keyring:
    """Return a backup's keys, as a member has them."""
    return connection_of(desk, remote).keyring


def connection_of(desk: Desk, remote: str = "backup") -> Connection:
    """Return a connection of a desk to its remote."""
    store = desk.store
    return Connection(store._workspace, remote, Access(store._user_config))


def opened_parts(desk: Desk, bare: Bare) -> dict[str, list[Opened]]:
    """Return what the parts of a backup hold, as a member can read them."""
    identities = [each.identity for each in keyring_of(desk).generations]
    return {name: open_part(age.decrypt(data, identities)) for name, data in bare.parts().items()}


def head_of(desk: Desk, bare: Bare) -> Head:
    """Return the head of a backup, as a member can read it."""
    keys = keyring_of(desk).current
    return unseal_head(age.decrypt(bare.files()["head.age"], [keys.identity]), keys.head_key)


def check_sound(desk: Desk) -> None:
    """Whatever was done, the store opens and all in it is there."""
    assert rtstore.open(desk.root).fsck().problems == ()


def history(desk: Desk, revision: str = "HEAD") -> list[bytes]:
    """Return the ids of the commits of a revision, newest first."""
    return [id for id, _ in desk.store.log([revision])]


def commit_as(desk: Desk, data: bytes, name: str, message: str = "a session") -> bytes:
    """Write and commit one file whatever else there is; return the commit's id."""
    desk.write(data, name)
    if name not in desk.tracked:
        desk.store.add([desk.path(name)])
    return desk.store.commit(message, AUTHOR).id


def picture(desk: Desk) -> dict[str, object]:
    """Return all that must not change when something is refused: files, store, and what is known of remotes."""
    store = Path(desk.root, ".rtstore")
    below = [path for part in ("packs", "operations", "remotes") for path in (store / part).rglob("*")]
    held = {str(path): path.read_bytes() for path in [*below, store / "head"] if path.is_file()}
    return {"files": desk.files(), "store": held, "outside": sorted(os.listdir(Path(desk.root).parent))}


def refused(
    desk: Desk, command: Callable[[], object], error: type[RtstoreError] = TamperError
) -> RtstoreError:
    """Run a command that must be refused, quickly and with nothing changed; return how it was."""
    before, begun = picture(desk), time.monotonic()
    with pytest.raises(error) as caught:
        command()
    assert time.monotonic() - begun < 10
    assert picture(desk) == before
    check_sound(desk)
    return caught.value
