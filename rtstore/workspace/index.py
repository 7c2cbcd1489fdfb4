"""From an entry's id to its position, in a process that may ask more than once.

The tree is in file order, so the first question reads the ids of all entries, 16 bytes each; they are kept. Among
them an id is found by its first 15 bits: those of all entries make up a string, which Python searches for a
character at some gigabytes a second (0.2 ms for a million entries). A dictionary or a sorted list would answer
sooner, and take a hundred times as long to make.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from rtstore.errors import DamagedError, RevisionError
from rtstore.history.tree import Tree, prefix_digits
from rtstore.model.ids import ENTRY_ID_SIZE, Kind
from rtstore.storage.objects import ObjectStore
from rtstore.storage.sequential import RecordSource

if TYPE_CHECKING:
    from rtstore.history.splice import Splice

#: Ids that begin with the right 15 bits and are others, after which all bytes are searched instead: some kinds of
#: UUID begin with a time.
STRAYS: Final = 64
#: Most positions told of an id that fits several entries.
SHOWN: Final = 8
_SEVEN_BITS: Final = bytes(byte & 0x7F for byte in range(256))


class EntryIndex:
    """Positions of the entries of one tree by id. Costs nothing before it is asked."""

    def __init__(self, tree: Tree, objects: ObjectStore) -> None:
        self._tree = tree
        self._objects = objects
        self._ids: bytes | None = None
        self._marks: str | None = None

    def position(self, prefix: str, name: str) -> int:
        """Return the position of the entry whose id begins with hex digits.

        ``name`` is what a message calls the dataset.

        Raises:
            RevisionError: there is none, or there are several.
        """
        digits = prefix_digits(prefix)
        matches = self._matches(digits)
        if not matches:
            raise RevisionError(
                f"{name} has no entry {prefix}",
                hint=f"Positions go from 1 to {len(self._tree)}; `rtstore show HEAD:{name}` shows them with their ids.",
            )
        if len(matches) > 1:
            shown = tuple(self._id(position).hex()[:12] for position in matches)
            raise RevisionError(
                f"{prefix} fits several entries of {name}: {', '.join(shown)}", candidates=shown
            )
        return matches[0]

    def find(self, id: bytes) -> int | None:
        """Return the position of the entry with an id; None if there is none."""
        return next(self._beginning_with(id), None)

    def spliced(self, tree: Tree, splices: Sequence[Splice]) -> EntryIndex:
        """Return the index of what splices made of this tree; it is ready if this one is."""
        index = EntryIndex(tree, self._objects)
        if self._ids is None:
            return index
        ids = memoryview(self._ids)
        parts: list[memoryview | bytearray] = []
        done, same = 0, True
        for start, stop, columns in splices:
            parts += ids[done * ENTRY_ID_SIZE : start * ENTRY_ID_SIZE], columns.entries
            same = same and ids[start * ENTRY_ID_SIZE : stop * ENTRY_ID_SIZE] == columns.entries
            done = stop
        if same:
            index._ids, index._marks = self._ids, self._marks
        else:
            index._ids = b"".join((*parts, ids[done * ENTRY_ID_SIZE :]))
        return index

    def _matches(self, digits: str) -> list[int]:
        whole = bytes.fromhex(digits[: len(digits) // 2 * 2])
        found = self._beginning_with(whole)
        if len(digits) % 2:
            found = (position for position in found if self._id(position).hex().startswith(digits))
        return list(islice(found, SHOWN))

    def _beginning_with(self, start: bytes) -> Iterator[int]:
        """Yield the positions of the entries whose id begins with ``start``: two bytes or more."""
        ids, marks = self._load()
        mark = chr(start[0] | (start[1] & 0x7F) << 8)
        at, strays = marks.find(mark), 0
        while at >= 0 and strays < STRAYS:
            if ids.startswith(start, at * ENTRY_ID_SIZE):
                yield at
            else:
                strays += 1
            at = marks.find(mark, at + 1)
        byte = ids.find(start, at * ENTRY_ID_SIZE) if at >= 0 else -1
        while byte >= 0:
            position, beyond = divmod(byte, ENTRY_ID_SIZE)
            if not beyond:
                yield position
            byte = ids.find(start, (position + 1) * ENTRY_ID_SIZE)

    def _id(self, position: int) -> bytes:
        ids, _ = self._load()
        return ids[position * ENTRY_ID_SIZE : (position + 1) * ENTRY_ID_SIZE]

    def _load(self) -> tuple[bytes, str]:
        if self._ids is None:
            self._ids = b"".join(_leaf_ids(self._tree, self._objects))
        if self._marks is None:
            self._marks = _marks(self._ids)
        return self._ids, self._marks


def _leaf_ids(tree: Tree, objects: ObjectStore) -> Iterator[bytes]:
    """Yield the ids of the entries, leaf by leaf."""
    if not tree.root.height:
        yield from (tree.leaf(ref).entries for ref in tree.leaves())
        return
    with RecordSource(objects, Kind.LEAF) as source:
        for ref in tree.pages(1):
            page = tree.inner(ref)
            for data, count in zip(source.records(page.pages), page.counts, strict=True):
                entries = _entries_of(data)
                if len(entries) != count * ENTRY_ID_SIZE:
                    raise DamagedError(
                        "a stored page has not the entries its parent says", hint="run: rtstore fsck"
                    )
                yield entries


class _FirstColumn(msgspec.Struct, array_like=True, gc=False):
    """A leaf page, of which nothing but the ids is looked at."""

    entries: bytes


_decode: Final = msgspec.msgpack.Decoder(_FirstColumn).decode


def _entries_of(leaf: bytes) -> bytes:
    try:
        return _decode(leaf).entries
    except msgspec.DecodeError as error:
        raise DamagedError(f"a stored leaf cannot be read: {error}", hint="run: rtstore fsck") from error


def _marks(ids: bytes) -> str:
    """Return a character for every id: 15 of its first 16 bits, which no surrogate has."""
    text = bytearray(len(ids) // ENTRY_ID_SIZE * 2)
    text[0::2] = ids[0::ENTRY_ID_SIZE]
    text[1::2] = ids[1::ENTRY_ID_SIZE].translate(_SEVEN_BITS)
    return text.decode("utf-16-le")
