"""Packs for tests: objects that look like records and pages, and stores with some in them."""

from __future__ import annotations

import random
from pathlib import Path

from rtstore.model.ids import Kind, object_id
from rtstore.storage.files import Files
from rtstore.storage.objects import ObjectStore
from rtstore.storage.transaction import Transaction

Objects = dict[tuple[Kind, bytes], bytes]


def text(number: int, words: int = 40) -> bytes:
    """Return a record of its own for every number, which compresses like prose."""
    rnd = random.Random(number)
    return b" ".join(b"word%d" % rnd.randrange(500) for _ in range(words)) + b" %d" % number


def page(number: int, version: int = 0, size: int = 6000) -> bytes:
    """Return a page that does not compress; versions of a page differ in 32 bytes each."""
    data = bytearray(random.Random(number).randbytes(size))
    for one in range(1, version + 1):
        data[one * 64 : one * 64 + 32] = random.Random(-number * 1000 - one).randbytes(32)
    return bytes(data)


def store_in(directory: Path) -> ObjectStore:
    """Return a store of the packs in a directory, which is made if need be."""
    directory.mkdir(exist_ok=True)
    return ObjectStore(str(directory))


def add(objects: ObjectStore, kind: Kind, *contents: bytes, files: Files | None = None) -> list[bytes]:
    """Store objects in a pack of their own and return their ids."""
    transaction = Transaction(files or Files(), objects)
    ids = [transaction.add(kind, content) for content in contents]
    transaction.finish()
    return ids


def expected(kind: Kind, *contents: bytes) -> Objects:
    """Return what a store should hold after ``add``."""
    return {(kind, object_id(kind, content)): content for content in contents}


def held(objects: ObjectStore, what: Objects) -> Objects:
    """Return what a store gives for the ids of ``what``."""
    return {(kind, id): objects.read(kind, id) for kind, id in what}


def only_pack(directory: Path) -> Path:
    """Return the one pack in a directory."""
    (path,) = directory.glob("*.pack")
    return path


def flip(path: Path, place: int) -> None:
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 0x20
    path.chmod(0o644)
    path.write_bytes(data)
