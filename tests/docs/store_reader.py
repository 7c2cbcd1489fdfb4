"""A reader of stores written from ``docs/format.md`` alone: it shares no code with rtstore.

Gives back the files of a commit. Numbers in parentheses are sections of that page.
"""

from __future__ import annotations

import json
import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any
from zlib import crc32

from blake3 import blake3
from msgspec import msgpack
from zstandard import DICT_TYPE_RAWCONTENT, ZstdCompressionDict, ZstdDecompressor

_KINDS = (
    "record",
    "leaf",
    "inner",
    "dataset",
    "stamps",
    "registry",
    "annotation",
    "snapshot",
    "commit",
    "blob",
)
_MAGIC = b"RTPACK\x00\x01"
_FOOTER = struct.Struct("<QIIQ32s32s")
_BLOCK = struct.Struct("<QIIIBBxx")


def object_id(kind: str, content: bytes) -> bytes:
    """Return the id of an object (5)."""
    if kind == "record":
        return blake3(content).digest()
    return blake3(content, derive_key_context=f"rtstore 2026-11 {kind} v1").digest()


class Pack:
    """One pack file (4)."""

    def __init__(self, path: Path) -> None:
        self.data = data = path.read_bytes()
        index, objects, blocks, self.dictionary, index_sum, checksum = _FOOTER.unpack(data[-_FOOTER.size :])
        assert data[:8] == _MAGIC
        assert index % 8 == 0
        assert index + 16 * objects + 24 * blocks + _FOOTER.size == len(data)
        assert blake3(data[index : -_FOOTER.size]).digest() == index_sum
        assert blake3(data[:-32]).digest() == checksum == bytes.fromhex(path.stem)
        columns = struct.unpack_from(f"<{objects}Q{objects}I{objects}I", data, index)
        self.prefixes = columns[:objects]
        self.numbers = columns[objects : 2 * objects]
        self.starts = columns[2 * objects :]
        self.blocks = list(_BLOCK.iter_unpack(data[index + 16 * objects : -_FOOTER.size]))
        self._plain: dict[int, bytes] = {}
        assert list(self.prefixes) == sorted(self.prefixes)

    def find(self, id_: bytes) -> Iterator[tuple[str, int, bytes]]:
        """Yield kind, encoding and stored bytes of the objects that may have an id."""
        wanted = int.from_bytes(id_[:8], "big")
        for row in range(bisect_left(self.prefixes, wanted), bisect_right(self.prefixes, wanted)):
            number = self.numbers[row]
            place = bisect_right(self.blocks, number, key=itemgetter(3)) - 1
            yield _KINDS[self.blocks[place][4]], self.blocks[place][5], self._object(number, place)

    def _object(self, number: int, place: int) -> bytes:
        plain = self.plain(place)
        last = number + 1 == (self.blocks[place + 1][3] if place + 1 < len(self.blocks) else len(self.starts))
        end = (len(plain) if last else self.starts[number + 1]) - 1
        assert plain[end : end + 1] == b"\n"
        return plain[self.starts[number] : end]

    def plain(self, place: int) -> bytes:
        """Return the plain bytes of a block."""
        if place not in self._plain:
            offset, size, plain_size, _, _, encoding = self.blocks[place]
            stored = self.data[offset : offset + size]
            if encoding == 1:
                stored = ZstdDecompressor().decompress(stored)
            elif encoding == 2:
                dictionary = ZstdCompressionDict(self.plain(self.dictionary - 1))
                stored = ZstdDecompressor(dict_data=dictionary).decompress(stored)
            assert len(stored) == plain_size
            self._plain[place] = stored
        return self._plain[place]


class StoreReader:
    """A store, found in ``directory``, the ``.rtstore`` of a workspace."""

    def __init__(self, directory: Path) -> None:
        assert json.loads((directory / "format").read_bytes()) == {"format": "rtstore", "version": 1}
        self._directory = directory
        self.packs = [Pack(path) for path in directory.glob("packs/*.pack")]

    def operation(self, id_: str | None = None) -> dict[str, Any]:
        """Return an operation (10), by default the newest."""
        name = id_ or (self._directory / "head").read_text("ascii").removesuffix("\n")
        content = (self._directory / "operations" / name).read_bytes()
        assert object_id("operation", content).hex() == name
        operation: dict[str, Any] = msgpack.decode(content)
        return operation

    def read(self, kind: str, id_: bytes) -> bytes:
        """Return the content of an object."""
        for pack in self.packs:
            for found, encoding, stored in pack.find(id_):
                if found == kind:
                    content = stored if encoding != 3 else self._patched(kind, stored)
                    if object_id(kind, content) == id_:
                        return content
        raise LookupError(f"{kind} {id_.hex()}")

    def _patched(self, kind: str, delta: bytes) -> bytes:
        base = ZstdCompressionDict(self.read(kind, delta[1:33]), dict_type=DICT_TYPE_RAWCONTENT)
        return ZstdDecompressor(dict_data=base).decompress(delta[33:])

    def decoded(self, kind: str, id_: bytes) -> Any:
        """Return an object that is a structure."""
        return msgpack.decode(self.read(kind, id_))

    def datasets(self, commit: bytes) -> dict[str, Any]:
        """Return the datasets of a commit by name."""
        snapshot = self.decoded("commit", commit)[0]
        return {name: self.decoded("dataset", id_) for name, id_ in self.decoded("snapshot", snapshot)[0]}

    def leaves(self, page: bytes, level: int) -> Iterator[list[Any]]:
        """Yield the leaves below a page in order (8)."""
        if level == 0:
            yield self.decoded("leaf", page)
            return
        found, pages, lasts, counts = self.decoded("inner", page)
        assert found == level
        assert len(pages) // 32 == len(lasts) // 16 == len(counts)
        for at in range(0, len(pages), 32):
            yield from self.leaves(pages[at : at + 32], level - 1)

    def entries(self, dataset: Any) -> list[tuple[bytes, bytes, bytes | None, bytes | None]]:
        """Return (entry id, record id, annotation, separator) of all entries."""
        rows = []
        for entries, records, noted, odd in self.leaves(*dataset[:2]) if dataset[0] else ():
            annotation, separator = dict(noted), dict(odd)
            for i in range(len(entries) // 16):
                ids = entries[16 * i : 16 * i + 16], records[32 * i : 32 * i + 32]
                rows.append((*ids, annotation.get(i), separator.get(i)))
        assert len(rows) == dataset[2]
        return rows

    def file(self, dataset: Any) -> bytes:
        """Return the file of a dataset (6)."""
        (_, head, usual, tail, _), (_, volatile, *_), stamps = dataset[3:6]
        rows = self.entries(dataset)
        runs = self.decoded("stamps", stamps)[0] if stamps else []
        values = [run for count, run in runs for _ in range(count)] or [[]] * len(rows)
        file = bytearray(head)
        for (_, record, _, separator), stamped in zip(rows, values, strict=True):
            file += filled(self.read("record", record), stamped, volatile)
            file += usual if separator is None else separator
        end = len(file) - len(usual) if rows else len(file)  # the last record has no separator
        return bytes(file[:end] + tail)

    def sidecar(self, dataset: Any) -> bytes | None:
        """Return the sidecar of a dataset (9), for a registry without odd names."""
        if dataset[6] is None:
            return None
        sections, order = self.decoded("registry", dataset[6])
        stamps = dict(self.decoded("stamps", dataset[5])[1]) if dataset[5] else {}
        noted = [
            (entry, mapping)
            for entry, _, id_, _ in self.entries(dataset)
            if id_ and (mapping := self.decoded("annotation", id_).get("mapping"))
        ]
        places = {order[at : at + 16]: at for at in range(0, len(order), 16)}
        noted.sort(key=lambda pair: places.get(pair[0], len(order)))
        tree: dict[str, Any] = {}
        for name, layout, items in sections:
            if layout == "object":
                tree[name] = {key: json.loads(text or stamps[f"{name}.{key}"]) for key, text in items}
            elif layout == "value":
                tree[name] = json.loads(items[0][1])
            else:
                at = json.loads(items[0][1]) if items and items[0][0] == "" else []
                texts = [text for key, text in items if key != ""]
                array = [text for _, text in noted] if name == "entry_character_mappings" else []
                for index, text in zip(at, texts, strict=False):
                    array.insert(index, text)
                tree[name] = [json.loads(text) for text in array + texts[len(at) :]]
        return (json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode()


def filled(record: bytes, stamps: list[bytes], volatile: list[str]) -> bytes:
    """Return a record with its volatile values (6)."""
    names = b"|".join(re.escape(path.split(".")[-1].encode()) for path in volatile)
    place = re.compile(rb'"(?:%s)"[ \t\n\r]*:[ \t\n\r]*(?=[,}])' % names)
    values = iter(stamps)
    whole = place.sub(lambda found: found[0] + next(values), record) if volatile else record
    assert next(values, None) is None
    return whole


def height(entry: bytes) -> int:
    """Return how many levels of the tree end after an entry (8)."""
    if crc32(entry) & 31:
        return 0
    strong = int.from_bytes(blake3(entry).digest()[:8], "big") | 1 << 63
    return (5 + (strong & -strong).bit_length() - 1) // 7


def page_ends(keys: list[bytes], level: int) -> list[int]:
    """Return where the pages end that are made of items with these names (8)."""
    natural = [i + 1 for i, key in enumerate(keys) if height(key) > level or i + 1 == len(keys)]
    ends: list[int] = []
    for start, stop in zip([0, *natural], natural, strict=False):
        ends += [start + end for end in _parts(keys[start:stop])]
    return ends


def _parts(keys: list[bytes]) -> list[int]:
    if len(keys) <= 1024:
        return [len(keys)]
    cut = 1 + min(range(127, len(keys) - 128), key=lambda i: blake3(b"split\0" + keys[i]).digest()[:16])
    return _parts(keys[:cut]) + [cut + end for end in _parts(keys[cut:])]
