"""The identity that imported records get: what is new in a dataset gets one of its own."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from blake3 import blake3

from rtstore.model.ids import entry_id_of_value
from rtstore.model.jsonedit import set_value
from rtstore.model.jsontext import Path, loads
from rtstore.workspace.views import Dataset

STAMP: Final = "_rolethread"
ENTRY_UUID: Final[Path] = (STAMP, "entry_uuid")
DATASET_UUID: Final[Path] = (STAMP, "dataset_uuid")


class Renewed(NamedTuple):
    """A record as it comes in, the uuid it has got and the one it had; None where it says none."""

    text: bytes
    uuid: str | None = None
    old: str | None = None


class Identities:
    """Makes identities for the entries that come into ``dataset``, None if there is none yet.

    The same record gets the same one on every machine, so that two people who import one file agree. ``owner``: the
    uuid by which its sidecar names the dataset, if it has one.
    """

    def __init__(self, dataset: Dataset | None, owner: str | None = None) -> None:
        self._dataset = dataset
        self._used: set[bytes] = set()
        named = value_at(dataset[0].data, DATASET_UUID) if dataset else None
        #: The uuid of the dataset that its records name, None where they name none.
        self.dataset_uuid = named if isinstance(named, str) else None
        self._owner = self.dataset_uuid or owner

    def owner(self, seed: bytes) -> str:
        """Return the uuid of the dataset for its sidecar, and for records that are to name it.

        It is that which records name, those that were there and else the first to come in, or the sidecar. Where
        nothing has named one, it is made of ``seed``.
        """
        if self._owner is None:
            self._owner = str(UUID(bytes=blake3(b"dataset\0" + seed).digest(16), version=4))
        return self._owner

    def renewed(self, text: bytes) -> Renewed:
        """Return a record as it comes into the dataset.

        Other id fields stay: a record whose id the dataset has already is told apart by what it says.
        """
        record = loads(text)
        new = text.decode()
        theirs = value_at(record, DATASET_UUID)
        if isinstance(theirs, str):
            if self.dataset_uuid is not None:
                new = set_value(new, DATASET_UUID, self.dataset_uuid)
            self._owner = self._owner or theirs
        old = value_at(record, ENTRY_UUID)
        if not isinstance(old, str):
            return Renewed(new.encode())
        uuid = self._unused(text)
        return Renewed(set_value(new, ENTRY_UUID, uuid).encode(), uuid, old)

    def named(self, text: bytes, seed: bytes) -> Renewed:
        """Return a record that says no uuid with one, and with that of the dataset; ``seed`` as for ``owner``.

        As it is, where another value is in that place.
        """
        record = loads(text)
        if not isinstance(record.get(STAMP, {}), dict):
            return Renewed(text)
        uuid = self._unused(text)
        new = text.decode()
        if STAMP not in record:
            made = {"entry_uuid": uuid, "dataset_uuid": self.owner(seed)}
            return Renewed(set_value(new, (STAMP,), made).encode(), uuid)
        if not isinstance(value_at(record, DATASET_UUID), str):
            new = set_value(new, DATASET_UUID, self.owner(seed))
        return Renewed(set_value(new, ENTRY_UUID, uuid).encode(), uuid)

    def _unused(self, text: bytes) -> str:
        ordinal = 0
        while True:
            seed = blake3(b"import\0%d\0" % ordinal + text).digest(16)
            uuid = str(UUID(bytes=seed, version=4))
            id = entry_id_of_value(uuid)
            if id not in self._used and (self._dataset is None or self._dataset.position_of_id(id) is None):
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
