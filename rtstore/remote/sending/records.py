"""Records on their way out: whole blocks of the store as they are, what is left over compressed anew."""

from __future__ import annotations

from rtstore.errors import DamagedError, MissingObjectError
from rtstore.model.ids import OBJECT_ID_SIZE, Kind
from rtstore.remote.format.part import Group, PartBuilder, Sent
from rtstore.storage.locate import Locator, Run
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import PREFIX_SIZE, Block, Encoding, Pack, id_prefixes

#: Records that may wait for the rest of their block.
WAITING = 4096


class RecordSender:
    """Gives records to a part builder, each once. Call ``flush`` at the end."""

    def __init__(self, store: ObjectStore, builder: PartBuilder) -> None:
        self._store = store
        self._builder = builder
        self._locator = Locator(store)
        #: By pack: for each of its objects whether the other side has it. A set of a million ids would take 110 MB.
        self._done: dict[str, bytearray] = {}
        self._sound: set[str] = set()
        self._waiting: Run | None = None
        #: Ids that cannot be told by their beginning, and those of them that the other side has.
        self._alike = self._locator.alike()
        self._alike_done: set[bytes] = set()

    def mark(self, ids: bytes) -> None:
        """Note that the other side has these records, 32 bytes an id."""
        alike, ids = self._divided(ids)
        self._alike_done.update(alike)
        for run in self._locator.runs(ids):
            if isinstance(run, Run):
                self._done_of(run.pack)[run.number : run.stop] = b"\1" * (run.stop - run.number)

    def want(self, ids: bytes) -> None:
        """Send those of these records that the other side does not have.

        Raises:
            MissingObjectError: the store does not have one.
            DamagedError: what it has is damaged.
        """
        alike, ids = self._divided(ids)
        for id in alike:
            if id not in self._alike_done:
                self._alike_done.add(id)
                self._builder.add(Sent.RECORD, id, self._store.read(Kind.RECORD, id))
        for run in self._locator.runs(ids):
            if not isinstance(run, Run):
                raise MissingObjectError(f"record {run.hex()[:16]} is missing", hint="run: rtstore fsck")
            for fresh in self._fresh(run):
                self._add(fresh)

    def _divided(self, ids: bytes) -> tuple[list[bytes], bytes]:
        """Return those of the ids that begin like others, and the rest."""
        if not self._alike or self._alike.isdisjoint(id_prefixes(ids)):
            return [], ids
        alike: list[bytes] = []
        rest: list[bytes] = []
        for id in _each(ids):
            (alike if int.from_bytes(id[:PREFIX_SIZE], "big") in self._alike else rest).append(id)
        return alike, b"".join(rest)

    def flush(self) -> None:
        """Send what waits for the rest of its block."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._send(waiting)

    def _fresh(self, run: Run) -> list[Run]:
        """Return the stretches of a run that were not sent, and note them as sent."""
        done = self._done_of(run.pack)
        flags = done[run.number : run.stop]
        done[run.number : run.stop] = b"\1" * len(flags)
        found = []
        start = flags.find(0)
        while start >= 0:
            stop = flags.find(1, start)
            stop = len(flags) if stop < 0 else stop
            found.append(_part_of(run, run.number + start, run.number + stop))
            start = flags.find(0, stop)
        return found

    def _add(self, run: Run) -> None:
        waiting = self._waiting
        if waiting is not None and waiting.pack is run.pack and waiting.stop == run.number:
            self._waiting = Run(run.pack, waiting.number, waiting.ids + run.ids)
        else:
            self.flush()
            self._waiting = run
        waiting = self._waiting
        if waiting.stop - waiting.number > WAITING:
            first = waiting.pack.block(waiting.pack.block_of(waiting.stop - 1)).first
            if first > waiting.number:
                self._send(_part_of(waiting, waiting.number, first))
                self._waiting = _part_of(waiting, first, waiting.stop)

    def _send(self, run: Run) -> None:
        number = run.number
        while number < run.stop:
            block = run.pack.block(run.pack.block_of(number))
            stop = min(block.end, run.stop)
            part = _part_of(run, number, stop)
            if stop - number == block.end - block.first and block.encoding is Encoding.ZSTD:
                self._send_block(part, block)
            else:
                for id in _each(part.ids):
                    self._builder.add(Sent.RECORD, id, self._store.read(Kind.RECORD, id))
            number = stop

    def _send_block(self, run: Run, block: Block) -> None:
        self._check(run.pack)
        if block.kind is not Kind.RECORD:
            raise run.pack.damaged("its index is wrong about a record")
        sizes = [end - start for start, end in run.pack.bounds(block)]
        kinds = bytes((Sent.RECORD,)) * len(sizes)
        self._builder.add_group(Group(kinds, run.ids, sizes, run.pack.stored(block), block.plain))

    def _check(self, pack: Pack) -> None:
        """Compare a pack with its checksum, once: what goes out as it is is not looked at otherwise."""
        if pack.name not in self._sound:
            for problem in pack.verify():
                raise DamagedError(problem, hint="run: rtstore fsck")
            self._sound.add(pack.name)

    def _done_of(self, pack: Pack) -> bytearray:
        done = self._done.get(pack.name)
        if done is None:
            done = self._done[pack.name] = bytearray(pack.objects)
        return done


def _part_of(run: Run, start: int, stop: int) -> Run:
    first, end = start - run.number, stop - run.number
    return Run(run.pack, start, run.ids[first * OBJECT_ID_SIZE : end * OBJECT_ID_SIZE])


def _each(ids: bytes) -> list[bytes]:
    return [ids[at : at + OBJECT_ID_SIZE] for at in range(0, len(ids), OBJECT_ID_SIZE)]
