"""What a store's versions hold and how they came about: the part of ``Store`` that only reads commits."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING

from rtstore.errors import UsageError
from rtstore.model.objects import Commit, State
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.lookback.blame import Blamed
    from rtstore.workspace.lookback.entry_log import EntryStep
    from rtstore.workspace.lookback.following import DatasetCounts
    from rtstore.workspace.lookback.grep import Match
    from rtstore.workspace.lookback.patterns import Mode
    from rtstore.workspace.views import Snapshot


class History:
    """The versions of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __getitem__(self, revision: str) -> Snapshot:
        """Return the datasets of a version."""
        from rtstore.workspace.views import Snapshot

        return Snapshot(self._workspace, self.resolve(revision))

    def resolve(self, revision: str) -> bytes:
        """Return the commit id a revision names."""
        return self._workspace.resolve(revision, self._state)

    def commit_at(self, revision: str) -> tuple[bytes, Commit]:
        """Return the commit a revision names, with its id."""
        id = self.resolve(revision)
        return id, self._workspace.read_commit(id)

    def log(
        self,
        revisions: Sequence[str] = (),
        dataset: str | Collection[str] | None = None,
        limit: int | None = None,
        entry: str | None = None,
        search: str | None = None,
    ) -> Iterator[tuple[bytes, Commit]]:
        """Return commits newest first: the ancestors of revisions (``REV``, ``A..B``), by default of HEAD.

        ``dataset``: only commits that changed this dataset, or one of these, under whatever name it had then.
        ``entry``: those that did something to this entry of it, see ``entry_log``. ``search``: those that added this
        text to a turn or removed it from one.
        """
        from rtstore.history.ancestry import walk

        if entry is not None and (not isinstance(dataset, str) or search is not None):
            raise UsageError("an entry's log needs a dataset, and cannot be searched")
        starts, exclude = self._range(revisions)
        commits = walk(self._workspace, starts, exclude)
        names = {dataset} if isinstance(dataset, str) else dataset
        if search is not None:
            from rtstore.workspace.lookback.pickaxe import changing

            commits = changing(self._workspace, search, commits, starts, names)
        elif isinstance(dataset, str) and entry is not None:
            steps = self.entry_log(dataset, entry, revisions)
            # One commit may have done something to several of the entries that it was made of.
            commits = (pair for pair, _ in groupby((step.commit_id, step.commit) for step in steps))
        elif names is not None:
            from rtstore.workspace.lookback.following import following

            followed = following(self._workspace, commits, starts, names)
            commits = ((each.id, each.commit) for each in followed if each.touched)
        return islice(commits, _most(limit))

    def counts_of(self, commit_id: bytes, commit: Commit) -> tuple[DatasetCounts, ...]:
        """Return what a commit changed against its first parent, in counts by dataset."""
        from rtstore.workspace.lookback.following import counted

        return counted(self._workspace, commit_id, commit)

    def entry_log(
        self, dataset: str, entry: str, revisions: Sequence[str] = (), limit: int | None = None
    ) -> Iterator[EntryStep]:
        """Return what commits did to an entry, newest first; revisions as in ``log``.

        ``entry``: its position from 1, or the beginning of its id, also of one that was removed.
        """
        from rtstore.workspace.lookback.entry_log import entry_log

        return islice(entry_log(self._workspace, *self._range(revisions), dataset, entry), _most(limit))

    def blame(self, dataset: str, entry: str, revision: str = "HEAD") -> tuple[Blamed, ...]:
        """Return the turns of an entry, each with the commit that last changed it."""
        from rtstore.workspace.lookback.blame import blame

        found = self[revision]
        return blame(self._workspace, found.commit_id, dataset, found[dataset].find(entry).position)

    def grep(
        self,
        text: str,
        revisions: Sequence[str] = ("HEAD",),
        datasets: Sequence[str] = (),
        *,
        mode: Mode = "phrase",
        ignore_case: bool = False,
        role: str | None = None,
        tag: str | None = None,
    ) -> Iterator[Match]:
        """Return the turns that match in versions: by version, dataset and place.

        ``mode``: ``phrase`` (as it stands), ``all-words`` (each of them, in any order), ``regex`` (of Python's ``re``).
        ``role``: only turns of this role; ``tag``: only entries with this tag; ``datasets``: only these.
        """
        from rtstore.workspace.lookback.grep import Query, grep, selected
        from rtstore.workspace.lookback.patterns import pattern

        query = Query(pattern(text, mode, ignore_case), role, tag)
        commits = dict.fromkeys(map(self.resolve, revisions))
        return grep(self._workspace, query, selected(self._workspace, commits, datasets))

    def tracked(self) -> tuple[str, ...]:
        """Return the names of the tracked datasets, sorted."""
        return tuple(sorted(self._state.tracked))

    def datasets(self) -> tuple[str, ...]:
        """Return the names of the datasets that ``status`` is about, sorted: tracked ones, and those of HEAD."""
        from rtstore.history.refs import head_commit
        from rtstore.workspace.status import present

        state = self._state
        return tuple(present(self._workspace, state, self._workspace.snapshot(head_commit(state))))

    def _range(self, revisions: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
        """Return the commits whose ancestors are wanted, and those whose are not."""
        from rtstore.history.revisions import parse_range

        pairs = [parse_range(text) for text in revisions or ("HEAD",)]
        exclude = [self.resolve(start) for start, _ in pairs if start is not None]
        return [self.resolve(end) for _, end in pairs], exclude

    @property
    def _state(self) -> State:
        return self._workspace.state()


def _most(limit: int | None) -> int | None:
    """Return a limit that ``islice`` takes: all there can be is as good as more."""
    return None if limit is None else min(limit, sys.maxsize)
