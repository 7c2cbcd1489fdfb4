"""A dataset with some of its entries replaced: the changed tree, its stamps and its framing put back together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rtstore.history.splice import Splice, splice
from rtstore.history.stamps import Run, read_stamps
from rtstore.history.tree import Root
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset, Stamps, encode
from rtstore.workspace.files.framing import normalised
from rtstore.workspace.files.stamps import splice_runs
from rtstore.workspace.files.texts import Storage


class Piece(NamedTuple):
    """Entries in the place of others, and the stamps they have."""

    splice: Splice
    stamps: Sequence[Run]


def rebuilt(
    storage: Storage,
    dataset: Dataset,
    pieces: Sequence[Piece],
    frame: Dataset | None = None,
    sidecar_stamps: tuple[tuple[str, bytes], ...] | None = None,
) -> Dataset:
    """Return a dataset in which pieces were put in their places.

    ``frame``: the dataset whose framing, settings and registry the result has, if not the same; what was usual in
    one is then usual in the other. ``sidecar_stamps``: those of its sidecar, if not the same.
    """
    frame = frame or dataset
    known = read_stamps(storage, dataset)
    root = splice(
        storage,
        storage,
        Root(dataset.root, dataset.height, dataset.count),
        [piece.splice for piece in pieces],
    )
    runs = splice_runs(known.runs, dataset.count, ((p.splice.start, p.splice.stop, p.stamps) for p in pieces))
    sidecar = known.sidecar if sidecar_stamps is None else sidecar_stamps
    stamps = storage.add(Kind.STAMPS, encode(Stamps(runs, sidecar))) if runs or sidecar else None
    new = msgspec.structs.replace(
        dataset,
        root=root.id,
        height=root.height,
        count=root.count,
        stamps=stamps,
        framing=frame.framing,
        settings=frame.settings,
        registry=frame.registry,
    )
    return normalised(storage, new, bool(frame.count), frame.framing.separator != dataset.framing.separator)
