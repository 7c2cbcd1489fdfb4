"""JSONL: one record a line, ended by ``\\n`` alone (each ``\\r`` before it belongs to the line's ending).

Blank lines are not records: their bytes belong to the separator before them, or to the head of the file. The parser
works on batches of whole lines, several MB at a time: a fast path for batches in which nothing is odd, and a
careful one, line by line, which also finds out what exactly is wrong.
"""

from __future__ import annotations

from codecs import utf_8_decode
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from rtstore.errors import InputError
from rtstore.formats.heads import HeadDecoder
from rtstore.formats.problems import MAX_RECORD, explain, utf8_problem, warnings_of
from rtstore.model.ids import record_ids
from rtstore.model.jsontext import depth_exceeds_in_lines, loads
from rtstore.model.objects import Settings
from rtstore.model.volatile import Volatile

BOM: Final = b"\xef\xbb\xbf"
#: Bytes of a text that are decoded at a time to see whether they are UTF-8.
PIECE: Final = 64 << 10


class Batch(NamedTuple):
    """The records of consecutive lines.

    ``records``: without volatile values; ``ids``: their record ids; ``claims``: the entry id each claims, if the
    dataset has an id field; ``stamps``: the volatile values of each, if any has some; ``sizes``: the bytes of each line
    without what separates it from the next; ``separators``: by index, those that are not the usual one; ``lead``: bytes
    before the first record; ``text``: begins with all records, each followed by a newline, if they lie so in the file.
    """

    records: list[bytes]
    ids: list[bytes]
    claims: list[bytes] | None
    stamps: list[tuple[bytes, ...]] | None
    sizes: list[int]
    separators: dict[int, bytes]
    lead: bytes = b""
    text: memoryview | None = None


class LineParser:
    """Parses batches of lines of one file under a dataset's settings.

    ``path`` is what error messages call the file.
    """

    def __init__(self, settings: Settings, path: str) -> None:
        self.decoder = HeadDecoder(settings)
        self.volatile = Volatile(settings.volatile)
        self.path = path
        #: What other programs may refuse in a record that was parsed; None if nothing was found.
        self.note: str | None = None

    def parse(self, text: bytes, line: int, separator: bytes, at_end: bool = True) -> Batch:
        """Parse the lines of a text. ``line`` is the number of the first, from 1.

        The last line may lack its newline ``at_end`` of the file; elsewhere it counts as incomplete and is left out.

        Raises:
            InputError: a line is not a JSON object in UTF-8; the error says which and where.
        """
        lines = _usual_lines(text, separator, at_end)
        if lines is not None:
            batch = self._parse_usual(text, lines, separator)
            if batch is not None:
                return batch
        if not at_end:
            text = text[: text.rfind(b"\n") + 1]
        self.check_utf8(text, line)
        return self._parse_carefully(text, line, separator)

    def check_utf8(self, text: bytes, line: int) -> None:
        """Raise ``InputError`` unless a batch is UTF-8."""
        try:
            if not text.isascii():
                text.decode()
        except UnicodeDecodeError:
            raise utf8_problem(text, self.path, line) from None

    def _parse_usual(self, text: bytes, lines: list[bytes], separator: bytes) -> Batch | None:
        decode = self.decoder.decode
        try:
            # The typed decoder does not look at the UTF-8 of what it skips. The last line may end anywhere.
            if not text.isascii():
                _check_utf8(text)
            heads = [decode(line) for line in lines]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        sizes = list(map(len, lines))
        if max(sizes, default=0) > MAX_RECORD or depth_exceeds_in_lines(lines):
            return None
        claims = self.decoder.claims(heads)
        if self.decoder.may_be_volatile(heads):
            cut = list(map(self.volatile.cut, lines))
            records = [record for record, _ in cut]
            return Batch(records, record_ids(records), claims, [values for _, values in cut], sizes, {})
        lies_as_stored = memoryview(text) if separator == b"\n" else None
        return Batch(lines, record_ids(lines), claims, None, sizes, {}, text=lies_as_stored)

    def _parse_carefully(self, text: bytes, first_line: int, separator: bytes) -> Batch:
        lead = bytearray()
        records: list[bytes] = []
        claims: list[bytes] = []
        stamps: list[tuple[bytes, ...]] = []
        sizes: list[int] = []
        endings: list[bytes] = []
        for number, (line, ending) in enumerate(_lines_and_endings(text), first_line):
            if not line.strip(b" \t\r"):
                if endings:
                    endings[-1] += line + ending
                else:
                    lead += line + ending
                continue
            record, claim, values = self._parse_line(line, number)
            records.append(record)
            claims.append(claim)
            stamps.append(values)
            sizes.append(len(line))
            endings.append(ending)
        odd = {index: ending for index, ending in enumerate(endings) if ending != separator}
        has_claims = self.decoder.has_claims
        return Batch(
            records,
            record_ids(records),
            claims if has_claims else None,
            stamps if any(stamps) else None,
            sizes,
            odd,
            lead=bytes(lead),
        )

    def _parse_line(self, line: bytes, number: int) -> tuple[bytes, bytes, tuple[bytes, ...]]:
        problem = explain(line, self.path, number)
        if problem is not None:
            raise problem
        self.note = self.note or warnings_of(line)
        claim = self.decoder.claim_in(loads(line))
        record, values = self.volatile.cut(line)
        return record, claim, values


def usual_separator(text: bytes) -> bytes:
    """Return the ending of the first line that is not blank: the file's usual one."""
    for line, ending in _lines_and_endings(text):
        if line.strip(b" \t\r"):
            return usual_ending(ending)
    return b"\n"


def usual_ending(text: bytes) -> bytes:
    """Return which of the two usual endings the text between two records, or after the last one, begins with."""
    return b"\r\n" if text[: text.find(b"\n") + 1].endswith(b"\r\n") else b"\n"


def too_large(path: str, line: int) -> InputError:
    """Return the error for a record that is longer than any may be."""
    return InputError(f"a record is larger than {MAX_RECORD >> 20} MiB", path=path, line=line)


def _usual_lines(text: bytes, separator: bytes, at_end: bool) -> list[bytes] | None:
    """Split text all of whose lines end in the usual separator; None when some may not."""
    if separator == b"\n":
        if b"\r" in text:
            return None
    elif separator != b"\r\n" or not text.count(b"\r") == text.count(b"\n") == text.count(b"\r\n"):
        return None
    lines = text.split(separator)
    incomplete = lines.pop()
    return None if incomplete and at_end else lines


def _lines_and_endings(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start)
        if end < 0:
            end = len(text)
        # Wherever a record goes, a carriage return at its end would become part of what follows.
        line = text[start:end].rstrip(b"\r")
        yield line, text[start + len(line) : end + 1]
        start = end + 1


def _check_utf8(text: bytes) -> None:
    """Raise ``UnicodeDecodeError`` unless the text, which may end inside a character, is UTF-8."""
    view = memoryview(text)
    start = 0
    # In pieces that stay in the processor's cache: that takes half the time of the batch as a whole.
    while start < len(text):
        _, used = utf_8_decode(view[start : start + PIECE], "strict", False)
        if not used:
            return
        start += used
