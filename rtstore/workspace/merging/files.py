"""The working files a merge changes: they must be clean, and become what it made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rtstore.errors import UncommittedChangesError
from rtstore.model.objects import Saved, State
from rtstore.storage.transaction import Transaction
from rtstore.workspace.changes import same_content
from rtstore.workspace.files.staging import Rewrite
from rtstore.workspace.files.working import Working, look, save
from rtstore.workspace.transition import rewrite_to
from rtstore.workspace.workspace import Workspace

#: Files named in full in a message.
SHOWN = 8


class CleanFiles:
    """The working files that a merge may change, which have nothing uncommitted in them."""

    def __init__(self, workspace: Workspace, transaction: Transaction, state: State) -> None:
        self._workspace = workspace
        self._transaction = transaction
        self._state = state
        self._workings: dict[str, Working] = {}

    def look(self, names: Iterable[str], committed: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return what the files are: as committed, but with the stamps they have now.

        Raises:
            UncommittedChangesError: some have uncommitted changes, or nobody tracks them; all are named.
        """
        problems: dict[str, str] = {}
        for name in sorted(set(names) - self._workings.keys()):
            working = look(
                self._workspace, name, self._state.tracked.get(name), self._transaction, self._transaction
            )
            working.close()
            problem = self._problem(working, committed.get(name))
            if problem is not None:
                problems[name] = problem
            self._workings[name] = working
        if problems:
            raise _in_the_way(problems)
        return {
            name: working.id
            for name, working in self._workings.items()
            if working.id is not None and name in committed
        }

    def accept(self, working: Working) -> None:
        """Take a file that was looked at for one that is as committed."""
        self._workings[working.name] = working

    def saved(self, names: Iterable[str]) -> dict[str, Saved]:
        """Return what files hold that were looked at, stored so that they can be brought back."""
        return {name: save(self._workspace, self._workings[name], self._transaction) for name in names}

    def _problem(self, working: Working, committed: bytes | None) -> str | None:
        """Return what is in the way in a file, if anything is."""
        if committed is None and working.missing:
            return None
        if committed is None:
            return "is not tracked and would be overwritten" if working.known is None else "is not committed"
        if working.known is None:
            return "is not tracked any more"
        if working.missing:
            return "is missing"
        same = same_content(self._workspace.dataset(committed), working.dataset)
        return None if same else "has uncommitted changes"

    def rewrites(self, new: Mapping[str, bytes | None]) -> list[Rewrite]:
        """Return what becomes of files that were looked at, None: they go. Those that stay as they are are left out."""
        return [
            rewrite_to(self._workspace, self._transaction, self._workings[name], id)
            for name, id in sorted(new.items())
            if id != self._workings[name].id
        ]


def _in_the_way(problems: Mapping[str, str]) -> UncommittedChangesError:
    told = [f"{name} {problem}" for name, problem in problems.items()]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return UncommittedChangesError(
        f"the merge would change files that are not clean: {', '.join(told[:SHOWN])}{more}",
        entries=tuple(problems),
        hint="Commit them first, or take the changes back: rtstore restore FILE",
    )
