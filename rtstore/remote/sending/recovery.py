"""What ``restore.py`` needs besides records and rows: the newest files of branches, in words it can read.

Somebody who has lost everything but a key has no decoder of the store's objects at hand. So a backup also says what the
files of each branch are, as they were when it was pushed, in JSON:

- *files*, under the SHA-256 of a commit's id: the *file* of each name, datasets and sidecars;
- *file*, under the SHA-256 of a dataset's id (for its sidecar, of that and ``sidecar``): how it is put together;
- *text*, under its own SHA-256: a piece of what a file names, cut so that only what has changed is sent again.

Who fetches reads none of it. ``docs/format.md`` has the details.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final
from zlib import crc32

from rtstore.formats.sidecar_name import sidecar_path
from rtstore.history.stamps import read_stamps
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.model.objects import Commit, Dataset, Snapshot, decode
from rtstore.remote.format.part import Sent
from rtstore.storage.objects import ObjectStore
from rtstore.workspace.files.sidecars import sidecar_bytes

#: A text is cut behind one line of so many, chosen by its content: so equal lines are cut alike, wherever they are.
_LINES: Final = 64
_NO_ROOT: Final = bytes(OBJECT_ID_SIZE)
_SIDECAR: Final = b"sidecar"
#: A pattern that is found nowhere in JSON, and quickly.
_NOWHERE: Final = r"\x00"

#: Kind, id and bytes of an object.
Object = tuple[Sent, bytes, bytes]


def described(store: ObjectStore, tips: Iterable[bytes], known: Iterable[bytes]) -> Iterator[Object]:
    """Yield what says how to put together the files of the commits ``tips``, as far as the backup does not have it.

    ``known``: the commits of which it has it: those that its branches are at.

    Raises:
        DamagedError: something of it is missing or damaged in the store.
    """
    there = dict.fromkeys(known)
    bases = {name: id for commit in there for name, id in _datasets(store, commit)}
    done = {id for commit in there for _, id in _datasets(store, commit)}
    texts: set[bytes] = set()
    for commit in dict.fromkeys(tips):
        if commit not in there:
            datasets = _datasets(store, commit)
            yield Sent.FILES, sha256(commit).digest(), _json(_files(store, datasets))
            for name, id in datasets:
                if id not in done:
                    done.add(id)
                    yield from _Description(store, id).objects(bases.get(name), texts)


def _files(store: ObjectStore, datasets: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    files = {}
    for name, id in datasets:
        files[name] = sha256(id).hexdigest()
        if decode(store.read(Kind.DATASET, id), Dataset).registry is not None:
            files[sidecar_path(name)] = sha256(id + _SIDECAR).hexdigest()
    return files


class _Description:
    """The files of a dataset, described: ``texts`` are the pieces of their content by id."""

    def __init__(self, store: ObjectStore, id: bytes) -> None:
        self.texts: dict[bytes, bytes] = {}
        self._store = store
        self._id = id
        self._dataset = decode(store.read(Kind.DATASET, id), Dataset)
        self._own = self._file(
            head=self._dataset.framing.head,
            root=self._dataset.root or _NO_ROOT,
            separator=self._dataset.framing.separator,
            tail=self._dataset.framing.tail,
            place=_places(self._dataset.settings.volatile),
            stamps=self._stamps(),
        )
        sidecar = sidecar_bytes(store, self._dataset)
        self._sidecar = None if sidecar is None else self._file(head=sidecar)

    def objects(self, base: bytes | None, sent: set[bytes]) -> Iterator[Object]:
        """Yield it as objects. ``base``: a dataset whose texts the backup has; ``sent``: texts it gets in this push."""
        if base is not None and self.texts:
            sent.update(_Description(self._store, base).texts)
        for id, text in self.texts.items():
            if id not in sent:
                yield Sent.TEXT, id, text
        sent.update(self.texts)
        yield Sent.FILE, sha256(self._id).digest(), self._own
        if self._sidecar is not None:
            yield Sent.FILE, sha256(self._id + _SIDECAR).digest(), self._sidecar

    def _file(
        self,
        head: bytes,
        root: bytes = _NO_ROOT,
        separator: bytes = b"",
        tail: bytes = b"",
        place: str = _NOWHERE,
        stamps: bytes = b"",
    ) -> bytes:
        return _json(
            {
                "head": self._named(head),
                "root": root.hex(),
                "separator": _text(separator),
                "tail": _text(tail),
                "place": place,
                "stamps": self._named(stamps),
            }
        )

    def _stamps(self) -> bytes:
        """Return the stamps of the entries, a run a line; nothing if there are none."""
        runs = read_stamps(self._store, self._dataset).runs
        lines = (_json([count, [_text(value) for value in values]]) for count, values in runs)
        return b"[" + b",\n".join(lines) + b"]" if runs else b""

    def _named(self, content: bytes) -> list[str]:
        """Keep the pieces of a content, and return their ids."""
        pieces = [(sha256(piece).digest(), piece) for piece in _cut(content)]
        self.texts.update(pieces)
        return [id.hex() for id, _ in pieces]


def _cut(content: bytes) -> Iterator[bytes]:
    piece = bytearray()
    for line in content.splitlines(keepends=True):
        piece += line
        if crc32(line) % _LINES == 0:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _places(volatile: Iterable[str]) -> str:
    """Return a pattern that finds the places that volatile values were cut out of, see ``model.volatile``."""
    names = sorted({re.escape(path.split(".")[-1]) for path in volatile})
    return '"(?:' + "|".join(names) + r')"[ \t\n\r]*:[ \t\n\r]*(?=[,}])' if names else _NOWHERE


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _datasets(store: ObjectStore, commit: bytes) -> tuple[tuple[str, bytes], ...]:
    snapshot = decode(store.read(Kind.COMMIT, commit), Commit).snapshot
    return decode(store.read(Kind.SNAPSHOT, snapshot), Snapshot).datasets
