"""``csv`` and ``tsv``: a row is an entry, its columns are known by their names or by what the user says."""

from __future__ import annotations

import csv
from codecs import getincrementaldecoder
from collections.abc import Iterator
from itertools import islice
from typing import Final

from rtstore.errors import InputError
from rtstore.formats.jsonl import BOM
from rtstore.formats.problems import MAX_RECORD
from rtstore.formats.sources.base import SAMPLE_SIZE, Found, Options, Reject, Sample
from rtstore.formats.sources.lines import EXCERPT, chunks, lines
from rtstore.formats.sources.records import item, shown, too_large
from rtstore.formats.sources.table import KNOWN, Table

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_SUFFIXES: Final = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
#: Lines of which the delimiter is found.
_LOOKED_AT: Final = 50
_DELIMITERS: Final = ",;\t|"


class CSV:
    """A table as text: UTF-8, or UTF-16 with its mark; what separates the cells is found out.

    Cells are quoted as in RFC 4180. Rows with more or fewer cells than the header are rejects.
    """

    name = "csv"
    title = "CSV file"
    _delimiter: str | None = None

    def recognises(self, sample: Sample) -> bool:
        """Tell a table by its ending, or by a header with several columns that are known."""
        own = _SUFFIXES.get(sample.suffix)
        if own is not None:
            return (own == "\t") == (self._delimiter == "\t")
        header = _head(sample.head).splitlines()[:1]
        delimiter = self._delimiter or _delimiter(header)
        cells = [cell.strip().lower() for cell in _cells(header, delimiter)]
        return delimiter in (self._delimiter or ",;|") and len(KNOWN & {*cells}) > 1

    def read(self, path: str, options: Options) -> Iterator[Found]:
        """Yield an entry for each row."""
        with open(path, "rb") as file:
            head = _head(file.read(SAMPLE_SIZE))
            file.seek(0)
            delimiter = self._delimiter or _delimiter(head.splitlines()[:_LOOKED_AT])
            rows = _Rows(_utf8(chunks(file)), delimiter)
            header = next(rows, None)
            if header is None or isinstance(header, csv.Error):
                what = (
                    "there is no row in it" if header is None else f"the first row cannot be read: {header}"
                )
                raise InputError(what, path=path, hint="The first row names the columns.")
            yield from _Reading(path, header, options).found(rows)


class TSV(CSV):
    """The same with tabs between the cells."""

    name = "tsv"
    title = "TSV file"
    _delimiter = "\t"


class _Reading:
    """Reads the rows below a header."""

    def __init__(self, path: str, header: list[str], options: Options) -> None:
        problem = _bad_byte(header)
        if problem is not None:
            raise InputError(
                f"{problem} in the names of the columns",
                path=path,
                line=1,
                hint="Save the file as UTF-8 and try again.",
            )
        self._table = Table(header, options.columns, path, keeps_shapes=False)

    def found(self, rows: _Rows) -> Iterator[Found]:
        """Yield what the rows are."""
        for row in rows:
            yield from rows.passed_over()
            if isinstance(row, csv.Error):
                yield Reject(rows.place, f"the row cannot be read: {row}", rows.start)
            elif row:
                yield self._row(row, rows.place)
        yield from rows.passed_over()

    def _row(self, row: list[str], place: str) -> Found:
        columns = len(self._table.fields)
        problem = _bad_byte(row)
        if problem is None and len(row) != columns:
            problem = f"it has {len(row)} cells, and the header has {columns}"
        made = problem or self._table.record(dict(enumerate(row)))
        if isinstance(made, str):
            return Reject(
                place, made, "\t".join(row).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            )
        return item(made, place)


class _Rows:
    """The rows of a text. One that cannot be read comes as the error; ``place`` is that of the last one."""

    def __init__(self, pieces: Iterator[bytes], delimiter: str) -> None:
        self._rejects: list[Reject] = []
        self._numbers: list[int] = []
        #: The start of the last row as it is in the file.
        self.start = ""
        self._reader = csv.reader(self._lines(pieces), delimiter=delimiter, strict=True)

    @property
    def place(self) -> str:
        """Return which lines the last row has."""
        first, last = (*self._numbers[:1], 0)[0], (*self._numbers[-1:], 0)[0]
        return f"line {first}" if first == last else f"lines {first} to {last}"

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> list[str] | csv.Error:
        self._numbers.clear()
        before = csv.field_size_limit(MAX_RECORD)  # a setting of the process, so that it is put back
        try:
            return next(self._reader)
        except csv.Error as error:
            return error
        finally:
            csv.field_size_limit(before)

    def passed_over(self) -> list[Reject]:
        """Return lines that were too large, since this was last asked."""
        found, self._rejects = self._rejects, []
        return found

    def _lines(self, pieces: Iterator[bytes]) -> Iterator[str]:
        for line in lines(pieces):
            if line.is_whole:
                if not self._numbers:
                    self.start = shown(line.text[:EXCERPT])
                self._numbers[1:] = [line.number]
                yield line.text.decode("utf-8", "surrogateescape") + "\n"
            else:
                self._rejects.append(too_large(f"line {line.number}", line.size, line.text))


def _utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a text in UTF-8 without its mark."""
    first = next(pieces, b"")
    if first[:2] not in _UTF16:
        yield first.removeprefix(BOM)
        yield from pieces
        return
    decoder = getincrementaldecoder("utf-16")("replace")
    yield decoder.decode(first).encode()
    for piece in pieces:
        yield decoder.decode(piece).encode()


def _head(head: bytes) -> str:
    if head[:2] in _UTF16:
        return head[: len(head) & ~1].decode("utf-16", "replace")
    return head.removeprefix(BOM).decode("utf-8", "replace")


def _delimiter(some: list[str]) -> str:
    """Return what separates the cells of the first lines: with it the header has most names that are known."""
    return max(_DELIMITERS, key=lambda one: _fit(some, one))


def _fit(some: list[str], delimiter: str) -> tuple[int, int, int]:
    header, *rows = list(_rows(some, delimiter)) or [[]]
    known = len(KNOWN & {cell.strip().lower() for cell in header})
    return known, sum(len(row) == len(header) > 1 for row in rows), len(header)


def _cells(header: list[str], delimiter: str) -> list[str]:
    return next(_rows(header, delimiter), [])


def _rows(some: list[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from islice(csv.reader((f"{line}\n" for line in some), delimiter=delimiter), _LOOKED_AT)
    except csv.Error:
        return


def _bad_byte(cells: list[str] | csv.Error) -> str | None:
    """Return which byte of some cells is no UTF-8, if one is not."""
    for cell in () if isinstance(cells, csv.Error) else cells:
        if not cell.isascii():
            bad = next((char for char in cell if "\udc80" <= char <= "\udcff"), None)
            if bad is not None:
                return f"byte 0x{ord(bad) - 0xDC00:02x} is not UTF-8 text"
    return None
