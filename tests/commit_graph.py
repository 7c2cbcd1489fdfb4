"""A graph of commits in memory, a ``CommitReader`` that counts what is read."""

from __future__ import annotations

from rtstore.errors import MissingObjectError
from rtstore.model.ids import Kind, object_id
from rtstore.model.objects import Commit, encode


class CommitGraph:
    """Commits by id. ``reads`` lists the ids that were asked for, in order."""

    def __init__(self) -> None:
        self.commits: dict[bytes, Commit] = {}
        self.reads: list[bytes] = []

    def add(self, *parents: bytes, time: int | None = None, id_: bytes | None = None) -> bytes:
        """Add a commit and return its id; each a second younger than the last unless ``time`` says."""
        number = len(self.commits)
        commit = Commit(
            b"s" * 32, parents, "Mara <m@x>", number if time is None else time, 0, f"commit {number}"
        )
        id_ = id_ or object_id(Kind.COMMIT, encode(commit))
        self.commits[id_] = commit
        return id_

    def read_commit(self, commit: bytes) -> Commit:
        self.reads.append(commit)
        try:
            return self.commits[commit]
        except KeyError:
            raise MissingObjectError(f"commit {commit.hex()} is missing") from None

    def commit_ids_with_prefix(self, prefix: str) -> list[bytes]:
        assert prefix == prefix.lower()
        return [id_ for id_ in self.commits if id_.hex().startswith(prefix)]
