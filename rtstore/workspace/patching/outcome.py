"""What comes of a patch: it must be what a scan of the files would find that are written from it."""

from __future__ import annotations

from rtstore.errors import DamagedError, InputError
from rtstore.formats.problems import explain
from rtstore.history.stamps import StampsAt, read_stamps
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.objects import Dataset
from rtstore.model.volatile import Volatile
from rtstore.storage.transaction import Transaction
from rtstore.workspace.files.sidecars import as_read_back


def check_cut(transaction: Transaction, dataset: Dataset, name: str) -> None:
    """Refuse a dataset of which a record is not stored as its volatile fields want it.

    Raises:
        InputError: the patch changes the volatile fields, and there is an entry that it says nothing of.
    """
    volatile = Volatile(dataset.settings.volatile)
    stamps = StampsAt(read_stamps(transaction, dataset).runs)
    for position, entry in enumerate(
        Tree(transaction, Root(dataset.root, dataset.height, dataset.count)).entries()
    ):
        record = transaction.read(Kind.RECORD, entry.record)
        values = stamps.values(position)
        try:
            line = volatile.fill(record, values)
            stored = explain(line, name, 1) is None and volatile.cut(line) == (record, values)
        except DamagedError:
            stored = False
        if not stored:
            raise InputError(
                f"{name}: it changes which fields are volatile, and entry {position + 1} is not stored so",
                hint="Declare them yourself: rtstore add --volatile FIELD FILE",
            )


def with_sidecar_read_back(transaction: Transaction, dataset: Dataset, name: str) -> Dataset:
    """Return a dataset as a scan of the sidecar would find it that is made of it.

    Raises:
        InputError: the patch makes something of the sidecar that is none.
    """
    try:
        return as_read_back(transaction, dataset)
    except (DamagedError, InputError) as error:
        raise InputError(f"{name}: no sidecar can be made of it: {error.message}") from error
