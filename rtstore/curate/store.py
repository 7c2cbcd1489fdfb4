"""Curation as a Python program uses it: the part of ``Store`` that is about what entries say and are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rtstore.curate.exporting.store import Exports
from rtstore.curate.partition.store import Partitions

if TYPE_CHECKING:
    from rtstore.curate.validation.checking import Validation
    from rtstore.curate.validation.findings import Level
    from rtstore.curate.where.where import Where
    from rtstore.workspace.lookback.grep import Match
    from rtstore.workspace.lookback.patterns import Mode
    from rtstore.workspace.views import Entry

# What a single command needs is imported where it is used.


class Curation(Exports, Partitions):
    """The entries of a workspace's datasets, by what they say and are."""

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
        where: str | Where | None = None,
    ) -> Iterator[Match]:
        """Return the turns that match in versions: by version, dataset and place.

        ``mode``: ``phrase`` (as it stands), ``all-words`` (each of them, in any order), ``regex`` (of Python's ``re``).
        ``role``: only turns of this role; ``tag``: only entries with this tag; ``datasets``: only these; ``where``: an
        expression that has to be true of the entry.

        Raises:
            ExpressionError: ``where`` is no expression.
        """
        asked = self.where(where) if isinstance(where, str) else where
        matches = super().grep(
            text, revisions, datasets, mode=mode, ignore_case=ignore_case, role=role, tag=tag
        )
        if asked is None:
            return matches
        from rtstore.curate.selecting import among

        return among(self._workspace, matches, asked)

    def where(self, expression: str) -> Where:
        """Return an expression of the language of ``--where`` (``docs/where.md``), ready to be asked about entries.

        Raises:
            ExpressionError: it is none; the message shows the place.
        """
        from rtstore.curate.where.where import where

        return where(expression)

    def select(self, dataset: str, where: str | Where | None = None) -> Iterator[Entry]:
        """Yield the entries of ``REV:DATASET``, or of the working file ``DATASET``, that an expression means, in order.

        Raises:
            ExpressionError: it is none.
            RevisionError: there is no such revision or dataset, or the working file is missing.
            InputError: the working file is no valid dataset.
        """
        from rtstore.curate.entries import entries_of
        from rtstore.curate.selecting import Selection

        asked = self.where(where) if isinstance(where, str) else where
        with entries_of(self._workspace, dataset) as entries:
            yield from Selection(entries, asked)

    def validate(
        self,
        datasets: Sequence[str] = (),
        where: str | Where | None = None,
        since: str | None = None,
        level: Level = "warning",
    ) -> Validation:
        """Return what is wrong with entries, found as it is gone through.

        ``datasets``: each ``REV:DATASET``, or ``DATASET`` for the working file; by default all tracked ones. ``where``:
        only the entries that it means. ``since``: only those changed since that revision, and what they did not
        have there. ``level``: the lowest level that counts: ``error``, ``warning``, ``info``.

        Raises:
            ExpressionError: ``where`` is no expression.
            UsageError: there is no such level.
        """
        from rtstore.curate.validation.checking import Options, Validation

        asked = self.where(where) if isinstance(where, str) else where
        names = tuple(datasets) or tuple(sorted(self._workspace.state().tracked))
        return Validation(self._workspace, names, Options(asked, since, level))
