"""A git repository on this machine or on a mounted disk: read where it lies, written one pack at a time.

Nothing in it is run: no hook, no filter, no program that its configuration names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

from dulwich.config import ConfigFile
from dulwich.errors import GitProtocolError, NotGitRepository
from dulwich.refs import DiskRefsContainer, Ref, SymrefLoop
from dulwich.repo import Repo

from rtstore.errors import RemoteError, RemoteMovedError, TamperError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.objects import is_id, parse_commit
from rtstore.remote.git.objectstore import ObjectStore
from rtstore.remote.git.packfile import NewPack
from rtstore.remote.git.pathref import RefUpdate, Shared
from rtstore.remote.git.refname import PREFIX, ref_of
from rtstore.remote.git.repository import Branches, GitObject, NoRepositoryError, Progress, Repository
from rtstore.storage.files import Files

_COMMIT_LIMIT: Final = 1 << 20


class PathRepository(Repository):
    """A repository by its path: a bare one, or one with working files."""

    def __init__(self, path: str, files: Files, bounds: Bounds) -> None:
        self._path = path
        self._files = files
        self._bounds = bounds

    def branches(self) -> Branches:
        """Return the branches; see ``Repository``."""
        with self._open() as repo:
            commits = {}
            for name, id in repo.refs.as_dict(Ref(PREFIX)).items():
                if is_id(id.decode("ascii", "replace")):
                    commits[os.fsdecode(name)] = id.decode()
            return Branches(commits, _default(repo))

    @contextmanager
    def fetch(
        self,
        tip: str,
        known: str | None,
        directory: str,
        progress: Progress,
        left: Sequence[str] = (),
    ) -> Iterator[ObjectStore]:
        """Give the objects where they lie; see ``Repository``. Nothing is copied, so there is no progress."""
        with self._open() as repo, closing(self._objects(repo)) as objects:
            if not objects.contains(tip):
                raise RemoteError(
                    f"the repository {self._path} lacks the commit {tip}", hint="Run `git fsck` in it."
                )
            yield objects

    def push(
        self, branch: str, old: str | None, new: str, objects: Sequence[GitObject], progress: Progress
    ) -> None:
        """Write one pack, then move the branch; see ``Repository``."""
        ref = ref_of(branch)
        with self._open() as repo:
            config = repo.get_config()
            self._check_policy(repo, config, branch, ref, old, new, objects)
            shared = Shared(config, self._files)
            update = RefUpdate(_refs(repo), repo.commondir(), ref, self._files, shared)
            if update.current() != old:
                raise _moved(branch)
            directory = os.path.join(repo.commondir(), "objects", "pack")
            with NewPack(directory, objects, self._files, shared, progress) as pack, update:
                # The pack appears only when it is sure to be used: another program might come to rely on what is
                # in it, so it could not be removed again.
                if update.current() != old:
                    raise _moved(branch)
                update.write(new)
                pack.publish()
                update.publish()

    def _check_policy(
        self,
        repo: Repo,
        config: ConfigFile,
        branch: str,
        ref: bytes,
        old: str | None,
        new: str,
        objects: Sequence[GitObject],
    ) -> None:
        """Refuse what a push with git would be refused."""
        if _has_working_files(repo, config) and repo.refs.read_ref(Ref(b"HEAD")) == b"ref: " + ref:
            rule = _setting(config, b"receive", b"denyCurrentBranch")
            if rule not in (b"ignore", b"warn", b"false", b"no", b"off", b"0"):
                raise RemoteError(
                    f"the branch {branch} is checked out in {self._path}: its files would not follow",
                    hint="Use another branch, or a bare repository: `git init --bare PATH`.",
                )
        if old is not None and config.get_boolean((b"receive",), b"denyNonFastForwards", False):
            with closing(self._objects(repo)) as stored:
                if not _descends(new, old, objects, stored):
                    raise RemoteError(
                        f"{self._path} refuses to replace the history of {branch} "
                        "(receive.denyNonFastForwards)",
                        hint="Whoever runs the repository can allow it; a plain push needs no such permission.",
                    )

    def _objects(self, repo: Repo) -> ObjectStore:
        return ObjectStore(os.path.join(repo.commondir(), "objects"), self._bounds)

    @contextmanager
    def _open(self) -> Iterator[Repo]:
        try:
            repo = self._found()
        except NotGitRepository as error:
            raise NoRepositoryError(
                f"there is no git repository at {self._path}", hint="Make one: `git init --bare PATH`."
            ) from error
        # An unknown extension or version, a config file that is none: whatever dulwich trips over.
        except (OSError, ValueError, KeyError, GitProtocolError) as error:
            raise self._unusable(error) from error
        except Exception as error:
            if not type(error).__module__.startswith("dulwich."):
                raise
            raise self._unusable(error) from error
        with closing(repo):
            if repo.object_format.name != "sha1" or not isinstance(repo.refs, DiskRefsContainer):
                raise RemoteError(
                    f"{self._path} is a git repository of a kind that rtstore cannot use (SHA-256 or reftable)",
                    hint="Make one that it can: `git init --bare --object-format=sha1 PATH`.",
                )
            try:
                yield repo
            except SymrefLoop as error:
                raise self._unusable(error) from error

    def _found(self) -> Repo:
        try:
            return Repo(self._path)
        except NotGitRepository:
            if os.path.isdir(f"{self._path}.git"):
                return Repo(f"{self._path}.git")
            raise

    def _unusable(self, error: Exception) -> RemoteError:
        reason = " ".join(str(error).split()) or type(error).__name__
        return RemoteError(
            f"the git repository at {self._path} cannot be used: {reason}", hint="Run `git fsck` in it."
        )


def _refs(repo: Repo) -> DiskRefsContainer:
    if not isinstance(repo.refs, DiskRefsContainer):
        raise TypeError("only repositories with branches in files are opened")
    return repo.refs


def _default(repo: Repo) -> str | None:
    head = repo.refs.read_ref(Ref(b"HEAD")) or b""
    begin = b"ref: " + PREFIX
    return os.fsdecode(head[len(begin) :]) if head.startswith(begin) else None


def _has_working_files(repo: Repo, config: ConfigFile) -> bool:
    bare = config.get_boolean((b"core",), b"bare")
    return os.path.basename(os.path.abspath(repo.commondir())) == ".git" if bare is None else not bare


def _setting(config: ConfigFile, section: bytes, name: bytes) -> bytes:
    try:
        return config.get((section,), name).lower()
    except KeyError:
        return b""


def _descends(new: str, old: str, objects: Sequence[GitObject], stored: ObjectStore) -> bool:
    """Tell whether ``old`` is among the ancestors of ``new``."""
    sent = {one.id: one.data for one in objects if one.kind == "commit"}
    waiting, seen = [new], {new}
    while waiting:
        id = waiting.pop()
        if id == old:
            return True
        try:
            data = sent[id] if id in sent else stored.read("commit", id, _COMMIT_LIMIT)
        except TamperError:  # what is not there has no ancestors that are
            continue
        for parent in parse_commit(data).parents:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return False


def _moved(branch: str) -> RemoteMovedError:
    return RemoteMovedError(f"the branch {branch} was moved by somebody else", hint="Fetch, then push again.")
