"""What an export needs of a store, made out of its options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rtstore.curate.exporting.export import Export
from rtstore.curate.exporting.fitness import Fitness
from rtstore.curate.exporting.made import Fits, Made, Progress, SideOf
from rtstore.curate.exporting.options import ExportOptions
from rtstore.curate.exporting.rendering import renderer
from rtstore.curate.exporting.results import ExportResult
from rtstore.curate.exporting.rows import Rows
from rtstore.errors import UsageError
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.storage.files import Files, read_bounded
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.workspace.store import LocalStore


class Work:
    """One export of a version of a dataset.

    Raises:
        UsageError: the options contradict each other, or the dataset has no partition to split by.
        RevisionError: there is no such version or dataset.
    """

    def __init__(
        self,
        store: LocalStore,
        workspace: Workspace,
        dataset: str,
        revision: str,
        options: ExportOptions,
        split: bool,
    ) -> None:
        options.check()
        commit = store.resolve(revision)
        self.commit = commit.hex()
        self.dataset: Dataset = store[self.commit][dataset]
        made = store[self.commit].commit
        moment = datetime.fromtimestamp(made.time, UTC)
        render = renderer(options, moment)
        self.rows = Rows(options, _dataset_uuid(self.dataset), render)
        self._warnings = () if render is None else render.warnings
        self.fits = None if options.where is None else self._fits(workspace, options.where)
        self.side: SideOf | None = None
        self.sides: tuple[str, ...] = ()
        if split:
            self._split(workspace)
        self.fitness = Fitness(workspace, dataset, options.format, options.clean)
        self._options = options
        self._root = store.root
        self._taken = store.tracked()

    def write(
        self, made: Made, path: str, also: Mapping[str, str], force: bool, told: Progress
    ) -> ExportResult:
        """Write what was made."""
        made = self._short(made)
        export = Export(Files(), path, self._options, self.sides, force)
        names = [*self._taken, *map(sidecar_path, self._taken)]
        taken = [os.path.join(self._root, name) for name in names]
        taken += [path for path in (self._options.template, self._options.tokenizer) if path is not None]
        result = export.run(made, self.commit, dict(also), taken, told)
        return replace(result, warnings=self._warnings)

    def _fits(self, workspace: Workspace, expression: str) -> Fits:
        from rtstore.curate.entries import committed_entries
        from rtstore.curate.selecting import VersionScope
        from rtstore.curate.where.where import where

        asked = where(expression)
        scope = VersionScope(committed_entries(workspace, bytes.fromhex(self.commit), self.dataset.path))
        return lambda entry: asked.may_record(entry.text) and asked.matches(entry, scope)

    def _split(self, workspace: Workspace) -> None:
        from rtstore.curate.partition.sides import sides_of

        sides = sides_of(workspace, self.dataset)
        if sides is None:
            raise UsageError(
                f"{self.dataset.path} is not divided in that version",
                hint=f"Run: rtstore partition {self.dataset.path} --train 0.9 --val 0.1, then commit",
            )
        self.side, self.sides = sides.__getitem__, sides.names

    def _short(self, made: Made) -> Made:
        """Return the rows that are short enough, if that is asked."""
        limit, path = self._options.max_tokens, self._options.tokenizer
        if limit is None or path is None:
            return made
        from rtstore.curate.exporting.counting import ShortRows
        from rtstore.formats.tokens import MAX_FILE, TokenCounter

        return ShortRows(made, TokenCounter(read_bounded(path, MAX_FILE), path), limit)


def _dataset_uuid(dataset: Dataset) -> str:
    """Return the uuid that RoleThread Lite gave a dataset, as its first record has it; empty if it has none."""
    if not len(dataset):
        return ""
    data = dataset[0].data
    own = data.get("_rolethread") if isinstance(data, dict) else None
    uuid = own.get("dataset_uuid") if isinstance(own, dict) else None
    return uuid if isinstance(uuid, str) else ""
