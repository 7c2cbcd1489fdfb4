"""A reader of encrypted backups written from ``docs/format.md``, section 15, alone: it shares no code with rtstore.

It checks what it reads, and gives the objects. The files of datasets are what ``restore.py`` reads, which uses nothing
of rtstore either.
"""

from __future__ import annotations

import json
import struct
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]
from store_reader import object_id
from zstandard import ZstdDecompressor, frame_content_size

_KINDS = {
    0: "record", 3: "dataset", 4: "stamps", 5: "registry", 6: "annotation", 7: "snapshot", 8: "commit", 9: "blob",
}  # fmt: skip
_FOR_RECOVERY = {33: "files", 34: "file", 35: "text"}
_NO_ROOT = bytes(32)

Row = tuple[bytes, bytes, bytes | None, bytes | None]


class BackupReader:
    """A backup in a directory that git has checked out, opened with an age identity."""

    def __init__(self, directory: Path, identity: str) -> None:
        self._directory = directory
        assert json.loads((directory / "format.json").read_bytes()) == {
            "format": "rtstore backup",
            "version": 1,
        }
        self.keyring = json.loads(self._decrypted("keys/recipients.age", identity))
        self.fingerprint = self._check_keyring()
        self.sizes: list[int] = []
        self.head = self._head()
        #: By kind and id, in order.
        self.objects: dict[tuple[str, bytes], list[bytes]] = {}
        for generation, joined in self.head["parts"]:
            for at in range(0, len(joined), 40):
                self._read_part(self.keyring["generations"][generation - 1], joined[at : at + 40])

    def _decrypted(self, path: str, identity: str) -> bytes:
        key = pyrage.x25519.Identity.from_str(identity)
        return bytes(pyrage.decrypt((self._directory / path).read_bytes(), [key]))

    def _check_keyring(self) -> str:
        backup, before = bytes.fromhex(self.keyring["backup"]), None
        for number, generation in enumerate(self.keyring["generations"], 1):
            said = sha256(bytes.fromhex(generation["secret"])).digest() + _public(generation).encode()
            if before is None:
                assert generation["announced"] is None
                first = sha256(b"rtstore backup fingerprint\n" + backup + said).hexdigest()[:32]
            else:
                what = backup + number.to_bytes(4, "big") + said
                made = digest(_key(before, b"rtstore next keys"), what, "sha256").hex()
                assert generation["announced"] == made
            before = generation
        return "-".join(first[at : at + 4] for at in range(0, 32, 4))

    def _head(self) -> dict[str, Any]:
        newest = self.keyring["generations"][-1]
        data = self._decrypted("head.age", newest["identity"])
        self.sizes.append(len(data))
        code, _, text = ZstdDecompressor().decompress(data).partition(b"\n")
        assert code.decode() == digest(_key(newest, b"rtstore head"), text, "sha256").hex()
        self.head_hash = sha256(text).hexdigest()
        head: dict[str, Any] = json.loads(text)
        assert list(head) == [
            "format", "backup", "number", "recent", "generation", "default", "branches", "tags", "parts",
        ]  # fmt: skip
        assert (head["format"], head["backup"]) == (1, self.keyring["backup"])
        assert head["generation"] == len(self.keyring["generations"])
        assert len(head["recent"]) == min(head["number"] - 1, 32)
        return head

    def _read_part(self, generation: dict[str, str], name: str) -> None:
        data = self._decrypted(f"parts/{name[:2]}/{name}.age", generation["identity"])
        self.sizes.append(len(data))
        assert digest(_key(generation, b"rtstore part"), data, "sha256")[:20].hex() == name
        assert data[:4] == bytes.fromhex("502a4d18")
        (size,) = struct.unpack_from("<I", data, 4)
        index = list(struct.iter_unpack(">II", data[8 : 8 + size]))
        at, frames = 8 + size, []
        for stored, plain in index:
            assert frame_content_size(data[at : at + stored]) == plain
            frames.append(ZstdDecompressor().decompress(data[at : at + stored]))
            at += stored
        assert data[at : at + 4] == bytes.fromhex("512a4d18")
        assert struct.unpack_from("<I", data, at + 4)[0] == len(data) - at - 8
        assert not any(data[at + 8 :])
        for table, contents in zip(frames[::2], frames[1::2], strict=True):
            self._read_group(table, contents)

    def _read_group(self, table: bytes, contents: bytes) -> None:
        (count,) = struct.unpack_from(">I", table)
        kinds, *sizes = struct.unpack_from(f">{count}s{count}I", table, 4)
        ids, at = table[4 + 5 * count :], 0
        assert len(ids) == 32 * count
        for number, (kind, size) in enumerate(zip(kinds, sizes, strict=True)):
            id, data = ids[32 * number : 32 * number + 32], contents[at : at + size]
            assert contents[at + size : at + size + 1] == b"\n"
            at += size + 1
            if kind in _KINDS:
                assert object_id(_KINDS[kind], data) == id
            assert kind != 35 or sha256(data).digest() == id
            name = "rows" if kind == 32 else (_KINDS | _FOR_RECOVERY)[kind]
            self.objects.setdefault((name, id), []).append(data)
        assert at == len(contents)

    def rows(self, root: bytes | None) -> list[Row]:
        """Return entry id, record id, annotation and separator of all entries below a root."""
        if root is None or root == _NO_ROOT:
            return []
        pieces = self.objects["rows", root]
        base = pieces[0][:32]
        old, new = iter(self.rows(base)), list[Row]()
        for expected, piece in enumerate(pieces):
            said, _, _, _, count, number, last = struct.unpack_from(">32sBQBQIB", piece)
            assert (said, number) == (base, expected)
            at = 55
            while at < len(piece):
                code, n = struct.unpack_from(">BI", piece, at)
                at += 5
                if code == 2:
                    added, at = _columns(piece, at, n)
                    new += added
                else:
                    passed = [next(old) for _ in range(n)]
                    new += passed if code == 0 else []
            if last:
                assert next(old, None) is None
                assert len(new) == count
                return new
        raise AssertionError("the last piece is missing")


def _public(generation: dict[str, str]) -> str:
    return str(pyrage.x25519.Identity.from_str(generation["identity"]).to_public())


def _key(generation: dict[str, str], purpose: bytes) -> bytes:
    return digest(bytes.fromhex(generation["secret"]), purpose, "sha256")


def _columns(piece: bytes, at: int, n: int) -> tuple[list[Row], int]:
    entries, records = piece[at : at + 16 * n], piece[at + 16 * n : at + 48 * n]
    at += 48 * n
    annotations: dict[int, bytes] = {}
    separators: dict[int, bytes] = {}
    (noted,) = struct.unpack_from(">I", piece, at)
    for place in range(at + 4, at + 4 + 36 * noted, 36):
        annotations[struct.unpack_from(">I", piece, place)[0]] = piece[place + 4 : place + 36]
    at += 4 + 36 * noted
    (odd,) = struct.unpack_from(">I", piece, at)
    at += 4
    for _ in range(odd):
        index, size = struct.unpack_from(">II", piece, at)
        separators[index] = piece[at + 8 : at + 8 + size]
        at += 8 + size
    rows = [
        (entries[16 * i : 16 * i + 16], records[32 * i : 32 * i + 32], annotations.get(i), separators.get(i))
        for i in range(n)
    ]
    return rows, at


def padme(size: int) -> int:
    """Return the length that Padmé gives to so many bytes."""
    e = size.bit_length() - 1
    s = e.bit_length()
    step = 2 ** (e - s)
    return -(-size // step) * step
