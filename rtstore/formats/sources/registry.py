"""The kinds of files that conversations can be imported from, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rtstore.errors import InputError, UsageError
from rtstore.formats.array import element_spans
from rtstore.formats.problems import explain
from rtstore.formats.sources.base import Found, Item, Options, Reject, Sample, Source


class _Lines:
    name = "jsonl"
    title = "JSONL file"

    def recognises(self, sample: Sample) -> bool:
        return sample.suffix == ".jsonl" or sample.head.lstrip().startswith(b"{")

    def read(self, path: str, options: Options) -> Iterator[Found]:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                text = line.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
                if text:
                    yield _found(text, f"line {number}")


class _Array:
    name = "json"
    title = "JSON file"

    def recognises(self, sample: Sample) -> bool:
        return sample.suffix == ".json" or sample.head.lstrip().startswith(b"[")

    def read(self, path: str, options: Options) -> Iterator[Found]:
        with open(path, "rb") as file:
            data = file.read()
        for number, (start, end) in enumerate(element_spans(data, path), 1):
            yield _found(data[start:end], f"item {number}")


def _found(text: bytes, place: str) -> Item | Reject:
    problem: InputError | None = explain(text, "", 1)
    if problem is None:
        return Item(text, place)
    return Reject(place, problem.message, text.decode("utf-8", "replace"))


SOURCES: Final[tuple[Source, ...]] = (_Lines(), _Array())


def source_of(sample: Sample) -> Source | None:
    """Return the kind of a file, None if it is of no known one."""
    return next((source for source in SOURCES if source.recognises(sample)), None)


def source_named(name: str) -> Source:
    """Return a kind of file by its name.

    Raises:
        UsageError: there is none of that name.
    """
    for source in SOURCES:
        if source.name == name:
            return source
    names = ", ".join(source.name for source in SOURCES)
    raise UsageError(f"there is no kind of file {name!r}", hint=f"There are: {names}")
