"""Reading many records in the order they were written, as a checkout does.

Records of neighbours lie next to each other in a pack, so after one has been looked up, the next is guessed to
be the one behind it; comparing it with its id, which has to be done anyway, tells whether it is. Blocks ahead are
decompressed on a second thread.
"""

from __future__ import annotations

from array import array
from contextlib import suppress
from functools import partial
from itertools import takewhile
from queue import SimpleQueue
from threading import Thread
from typing import Final

from rtstore.errors import DamagedError, StorageError
from rtstore.model.ids import OBJECT_ID_SIZE, Kind, object_id, record_hasher
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import Block, Encoding, Pack, id_prefixes

#: Blocks decompressed ahead.
AHEAD: Final = 4
#: A pack that has no more than so many times the objects that are going to be read is looked at as a whole: hashing
#: its compressed bytes at once takes a tenth of the time that hashing its objects one by one does.
_SHARE: Final = 4


class RecordSource:
    """Gives records by id; quickest in the order they were written. Close it to stop its thread.

    With another ``kind`` it gives objects of that kind. ``expected`` is how many are going to be read, if that is
    known: a pack that is read for the most part is compared with its own checksum once, not object by object.
    """

    def __init__(self, store: ObjectStore, kind: Kind = Kind.RECORD, expected: int = 0) -> None:
        self._store = store
        self._expected = expected
        self._checks: dict[str, PackCheck] = {}
        self._kind = kind
        self._digest = record_hasher() if kind is Kind.RECORD else partial(object_id, kind)
        self._reader = ReadAhead()
        self._data = b""
        self._bounds: list[tuple[int, int]] = []
        self._next = 0
        self._pack: Pack | None = None
        self._block = 0
        self._misses = 1
        self._columns: dict[str, array[int]] = {}

    def __enter__(self) -> RecordSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        for check in self._checks.values():
            check.wait()

    def records(self, ids: bytes) -> list[bytes]:
        """Return the records with these ids, 32 bytes each.

        Raises:
            DamagedError: one is missing or damaged.
        """
        if self._kind is not Kind.RECORD or not (self._expected or self._store.is_believing()):
            return self._compared(ids)
        found: list[bytes] = []
        while True:
            found += self._believed(ids[len(found) * OBJECT_ID_SIZE :])
            at = len(found) * OBJECT_ID_SIZE
            if at >= len(ids):
                return found
            found += self._compared(ids[at : at + OBJECT_ID_SIZE])

    def _compared(self, ids: bytes) -> list[bytes]:
        """Return records, each compared with its id."""
        found = []
        digest = self._digest
        data, bounds, place = self._data, self._bounds, self._next
        for at in range(0, len(ids), OBJECT_ID_SIZE):
            id = ids[at : at + OBJECT_ID_SIZE]
            if place == len(bounds) and self._go_on():
                data, bounds, place = self._data, self._bounds, self._next
            if place < len(bounds):
                start, end = bounds[place]
                record = data[start:end]
                if digest(record) == id:
                    place += 1
                    self._misses = 0
                    found.append(record)
                    continue
            self._next = place
            found.append(self._look_up(id))
            data, bounds, place = self._data, self._bounds, self._next
        self._next = place
        return found

    def _believed(self, ids: bytes) -> list[bytes]:
        """Return the first of these records, as far as they follow each other in a pack that may be believed.

        There the index tells them: they were compared with their ids when it was written.
        """
        pack = self._pack
        if pack is None or not (self._store.is_own(pack) or self._is_sound(pack)):
            return []
        if pack.name not in self._columns:
            self._columns[pack.name] = pack.column()
        start, count = pack.block(self._block).first + self._next, len(ids) // OBJECT_ID_SIZE
        here, wanted = self._columns[pack.name][start : start + count], id_prefixes(ids)
        if here != wanted:
            count = sum(
                1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(here, wanted, strict=False))
            )
        found: list[bytes] = []
        while len(found) < count and (self._next < len(self._bounds) or self._go_on()):
            bounds = self._bounds[self._next : self._next + count - len(found)]
            data = self._data
            found += [data[start:end] for start, end in bounds]
            self._next += len(bounds)
            self._misses = 0
        return found

    def _is_sound(self, pack: Pack) -> bool:
        """Tell whether a pack is known to be what was written; if that is worth the time, it is being found out."""
        if self._expected * _SHARE < pack.objects:
            return False
        check = self._checks.get(pack.name)
        if check is None:
            check = self._checks[pack.name] = PackCheck(pack)
        return check.sound

    def _go_on(self) -> bool:
        """Move to the next block of the pack, if it holds objects of the kind."""
        if self._pack is None or self._block + 1 >= self._pack.block_count:
            return False
        try:
            return self._enter(self._pack, self._block + 1)
        except DamagedError:
            self._pack = None  # nobody may want what is in it, or it may be in another pack too
            return False

    def _enter(self, pack: Pack, index: int) -> bool:
        block = pack.block(index)
        if not self._is_ours(block) or block.first == block.end:
            return False
        self._data = self._reader.plain(pack, index)
        self._bounds = pack.bounds(block)
        self._pack, self._block, self._next = pack, index, 0
        return True

    def _look_up(self, id: bytes) -> bytes:
        """Return a record that is not where it was guessed to be.

        A single stray (an edited entry) is read without leaving the place; after two in a row the place moves. One
        that is further on in the same block (behind one that was edited, or is gone) is no stray.
        """
        here = self._further_on(id)
        if here is not None:
            self._misses = 0
            return here
        self._misses += 1
        for pack in self._store.packs():
            for number in pack.find(id):
                if self._is_at(pack, number):
                    data = self._at(number - pack.block(self._block).first)
                    if object_id(self._kind, data) == id:
                        self._misses = 0
                        return data
        return self._store.read(self._kind, id)

    def _further_on(self, id: bytes) -> bytes | None:
        """Return a record if it is the second next: what was to be next has another version now, somewhere else."""
        place = self._next + 1
        if place >= len(self._bounds):
            return None
        start, end = self._bounds[place]
        data = self._data[start:end]
        if object_id(self._kind, data) != id:
            return None
        self._next = place + 1
        return data

    def _at(self, place: int) -> bytes:
        start, end = self._bounds[place]
        self._next = place + 1
        return self._data[start:end]

    def _is_at(self, pack: Pack, number: int) -> bool:
        """Tell whether the place is in the block of an object, or has moved there; a damaged one is left to the
        careful reader."""
        try:
            index = pack.block_of(number)
            here = pack is self._pack and index == self._block
            return here or (self._misses > 1 and self._enter(pack, index))
        except DamagedError:
            return False

    def _is_ours(self, block: Block) -> bool:
        return block.kind is self._kind and block.encoding is not Encoding.DELTAS


class PackCheck:
    """Compares a pack with its checksum, on a thread of its own. ``sound`` is False until that is done, and good."""

    def __init__(self, pack: Pack) -> None:
        self.sound = False
        self._pack = pack
        self._thread = Thread(target=self._work, name="rtstore-pack-check", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when it is done."""
        self._thread.join()

    def _work(self) -> None:
        # One that cannot be read is not sound; who reads an object of it gets the error.
        with suppress(DamagedError, StorageError):
            self.sound = not self._pack.verify()


class ReadAhead:
    """Decompresses the blocks of a pack one after the other, some ahead of their reader."""

    def __init__(self) -> None:
        self._pack: Pack | None = None
        self._next = 0
        self._results: SimpleQueue[bytes | BaseException] = SimpleQueue()
        self._orders: SimpleQueue[tuple[Pack, Block] | None] = SimpleQueue()
        self._ordered = 0
        self._thread: Thread | None = None

    def plain(self, pack: Pack, index: int) -> bytes:
        """Return the plain bytes of a block, and begin with those behind it when the reading is in order."""
        if pack is self._pack and index == self._next:
            result = self._take(pack, index)
            if isinstance(result, BaseException):
                raise result
            return result
        self._drain()
        self._pack, self._next, self._ordered = pack, index + 1, index + 1
        return pack.plain(pack.block(index))

    def close(self) -> None:
        """Stop the thread."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()
            self._thread = None

    def _take(self, pack: Pack, index: int) -> bytes | BaseException:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="rtstore-read-ahead", daemon=True)
            self._thread.start()
        while self._ordered <= index + AHEAD and self._ordered < pack.block_count:
            self._orders.put((pack, pack.block(self._ordered)))
            self._ordered += 1
        self._next = index + 1
        return self._results.get()

    def _drain(self) -> None:
        """Drop what was decompressed for a reader that has gone elsewhere."""
        while self._ordered > self._next:
            self._results.get()
            self._next += 1

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            pack, block = order
            try:
                self._results.put(pack.plain(block))
            except BaseException as error:  # handed to the other thread, which waits for it and raises it
                self._results.put(error)
