"""How a dataset is divided, and what has to be on one side and is not."""

from __future__ import annotations

from rtstore.curate.partition.alike import alike
from rtstore.curate.partition.results import PartitionReport
from rtstore.curate.partition.sides import sides_of
from rtstore.curate.partition.torn import torn
from rtstore.workspace.operate import writing
from rtstore.workspace.retrack import recorded
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace


def report(workspace: Workspace, dataset: str | Dataset) -> PartitionReport | None:
    """Return how a dataset is divided; None if it is not. A name stands for the working dataset."""
    view = _working(workspace, dataset) if isinstance(dataset, str) else dataset
    sides = sides_of(workspace, view)
    if sides is None:
        return None
    found = torn(alike(workspace, view, sides.partition.group_by), list(sides))
    return PartitionReport(view.path, sides.partition, sides.counts(), sides.fresh, tuple(found))


def _working(workspace: Workspace, name: str) -> Dataset:
    """Return the working dataset of a name. What of it is not stored yet is, so that it can be read as any other."""
    with writing(workspace):
        return recorded(workspace, name, None)[1]
