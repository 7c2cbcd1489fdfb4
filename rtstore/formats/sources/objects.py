"""The objects in a JSON file: those of its array, those of a list in its one object, or that object itself.

They are found one by one, so that a file may have any size; what is damaged costs only what it damages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from rtstore.errors import InputError
from rtstore.formats.problems import MAX_RECORD, explain
from rtstore.formats.sources.base import Reject
from rtstore.formats.sources.lines import chunks
from rtstore.formats.sources.records import Record, check, shown, too_large, whole_text
from rtstore.formats.sources.scanner import Scanner, Value
from rtstore.model.jsontext import loads
from rtstore.model.shapes import shape_of

#: A record: its place and its text.
Text = tuple[str, bytes]

#: What lists of records are called in an object around them.
_NAMES: Final = frozenset(
    [
        "data",
        "rows",
        "records",
        "examples",
        "entries",
        "items",
        "samples",
        "conversations",
        "dataset",
        "train",
    ]
)
_BLANK: Final = b" \t\r\n"
_IS_BESIDE: Final = "beside the records, and part of none of them"


def objects_of(file: IO[bytes], path: str) -> Iterator[Text | Reject]:
    """Yield the objects of a JSON file with their exact text, and what is none; ``path`` names it in errors.

    Raises:
        InputError: it does not begin as an array or an object, or is one object that cannot be read.
    """
    pieces = whole_text(chunks(file), path)
    scanner = Scanner(pieces)
    first = scanner.peek()
    if first == b"[":
        scanner.skip()
        yield from _elements(scanner)
        yield from _trailing(scanner)
    elif first == b"{":
        yield from _object(scanner.rest(MAX_RECORD), scanner, path)
    else:
        text = scanner.value(b"").text
        raise explain(text[:4096].strip(), path, 1) or InputError("no JSON", path=path)


def decoded(found: Iterator[Text | Reject]) -> Iterator[Record | Reject]:
    """Decode the objects that were found."""
    for one in found:
        yield one if isinstance(one, Reject) else Record(*one, value=loads(one[1]))


def _elements(scanner: Scanner, number: int = 0) -> Iterator[Text | Reject]:
    """Yield the elements of an array after the first ``number``, which were passed with its bracket."""
    while (mark := scanner.peek()) != b"]":
        if not mark:
            yield Reject(f"line {scanner.line}", "the file ends before its array does")
            return
        number += 1
        yield _element(scanner.value(b",]"), f"item {number}")
        if scanner.peek() == b",":
            scanner.skip()
            if scanner.peek() == b"]":
                yield Reject(f"line {scanner.line}", "a comma with nothing after it")
    scanner.skip()


def _element(value: Value, place: str) -> Text | Reject:
    if value.is_cut:
        return too_large(place, value.size, value.text)
    if not value.is_whole and check(value.text, place, value.line) is not None:
        return Reject(f"{place}, line {value.line}", "the file ends inside of it", shown(value.text))
    if not value.text:
        return Reject(f"{place}, line {value.line}", "there is nothing between two commas")
    return check(value.text, place, value.line, value.offset) or (place, value.text)


def _trailing(scanner: Scanner) -> Iterator[Reject]:
    """Yield what is after the end, if there is anything."""
    if scanner.peek():
        line, value = scanner.line, scanner.value(b"")
        yield Reject(f"line {line}", "text after the end of the JSON", shown(value.text))


def _object(text: bytes | None, scanner: Scanner, path: str) -> Iterator[Text | Reject]:
    """Yield what is in a file that is one object; ``text`` is all of it, unless it is too large for a record."""
    if text is None:
        yield from _listed(scanner, _holds_records)
        return
    text = text.strip(_BLANK)
    problem = explain(text, path, 1)
    if problem is None:
        name = _list_in(loads(text))
        if name is None:
            yield "line 1", text
        else:
            yield from _listed(Scanner(iter([text])), lambda found, _: found == name)
        return
    found = list(_listed(Scanner(iter([text])), _holds_records))
    if all(isinstance(one, Reject) for one in found):
        raise problem
    yield from found


def _list_in(value: dict[str, Any]) -> str | None:
    """Return which member of an object holds records, None if the object is one itself."""
    lists = {key: each[0] for key, each in value.items() if isinstance(each, list) and each}
    shaped = [key for key, first in lists.items() if _has_shape(first)]
    if len(shaped) == 1:
        return shaped[0]
    if shape_of(value) is not None:
        return None
    named = [key for key, first in lists.items() if _holds_records(key, first)]
    return named[0] if len(named) == 1 else None


def _holds_records(name: str, first: Any) -> bool:
    """Whether a member whose list begins with some value holds records."""
    return _has_shape(first) or (name.lower() in _NAMES and isinstance(first, dict) and not _is_turn(first))


def _has_shape(value: Any) -> bool:
    return not _is_turn(value) and shape_of(value) is not None


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or "from" in value)


def _listed(scanner: Scanner, holds: Callable[[str, Any], bool]) -> Iterator[Text | Reject]:
    """Yield the elements of that list in an object which holds records, and whatever is beside it."""
    beside: list[Reject] = []
    was_found = False
    scanner.skip_if(b"{")
    while scanner.peek() not in (b"", b"}"):
        name = _name(scanner)
        if name is None:
            break
        if not was_found and scanner.peek() == b"[":
            ahead = _first(scanner)
            was_found = holds(name, ahead[1])
            if was_found:
                yield from beside
                yield from _after_first(scanner, ahead[0])
            else:
                scanner.value(b"]")
                scanner.skip_if(b"]")
                beside.append(Reject(f"member {name}", _IS_BESIDE, shown(ahead[0].text)))
        else:
            beside.append(Reject(f"member {name}", _IS_BESIDE, shown(scanner.value(b",}").text)))
            if was_found:
                yield beside[-1]
        scanner.skip_if(b",")
    if not was_found:
        yield from beside
    if scanner.peek() != b"}":
        yield Reject(f"line {scanner.line}", "the file ends before its object does")


def _name(scanner: Scanner) -> str | None:
    """Pass the name of a member and its colon; None if there is none."""
    text = scanner.value(b":,}").text
    if scanner.peek() != b":":
        return None
    scanner.skip()
    try:
        name = loads(text)
    except InputError:
        return None
    return name if isinstance(name, str) else None


def _first(scanner: Scanner) -> tuple[Value, Any]:
    """Pass the bracket of a list and its first element; return that, and what it says."""
    scanner.skip()
    value = scanner.value(b",]")
    try:
        return value, loads(value.text)
    except InputError:
        return value, None


def _after_first(scanner: Scanner, first: Value) -> Iterator[Text | Reject]:
    """Yield the elements of a list whose first was taken."""
    yield _element(first, "item 1")
    scanner.skip_if(b",")
    yield from _elements(scanner, 1)
