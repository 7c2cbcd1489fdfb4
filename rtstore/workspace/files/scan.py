"""Scanning a working file: what is still as it was seen, and the lines in place of the rest.

Ranges that have the same bytes are skipped at the speed of hashing. Where one differs, lines are parsed until
one begins a known range that is there unchanged.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from io import FileIO
from itertools import accumulate
from typing import Final, Protocol

import msgspec
from blake3 import blake3

from rtstore.errors import InputError
from rtstore.formats.array import parse_array
from rtstore.formats.heads import NO_CLAIM
from rtstore.formats.jsonl import BOM, Batch, LineParser, too_large, usual_separator
from rtstore.formats.problems import MAX_RECORD
from rtstore.history.stamps import Run
from rtstore.history.tree import Tree
from rtstore.model.objects import Framing
from rtstore.workspace.files.known_records import KnownRecords
from rtstore.workspace.files.ranges import Ranges, cut_ranges
from rtstore.workspace.files.reading import read_at

CHUNK: Final = 1 << 20


class RecordSink(Protocol):
    """Where the records of a scan are stored."""

    def begin_file(self) -> None:
        """Know that what comes next is another file, or the same one once more."""
        ...

    def add_run(
        self,
        records: Sequence[bytes],
        ids: Sequence[bytes],
        text: bytes | memoryview | None = None,
        distinct: bool = False,
    ) -> None:
        """Take records with their ids.

        ``text``, if given, begins with all of them, each followed by a newline; ``distinct``: none of this file's
        so far is there twice.
        """
        ...


class Kept(msgspec.Struct, frozen=True):
    """Ranges ``first`` to ``last`` are as they were: the entries ``start`` to ``stop`` of the known dataset."""

    first: int
    last: int
    start: int
    stop: int


class Lines(msgspec.Struct):
    """Lines that stand in place of the entries ``start`` to ``stop`` of the known dataset.

    ``records`` and ``claims``: 32 and 16 bytes a line; ``stamps``: run-length coded; ``offsets`` and
    ``sizes``: where the text of each line is in the file; ``separators``: the unusual ones, by line.
    """

    start: int
    stop: int = 0
    records: bytearray = msgspec.field(default_factory=bytearray)
    claims: bytearray = msgspec.field(default_factory=bytearray)
    stamps: list[Run] = msgspec.field(default_factory=list)
    offsets: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    sizes: array[int] = msgspec.field(default_factory=lambda: array("I"))
    separators: dict[int, bytes] = msgspec.field(default_factory=dict)
    ranges: Ranges = msgspec.field(default_factory=Ranges)
    distinct: bool = False

    def __len__(self) -> int:
        return len(self.sizes)


class Scanned(msgspec.Struct):
    """A whole file: its parts in order, what is around the records, and its ranges for the next scan."""

    parts: list[Kept | Lines]
    framing: Framing

    def ranges(self, known: Ranges) -> Ranges:
        """Return the ranges of the file as it is now."""
        result = Ranges()
        for part in self.parts:
            result.extend(known.between(part.first, part.last) if isinstance(part, Kept) else part.ranges)
        return result if result.exact else Ranges(exact=False)


class LineScanner:
    """Scans one JSONL file. ``known`` are its ranges when it was the dataset ``tree`` with ``framing``."""

    def __init__(
        self,
        file: FileIO,
        parser: LineParser,
        sink: RecordSink | None,
        tree: Tree | None = None,
        framing: Framing | None = None,
        known: Ranges | None = None,
    ) -> None:
        self._file = file
        self._parser = parser
        self._sink = sink
        self._tree = tree
        self._old = framing or Framing()
        self._known = known or Ranges()
        self._starts = self._known.starts()
        self._size = os.fstat(file.fileno()).st_size
        self._firsts: dict[bytes, int] | None = None
        self._head = self._old.head
        self._separator = self._old.separator
        self._tail = self._old.tail
        self._bom = 0
        self._claimed: set[bytes] | None = set() if tree is None and parser.decoder.has_claims else None
        self._parts: list[Kept | Lines] = []

    def scan(self) -> Scanned | None:
        """Scan the file; None when nothing known can be used: scan it again without ``known``.

        Raises:
            InputError: a line is not a record.
        """
        index = offset = 0
        while True:
            kept_from = index
            while index < len(self._known) and self._is_unchanged(index, offset):
                offset += self._known.sizes[index]
                index += 1
            if index > kept_from:
                self._parts.append(Kept(kept_from, index, self._starts[kept_from], self._starts[index]))
            if offset >= self._size and index == len(self._known) and self._parts:
                break
            lines, index, offset = self._parse_gap(index, offset)
            if lines is None:
                return None
            if offset >= self._size and index == len(self._known):
                break
        framing = Framing("jsonl", self._head, self._separator, self._tail, self._old.mode)
        return Scanned(self._parts, framing)

    def _is_unchanged(self, index: int, offset: int) -> bool:
        size = self._known.sizes[index]
        at_end = offset + size >= self._size
        if index + 1 == len(self._known) and not at_end and self._old.tail != self._old.separator:
            return False
        if index + 1 < len(self._known) and at_end:
            return False  # it has become the last: what follows its last record is now the tail
        return blake3(self._read(offset, size)).digest() == self._known.hash(index)

    def _parse_gap(self, index: int, offset: int) -> tuple[Lines | None, int, int]:
        """Parse lines until a known range begins or the file ends; return them and where to go on."""
        lines = Lines(self._starts[index])
        if offset == 0 and not self._begin():
            return None, 0, 0
        records = KnownRecords(self._tree, lines.start)
        want = 1 << 16 if len(self._known) else CHUNK
        position = offset
        while True:
            data = self._read(position, want)
            at_end = position + len(data) >= self._size
            cut = len(data) if at_end else data.rfind(b"\n") + 1
            if cut or at_end:
                batch = self._parse(data, position, at_end)
                if batch.lead and position == offset != 0:
                    return self._parse_gap_before(index, offset)
                found = self._find_known(batch, index, position, len(lines), records)
                take = len(batch.ids) if found is None else found[0]
                self._take(lines, batch, take, data, position, records)
                if found is not None:
                    return self._close(lines, found[1], found[2])
                position += cut
            if at_end:
                self._end(lines)
                return self._close(lines, len(self._known), position)
            if not cut and want > MAX_RECORD:
                raise too_large(self._parser.path, self._lines_before(position) + 1)
            want = min(2 * want, CHUNK) if cut else 2 * want

    def _close(self, lines: Lines, index: int, offset: int) -> tuple[Lines, int, int]:
        whole = len(self._tree) if self._tree is not None else 0
        lines.stop = self._starts[index] if len(self._known) else whole
        self._parts.append(lines)
        return lines, index, offset

    def _begin(self) -> bool:
        """Read what is before the first record; False when the file's usual separator is another than known."""
        start = self._start()
        separator = usual_separator(start.removeprefix(BOM))
        if len(self._known) and separator != self._separator:
            return False
        self._separator = separator
        self._head = BOM if start.startswith(BOM) else b""
        self._bom = len(self._head)
        return True

    def _start(self) -> bytes:
        """Read the start of the file, with all of its first record unless that is too large anyway."""
        size = CHUNK
        while True:
            start = self._read(0, size)
            if len(start) < size or b"\n" in start.lstrip() or size > MAX_RECORD:
                return start
            size *= 4

    def _parse_gap_before(self, index: int, offset: int) -> tuple[Lines | None, int, int]:
        """A gap begins with blank lines: they belong to the record before, so take its range again."""
        return self._parse_gap(*self._take_back(index, offset))

    def _take_back(self, index: int, offset: int) -> tuple[int, int]:
        kept = self._parts.pop()
        assert isinstance(kept, Kept)  # two gaps never touch
        if kept.last - kept.first > 1:
            self._parts.append(Kept(kept.first, kept.last - 1, kept.start, self._starts[kept.last - 1]))
        # A gap before may have skipped known ranges, so the range before is the one last kept.
        return kept.last - 1, offset - self._known.sizes[kept.last - 1]

    def _parse(self, text: bytes, position: int, at_end: bool) -> Batch:
        if position == 0:
            text = text.removeprefix(BOM)
        try:
            return self._parser.parse(text, 1, self._separator, at_end)
        except InputError:
            # Only now is it worth knowing which line of the file this is.
            return self._parser.parse(text, self._lines_before(position) + 1, self._separator, at_end)

    def _lines_before(self, position: int) -> int:
        count = 0
        for offset in range(0, position, CHUNK):
            count += self._read(offset, min(CHUNK, position - offset)).count(b"\n")
        return count

    def _find_known(
        self, batch: Batch, index: int, position: int, parsed: int, records: KnownRecords
    ) -> tuple[int, int, int] | None:
        """Find a line of the batch where a known range begins that is there unchanged: (line, range, offset).

        Not one that is far away and begins with a record that is there nearer, too: where conversations are
        repeated, that would skip all that lies between.
        """
        if not len(self._known):
            return None
        if self._firsts is None:
            self._firsts = self._known.first_records()
        ends: list[int] | None = None
        for line, id in enumerate(batch.ids):
            candidate = self._firsts.get(id, -1)
            if candidate < index or not (line or parsed):
                continue
            ends = ends or self._ends(batch, position)
            offset = position + ends[line]
            if records.has_nearer(id, self._starts[candidate], parsed + len(batch.ids)):
                continue
            if self._is_unchanged(candidate, offset):
                return line, candidate, offset
        return None

    def _ends(self, batch: Batch, position: int) -> list[int]:
        """Return where each line of a batch starts in its text, and where the last one ends."""
        usual = len(self._separator)
        lead = len(batch.lead) + (self._bom if position == 0 else 0)
        if not batch.separators:
            return list(accumulate(map(usual.__add__, batch.sizes), initial=lead))
        odd = batch.separators
        lengths = (size + len(odd.get(line, self._separator)) for line, size in enumerate(batch.sizes))
        return list(accumulate(lengths, initial=lead))

    def _take(
        self, lines: Lines, batch: Batch, count: int, text: bytes, position: int, known: KnownRecords
    ) -> None:
        """Add the first ``count`` lines of a batch to the gap, and their records to the sink."""
        if batch.lead:
            self._take_lead(lines, batch)
        if not count:
            return
        ends = self._ends(batch, position)
        before = len(lines)
        ids = batch.ids[:count]
        lines.records += b"".join(ids)
        if batch.claims is not None:
            lines.claims += b"".join(batch.claims[:count])
            self._note_claims(batch.claims)
        add_stamps(lines.stamps, batch.stamps[:count] if batch.stamps else None, count)
        lines.offsets.extend([position + start for start in ends[:count]])
        lines.sizes.extend(batch.sizes[:count])
        lines.separators.update((before + i, odd) for i, odd in batch.separators.items() if i < count)
        lines.ranges.extend(cut_ranges(text, ends[1 : count + 1], ids))
        self._store(batch, count, ids, known, len(lines))

    def _note_claims(self, claims: list[bytes]) -> None:
        """Find out whether all claims differ; of a file nothing is known of, since there they decide alone."""
        if self._claimed is not None:
            before = len(self._claimed)
            self._claimed.update(claims)
            if len(self._claimed) - before != len(claims) or NO_CLAIM in self._claimed:
                self._claimed = None

    def _take_lead(self, lines: Lines, batch: Batch) -> None:
        if len(lines):
            last = len(lines) - 1
            lines.separators[last] = lines.separators.get(last, self._separator) + batch.lead
            lines.ranges.exact = False
        else:
            self._head += batch.lead
            if not batch.ids:  # the first range would begin behind it, and not know of it
                lines.ranges.exact = False

    def _store(self, batch: Batch, count: int, ids: list[bytes], known: KnownRecords, lines: int) -> None:
        if self._sink is None:
            return
        fresh = known.unknown(ids, lines)
        if fresh is None:
            text = batch.text if count == len(batch.ids) else None
            self._sink.add_run(batch.records[:count], ids, text, distinct=self._claimed is not None)
        elif fresh:
            self._sink.add_run([batch.records[i] for i in fresh], [ids[i] for i in fresh])

    def _end(self, lines: Lines) -> None:
        """The file ends here: what follows the last record is the tail."""
        if len(lines):
            self._tail = lines.separators.pop(len(lines) - 1, self._separator)
            lines.distinct = self._claimed is not None and len(self._claimed) == len(lines)
        else:
            self._tail = b""

    def _read(self, offset: int, size: int) -> bytes:
        return read_at(self._file, offset, size)


def add_stamps(runs: list[Run], stamps: Sequence[tuple[bytes, ...]] | None, count: int) -> None:
    """Append the stamps of ``count`` entries to run-length coded ones; None: none of them has any."""
    for values in stamps if stamps is not None else ((),):
        length = 1 if stamps is not None else count
        if runs and runs[-1][1] == values:
            runs[-1] = (runs[-1][0] + length, values)
        else:
            runs.append((length, values))


def scan_array(
    file: FileIO,
    parser: LineParser,
    sink: RecordSink | None,
    tree: Tree | None,
    framing: Framing,
    known: Ranges,
) -> Scanned:
    """Scan a JSON array: unchanged as a whole, or parsed as a whole.

    Raises:
        InputError: it is not an array of records.
    """
    data = read_at(file, 0, os.fstat(file.fileno()).st_size + 1)
    digest = blake3(data).digest()
    if len(known) == 1 and known.hashes == digest:
        return Scanned([Kept(0, 1, 0, known.counts[0])], framing)
    elements = parse_array(data, parser)
    batch = elements.batch
    lines = Lines(0, len(tree) if tree else 0, bytearray(b"".join(batch.ids)))
    if batch.claims is not None:
        lines.claims += b"".join(batch.claims)
    add_stamps(lines.stamps, batch.stamps, len(batch.ids))
    lines.offsets.extend(elements.offsets)
    lines.sizes.extend(batch.sizes)
    lines.separators = dict(batch.separators)
    if batch.ids:
        lines.ranges = Ranges([len(batch.ids)], [len(data)], digest, batch.ids[0])
    if sink is not None:
        fresh = KnownRecords(tree, 0).unknown(batch.ids, len(batch.ids))
        if fresh is None:
            sink.add_run(batch.records, batch.ids)
        elif fresh:
            sink.add_run([batch.records[i] for i in fresh], [batch.ids[i] for i in fresh])
    return Scanned([lines], Framing("array", elements.head, elements.separator, elements.tail, framing.mode))
