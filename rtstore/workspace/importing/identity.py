"""The identity that imported records get: what is new in a dataset gets one of its own."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from blake3 import blake3

from rtstore.model.ids import entry_id_of_value
from rtstore.model.jsonedit import set_value
from rtstore.model.jsontext import Path
from rtstore.workspace.views import Dataset

ENTRY_UUID: Final[Path] = ("_rolethread", "entry_uuid")
DATASET_UUID: Final[Path] = ("_rolethread", "dataset_uuid")


class Identities:
    """Makes identities for the entries that come into ``dataset``.

    The same record gets the same one on every machine, so that two people who import one file agree.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._used: set[bytes] = set()
        self.dataset_uuid = value_at(dataset[0].data, DATASET_UUID) if len(dataset) else None

    def renewed(self, text: bytes, record: Any) -> tuple[bytes, str | None]:
        """Return a record as it comes into the dataset, and the uuid it has got, if it says one.

        Other id fields stay: a record whose id the dataset has already is told apart by what it says.
        """
        new = text.decode()
        if isinstance(self.dataset_uuid, str) and isinstance(value_at(record, DATASET_UUID), str):
            new = set_value(new, DATASET_UUID, self.dataset_uuid)
        if not isinstance(value_at(record, ENTRY_UUID), str):
            return new.encode(), None
        uuid = self._unused(text)
        return set_value(new, ENTRY_UUID, uuid).encode(), uuid

    def _unused(self, text: bytes) -> str:
        ordinal = 0
        while True:
            seed = blake3(b"import\0%d\0" % ordinal + text).digest(16)
            uuid = str(UUID(bytes=seed, version=4))
            id = entry_id_of_value(uuid)
            if id not in self._used and self._dataset.position_of_id(id) is None:
                self._used.add(id)
                return uuid
            ordinal += 1


def value_at(record: Any, path: Path) -> Any:
    """Return the value at a path of member names, None where there is none."""
    for name in path:
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record
