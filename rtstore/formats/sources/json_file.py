"""``json``: an array of records, one record, or an object with a list of records; each record as it is."""

from __future__ import annotations

from collections.abc import Iterator

from rtstore.formats.sources.base import Found, Item, Options, Reject, Sample
from rtstore.formats.sources.looking import start
from rtstore.formats.sources.objects import objects_of


class JSONFile:
    """JSON: an array of records of any size, or an object.

    An object is a record, unless it is around a list of records, as in ``{"data": [...]}``: then those are read, and
    what is beside them are rejects. Of a damaged file, what can be read is read.
    """

    name = "json"
    title = "JSON file"

    def recognises(self, sample: Sample) -> bool:
        return sample.suffix == ".json" or start(sample)[:1] in (b"[", b"{")

    def read(self, path: str, options: Options) -> Iterator[Found]:
        with open(path, "rb") as file:
            for found in objects_of(file, path):
                yield found if isinstance(found, Reject) else Item(found[1], found[0])
