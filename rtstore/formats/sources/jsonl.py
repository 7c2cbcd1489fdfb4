"""``jsonl``: one record a line, each as it is; a line that is no record is a reject, and the next is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rtstore.formats.sources.base import Found, Item, Options, Sample
from rtstore.formats.sources.lines import chunks, lines
from rtstore.formats.sources.looking import is_lines
from rtstore.formats.sources.records import line_record, whole_text

_SUFFIXES: Final = (".jsonl", ".ndjson", ".jsonlines")


class JSONLines:
    """JSONL: a byte order mark, any line ending and blank lines are no harm. Records keep their bytes.

    A line over 64 MiB is passed over, as no record may be larger: one conversation is never near it.
    """

    name = "jsonl"
    title = "JSONL file"

    def recognises(self, sample: Sample) -> bool:
        return sample.suffix in _SUFFIXES or is_lines(sample)

    def read(self, path: str, options: Options) -> Iterator[Found]:
        with open(path, "rb") as file:
            for line in lines(whole_text(chunks(file), path)):
                found = line_record(line)
                if isinstance(found, tuple):
                    place, text = found
                    yield Item(text, place)
                elif found is not None:
                    yield found
