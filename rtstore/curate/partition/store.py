"""What a store can do to divide datasets: the part of ``Store`` that is about partitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rtstore.errors import UsageError
from rtstore.workspace.workspace import Workspace

if TYPE_CHECKING:
    from rtstore.curate.partition.results import PartitionReport, PartitionResult
    from rtstore.curate.partition.sides import Sides
    from rtstore.workspace.views import Dataset

# What a single command needs is imported where it is used.


class Partitions:
    """Partitions of a workspace's datasets."""

    _workspace: Workspace

    def partition(
        self,
        dataset: str,
        sides: Mapping[str, float | None] | None = None,
        *,
        seed: str = "",
        group_by: str | None = None,
        stratify: str | None = None,
        redo: bool = False,
    ) -> PartitionResult:
        """Divide the working dataset ``dataset``: ``{"train": 0.9, "val": 0.1}``.

        The side of an entry follows from its id, whatever else is in the dataset. What says the same is on one side,
        and with ``group_by``, the dotted path of a field, what has the same value there. ``stratify``: ``"tags"``
        divides each tag in proportion. ``seed`` makes another division of the same entries. One side may have None
        for its fraction: it takes the rest, as ``train`` does where it is not named.

        Without ``sides``, what came since gets its side as the dataset is divided already; nothing else moves.
        ``redo``: divide it anew. Nothing is committed.

        Raises:
            UsageError: the fractions are no whole, it is divided in another way, or not at all.
            InputError: the working file is no valid dataset.
            WorkspaceError: it is not tracked, or missing.
            InProgressError: a merge is in progress.
        """
        from rtstore.curate.partition.definition import define
        from rtstore.curate.partition.divide import divide

        if sides is None and (seed or group_by or stratify):
            raise UsageError(
                "a partition needs sides", hint="Say their fractions, for example: --train 0.9 --val 0.1"
            )
        wanted = None if sides is None else define(sides, seed, group_by, stratify)
        return divide(self._workspace, dataset, wanted, redo)

    def remove_partition(self, dataset: str) -> PartitionReport:
        """Take the partition of the working dataset ``dataset`` away; return how it was divided.

        Raises:
            NothingToDoError: it is not divided.
            InputError, WorkspaceError, InProgressError: as for ``partition``.
        """
        from rtstore.curate.partition.divide import undivide

        return undivide(self._workspace, dataset)

    def partition_of(self, dataset: Dataset) -> Sides | None:
        """Return the side of each entry of a version of a dataset, by position; None if it is not divided.

        Records are read only where entries came since the sides were settled.

        Raises:
            DamagedError: what is needed of it is missing or damaged.
        """
        from rtstore.curate.partition.sides import sides_of

        return sides_of(self._workspace, dataset)

    def partition_report(self, dataset: str | Dataset) -> PartitionReport | None:
        """Return how a dataset is divided, a version of it or the working dataset of that name; None if it is not.

        It tells as well what is alike and on several sides, for which all records are read.

        Raises:
            InputError: the working file is no valid dataset.
            WorkspaceError: it is not tracked, or missing.
        """
        from rtstore.curate.partition.report import report

        return report(self._workspace, dataset)
