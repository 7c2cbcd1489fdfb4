"""JSON arrays: one record an element. The bytes of each element are kept exactly, and those between them."""

from __future__ import annotations

import re
from itertools import pairwise
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Final, NamedTuple

import msgspec

from rtstore.errors import InputError
from rtstore.formats.jsonl import BOM, Batch, LineParser, too_large
from rtstore.formats.problems import MAX_RECORD, array_problem, explain, warnings_of
from rtstore.model.ids import record_ids
from rtstore.model.jsontext import MAX_DEPTH, depth_exceeds, elements, integer, loads, skip_space

_SPACE: Final = re.compile(rb"[ \t\r\n]*")


class Elements(NamedTuple):
    """A parsed array: its records, what is before the first and after the last, and the usual separator.

    ``offsets`` are those of the elements in the file.
    """

    batch: Batch
    head: bytes
    separator: bytes
    tail: bytes
    offsets: list[int]


def parse_array(data: bytes, parser: LineParser) -> Elements:
    """Parse the whole of a JSON array file.

    Raises:
        InputError: it is not an array of objects in UTF-8.
    """
    parser.check_utf8(data, 1)
    spans = element_spans(data, parser.path)
    for start, end in spans:
        if end - start > MAX_RECORD:
            raise too_large(parser.path, data.count(b"\n", 0, start) + 1)
    if not spans:
        return Elements(Batch([], [], None, None, [], {}), data, b",\n", b"", [])
    raw = [data[start:end] for start, end in spans]
    between = [data[end:start] for (_, end), (start, _) in pairwise(spans)]
    separator = between[0] if between else b",\n"
    records, claims, stamps = _records(data, spans, raw, parser)
    batch = Batch(
        records,
        record_ids(records),
        claims,
        stamps if any(stamps) else None,
        list(map(len, raw)),
        {index: odd for index, odd in enumerate(between) if odd != separator},
    )
    return Elements(
        batch, data[: spans[0][0]], separator, data[spans[-1][1] :], [start for start, _ in spans]
    )


def element_spans(data: bytes, path: str) -> list[tuple[int, int]]:
    """Return (start, end) of every element of an array in UTF-8.

    Raises:
        InputError: it is not an array.
    """
    start = len(BOM) if data.startswith(BOM) else 0
    try:
        raw = msgspec.json.decode(data[start:], type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _careful_spans(data, path)
    spans = []
    position = _after_space(data, start) + 1
    for element in raw:
        position = _after_space(data, position)
        end = position + len(memoryview(element))
        spans.append((position, end))
        position = _after_space(data, end) + 1
    return spans


def _careful_spans(data: bytes, path: str) -> list[tuple[int, int]]:
    """The same by Python's own scanner, which accepts NaN and lone surrogates, and says what is wrong."""
    _check_array(data, path)
    start = len(BOM) if data.startswith(BOM) else 0
    text = data[start:].decode()
    spans = []
    seen, position = 0, start  # characters looked at, and the bytes they take
    for span in elements(text, skip_space(text, 0)):
        begin = position + len(text[seen : span.start].encode())
        position = begin + len(text[span.start : span.end].encode())
        seen = span.end
        spans.append((begin, position))
    return spans


def _check_array(data: bytes, path: str) -> None:
    """Raise what is wrong with a file that should be a JSON array; pass if nothing is."""
    text = data.removeprefix(BOM).decode()
    try:
        value = JSONDecoder(parse_int=integer).decode(text)
    except JSONDecodeError as error:
        offset = len(data) - len(data.removeprefix(BOM)) + len(text[: error.pos].encode())
        raise array_problem(data, offset, error.msg, path) from error
    except RecursionError as error:
        raise InputError(
            f"objects and arrays are nested more than {MAX_DEPTH} levels deep",
            path=path,
            hint="Take the record out of the file, and try again.",
        ) from error
    if not isinstance(value, list):
        raise InputError(
            "not a dataset: a .json dataset is an array of objects",
            path=path,
            line=1,
            column=1,
            hint="Put the object into an array, or one object a line into a .jsonl file.",
        )


def _after_space(data: bytes, position: int) -> int:
    match = _SPACE.match(data, position)
    return match.end() if match else position


def _records(
    data: bytes, spans: list[tuple[int, int]], raw: list[bytes], parser: LineParser
) -> tuple[list[bytes], list[bytes] | None, list[tuple[bytes, ...]]]:
    claims: list[bytes] | None = None
    try:
        heads = [parser.decoder.decode(element) for element in raw]
        claims = parser.decoder.claims(heads)
        is_odd = any(map(depth_exceeds, raw))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        is_odd = True
    if is_odd:
        claims = [
            _claim(data, start, element, parser) for (start, _), element in zip(spans, raw, strict=True)
        ]
        if parser.decoder.claims(()) is None:
            claims = None
    cut = [parser.volatile.cut(element) for element in raw]
    return [record for record, _ in cut], claims, [values for _, values in cut]


def _claim(data: bytes, start: int, element: bytes, parser: LineParser) -> bytes:
    indent = start - data.rfind(b"\n", 0, start) - 1
    problem = explain(element, parser.path, data.count(b"\n", 0, start) + 1, indent)
    if problem is not None:
        raise problem
    parser.note = parser.note or warnings_of(element)
    return parser.decoder.claim_in(loads(element))
