"""From scanned lines to the entries of a dataset: alignment, the new tree, the new stamps."""

from __future__ import annotations

from collections.abc import Sequence

from rtstore.compare.identity.align import Notice, assign
from rtstore.compare.identity.gaps import Gap
from rtstore.errors import InputError
from rtstore.formats.heads import NO_CLAIM, HeadDecoder
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.stamps import Run
from rtstore.history.tree import Tree
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.jsontext import loads
from rtstore.workspace.files.scan import Kept, Lines, Scanned
from rtstore.workspace.files.stamps import join_runs, slice_runs
from rtstore.workspace.files.texts import LineTexts, Storage

E = ENTRY_ID_SIZE
R = OBJECT_ID_SIZE


class Identification:
    """Gives the lines of a scan their entries, against the tree of the dataset the file was known to be."""

    def __init__(self, storage: Storage, tree: Tree, scanned: Scanned, texts: LineTexts) -> None:
        self._storage = storage
        self._tree = tree
        self._texts = texts
        self.parts = scanned.parts
        self.gaps: dict[int, Gap] = {
            number: Gap(
                part.start,
                self._columns(part.start, part.stop),
                part.records,
                part.claims,
                part.distinct,
                whole=len(scanned.parts) == 1,
            )
            for number, part in enumerate(scanned.parts)
            if isinstance(part, Lines)
        }
        self._numbers = list(self.gaps)
        self._decoder: HeadDecoder | None = None

    def align(self) -> list[tuple[int, bytes]]:
        """Fill the entries of every gap; return (position, claimed id) of lines that did not get their id."""
        notices = assign(list(self.gaps.values()), self, self._used_elsewhere)
        return [(self._position(notice), notice.claim) for notice in notices]

    def ignore_claims(self) -> None:
        """Take back the dataset's id field: every line counts as without a claim."""
        for gap in self.gaps.values():
            gap.claims = bytearray()

    def has_line_without_claim(self) -> bool:
        """Tell whether any line lacks the id field."""
        return any(
            gap.claim(line) == NO_CLAIM
            for gap in self.gaps.values()
            if len(gap.claims) != len(gap) * E or NO_CLAIM in bytes(gap.claims)
            for line in range(len(gap))
        )

    def known(self, gap: int, index: int) -> bytes:
        """Return the record of a known entry (for the alignment)."""
        return self._storage.read(Kind.RECORD, self.gaps[self._numbers[gap]].known_record(index))

    def known_claim(self, gap: int, index: int) -> bytes:
        """Return the entry id that the record of a known entry claims (for the alignment)."""
        if self._decoder is None:
            self._decoder = HeadDecoder(self._texts.settings)
        try:
            return self._decoder.claim_in(loads(self._texts.volatile.readable(self.known(gap, index))))
        except InputError:  # too deep to be looked into from here
            return NO_CLAIM

    def line(self, gap: int, line: int) -> bytes:
        """Return the record of a line (for the alignment)."""
        return self._texts.volatile.cut(self._texts.line(self._numbers[gap], line))[0]

    def splices(self) -> list[Splice]:
        """Return what to replace in the known tree, each as short as it can be."""
        found = []
        for number, gap in self.gaps.items():
            lines = self.parts[number]
            assert isinstance(lines, Lines)
            columns = Columns(gap.entries, gap.records, self._annotations(gap), dict(lines.separators))
            trimmed = _trimmed(gap, columns)
            if trimmed is not None:
                found.append(trimmed)
        return found

    def stamps(self, known: Sequence[Run]) -> tuple[Run, ...]:
        """Return the stamps of the whole file, given those of the known dataset."""
        return join_runs(
            run
            for part in self.parts
            for run in (part.stamps if isinstance(part, Lines) else slice_runs(known, part.start, part.stop))
        )

    def _annotations(self, gap: Gap) -> dict[int, bytes]:
        """Return the annotations of a gap's entries: those they had."""
        if not gap.known.annotations and len(self.gaps) == 1:
            return {}
        if gap.entries == gap.known.entries:
            return dict(gap.known.annotations)
        had = {
            bytes(other.known.entries[index * E : index * E + E]): annotation
            for other in self.gaps.values()
            for index, annotation in other.known.annotations.items()
        }
        entries = (bytes(gap.entries[at : at + E]) for at in range(0, len(gap.entries), E))
        return {index: had[entry] for index, entry in enumerate(entries) if entry in had}

    def _columns(self, start: int, stop: int) -> Columns:
        columns = Columns()
        if start < stop:
            for ref in self._tree.leaves(start):
                if ref.start >= stop:
                    break
                columns.extend_from_page(
                    self._tree.leaf(ref), max(start - ref.start, 0), min(stop - ref.start, ref.count)
                )
        return columns

    def _used_elsewhere(self, ids: set[bytes]) -> set[bytes]:
        used: set[bytes] = set()
        for part in self.parts if ids else ():
            if isinstance(part, Kept):
                used |= ids.intersection(self._ids_between(part.start, part.stop))
        return used

    def _ids_between(self, start: int, stop: int) -> list[bytes]:
        entries = bytes(self._columns(start, stop).entries)
        return [entries[at : at + E] for at in range(0, len(entries), E)]

    def _position(self, notice: Notice) -> int:
        before = self.parts[: self._numbers[notice.gap]]
        return notice.line + sum(
            part.stop - part.start if isinstance(part, Kept) else len(part) for part in before
        )


def _trimmed(gap: Gap, columns: Columns) -> Splice | None:
    """Return the splice without what is equal at both ends; None when all is."""
    old, new = gap.known, columns
    if (
        old.records == new.records
        and old.entries == new.entries
        and old.annotations == new.annotations
        and old.separators == new.separators
    ):
        return None
    low, high = 0, min(len(old), len(new))
    while low < high and _equal(old, low, new, low):
        low += 1
    end = 0
    while end < high - low and _equal(old, len(old) - 1 - end, new, len(new) - 1 - end):
        end += 1
    if low == len(old) - end and low == len(new) - end:
        return None
    return Splice(gap.start + low, gap.start + len(old) - end, new.slice(low, len(new) - end))


def _equal(a: Columns, i: int, b: Columns, j: int) -> bool:
    return (
        a.records[i * R : i * R + R] == b.records[j * R : j * R + R]
        and a.entries[i * E : i * E + E] == b.entries[j * E : j * E + E]
        and a.annotations.get(i) == b.annotations.get(j)
        and a.separators.get(i) == b.separators.get(j)
    )
