"""The identity that imported records get: what is new in a dataset gets one of its own."""

from __future__ import annotations

import re
from itertools import count
from typing import Any, Final, NamedTuple
from uuid import UUID

from blake3 import blake3
from msgspec import MsgspecError, Struct, json

from rtstore.model.jsonedit import set_value
from rtstore.model.jsontext import Path, loads
from rtstore.workspace.importing.appending import entry_ids
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
        self._used: set[bytes] | None = None
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
        stamp = _stamp_in(text)
        new = text
        if isinstance(stamp.dataset_uuid, str):
            if self.dataset_uuid is not None:
                new = _with_uuid(new, DATASET_UUID, stamp.dataset_uuid, self.dataset_uuid)
            self._owner = self._owner or stamp.dataset_uuid
        if not isinstance(stamp.entry_uuid, str):
            return Renewed(new)
        uuid = self._unused(text)
        return Renewed(_with_uuid(new, ENTRY_UUID, stamp.entry_uuid, uuid), uuid, stamp.entry_uuid)

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
        if self._used is None:
            self._used = set() if self._dataset is None else entry_ids(self._dataset.tree)
        for ordinal in count():
            seed = blake3(b"import\0%d\0" % ordinal + text).digest(16)
            uuid = UUID(bytes=seed, version=4)
            if uuid.bytes not in self._used:
                self._used.add(uuid.bytes)
                return str(uuid)
        raise AssertionError("there are more numbers than entries")


class _Stamp(Struct, gc=False, frozen=True):
    """What RoleThread says of a record, as far as it names things."""

    entry_uuid: Any = None
    dataset_uuid: Any = None


class _Stamped(Struct, gc=False, rename={"stamp": STAMP}):
    stamp: _Stamp = _Stamp()


_read_stamped: Final = json.Decoder(_Stamped).decode
#: Values that are spelled in one way only.
_SIMPLE: Final = re.compile("[0-9A-Za-z-]+")


def _stamp_in(text: bytes) -> _Stamp:
    """Return what a record is called; nothing, where it says that in another way."""
    try:
        return _read_stamped(text).stamp
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        record = loads(text)
    return _Stamp(value_at(record, ENTRY_UUID), value_at(record, DATASET_UUID))


def _with_uuid(text: bytes, path: Path, old: str, new: str) -> bytes:
    """Return a record with another uuid at a path where it has one.

    In most records the name is there once as it is spelled, without escapes, with the value behind it: to find that
    takes no scan. A quote inside a text is escaped, so it cannot be mistaken.
    """
    name = b'"%b"' % str(path[-1]).encode()
    if b"\\u" not in text and text.count(name) == 1 and _SIMPLE.fullmatch(old):
        for colon in (b": ", b":"):
            spelled = name + colon + b'"%b"' % old.encode()
            if spelled in text:
                return text.replace(spelled, name + colon + b'"%b"' % new.encode())
    return set_value(text.decode(), path, new).encode()


def value_at(record: Any, path: Path) -> Any:
    """Return the value at a path of member names, None where there is none."""
    for name in path:
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record
