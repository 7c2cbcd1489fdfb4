"""The object store: every object of a store, by id, whichever pack it is in.

Readers take no lock: packs never change, and when one has been merged into another and is gone, the list of
packs is read again. Writing goes through a ``Transaction``.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rtstore.errors import DamagedError, MissingObjectError
from rtstore.model.ids import Kind, object_id
from rtstore.storage import delta
from rtstore.storage.files import refused
from rtstore.storage.pack import PREFIX_SIZE, Block, Encoding, Pack

#: Decompressed blocks kept for the next read, in bytes: what an edit of some hundred entries reads of a large
#: dataset, which is read again when the edit is compared with it.
BLOCK_CACHE: Final = 64 << 20
#: Pages kept because the next page read may be stored as a difference from one of them.
PAGE_CACHE: Final = 1024
SUFFIX: Final = ".pack"
_FSCK: Final = "run: rtstore fsck"
_PAGES: Final = (Kind.LEAF, Kind.INNER)


class ObjectStore:
    """Reads objects out of the packs in a directory.

    ``unusable`` says of packs that cannot even be opened why; what they hold may be elsewhere, or is missing.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.unusable: dict[str, DamagedError] = {}
        self._packs: dict[str, Pack] = {}
        self._order: list[Pack] = []
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._cached = 0
        #: Blocks of which an object was read.
        self._touched: set[tuple[str, int]] = set()
        self._pages: OrderedDict[bytes, tuple[bytes, int]] = OrderedDict()
        #: Pages that others are stored against and that cannot be read, with the deltas that may be below them.
        self._lost: set[tuple[bytes, int]] = set()
        self._loaded = False
        #: Packs that were written a moment ago; None: nobody wants to know.
        self._own: set[str] | None = None

    def packs(self) -> list[Pack]:
        """Return the packs, largest first; lists the directory when that has not been done yet.

        Raises:
            DamagedError: there is no such directory.
            StorageError: the operating system refused.
        """
        if not self._loaded:
            self.reload()
        return self._order

    def reload(self) -> bool:
        """Read the list of packs again; tell whether there are any that were not known.

        Raises:
            DamagedError: there is no such directory.
            StorageError: the operating system refused.
        """
        known = set(self._packs)
        while not self._open(self._names()):
            pass  # one was merged into another since the listing: that one is in the next
        self._order = sorted(self._packs.values(), key=lambda pack: (-pack.objects, pack.name))
        self._loaded = True
        return not known.issuperset(self._packs)

    def _names(self) -> set[str]:
        try:
            return {name for name in os.listdir(self.directory) if name.endswith(SUFFIX)}
        except FileNotFoundError:
            raise DamagedError(f"{self.directory} is missing", hint=_FSCK) from None
        except OSError as error:
            raise refused(error, "list", self.directory) from error

    def _open(self, names: set[str]) -> bool:
        """Make these the packs; false if one of them is gone."""
        for name in self._packs.keys() - names:
            del self._packs[name]  # its mapping stays valid for whoever still reads from it
            self._pages.clear()  # they may be stored otherwise now
        self.unusable = {}
        if names != self._packs.keys():
            self._lost.clear()
        for name in names - self._packs.keys():
            path = os.path.join(self.directory, name)
            try:
                self._packs[name] = Pack(path)
            except FileNotFoundError:
                if not os.path.islink(path):
                    return False
                self.unusable[name] = DamagedError(f"pack {name} is a link to no file", hint=_FSCK)
            except DamagedError as error:
                self.unusable[name] = error
            except OSError as error:
                raise refused(error, "read", path) from error
        return True

    @contextmanager
    def believing(self) -> Iterator[None]:
        """Let what is written meanwhile be read without comparing it with its ids again: it was a moment ago.

        For commands that write much and read all of it at once. Nothing else may be believed: disks forget.
        """
        self._own = set()
        try:
            yield
        finally:
            self._own = None

    def note_own(self, path: str) -> None:
        """Note that a pack has just been written."""
        if self._own is not None:
            self._own.add(os.path.basename(path))

    def is_believing(self) -> bool:
        """Tell whether anything may be believed."""
        return self._own is not None

    def is_own(self, pack: Pack) -> bool:
        """Tell whether a pack was written a moment ago, and may be believed."""
        return self._own is not None and pack.name in self._own

    def close(self) -> None:
        """Forget everything; the next read opens the packs again."""
        self._blocks.clear()
        self._touched.clear()
        self._cached = 0
        self._pages.clear()
        for pack in self._packs.values():
            pack.close()
        self._packs.clear()
        self._order = []
        self._loaded = False

    def read(self, kind: Kind, id: bytes) -> bytes:
        """Return the content of an object, compared with its id.

        Raises:
            MissingObjectError: it is in no pack.
            DamagedError: what is stored under its id is not it, or a pack that may hold it is damaged.
        """
        return self.read_version(kind, id)[0]

    def read_version(self, kind: Kind, id: bytes, depth: int = delta.MAX_DEPTH) -> tuple[bytes, int]:
        """Return the content of an object, and how many deltas were applied to get it; at most ``depth``.

        Raises:
            MissingObjectError: it is in no pack.
            DamagedError: what is stored under its id is not it, or a pack that may hold it is damaged.
        """
        if kind not in _PAGES:
            return self._search(kind, id, depth)
        page = self._pages.get(id)
        if page is None or page[1] > depth:
            page = self._search(kind, id, depth)
            self.keep_pages({id: page})
        return page

    def keep_pages(self, pages: dict[bytes, tuple[bytes, int]]) -> None:
        """Keep pages that were just written, with the deltas each has below it: the next command begins with them."""
        for id, page in pages.items():
            self._pages[id] = page
            if len(self._pages) > PAGE_CACHE:
                self._pages.popitem(last=False)

    def _search(self, kind: Kind, id: bytes, depth: int) -> tuple[bytes, int]:
        damage: DamagedError | None = None
        while True:
            for pack in self.packs():
                for number in pack.find(id):
                    try:
                        found = self._read_at(pack, number, kind, depth)
                    except DamagedError as error:
                        damage = error
                        continue
                    if found is None:
                        continue
                    if object_id(kind, found[0]) == id:
                        return found
                    damage = DamagedError(
                        f"{kind.name.lower()} {id.hex()[:16]} is damaged in pack {pack.name}", hint=_FSCK
                    )
            if not self.reload():
                raise damage or self._missing(kind, id)

    def _missing(self, kind: Kind, id: bytes) -> DamagedError:
        for error in self.unusable.values():
            return error
        return MissingObjectError(f"{kind.name.lower()} {id.hex()[:16]} is missing", hint=_FSCK)

    def contains(self, kind: Kind, id: bytes) -> bool:
        """Tell whether the object is stored and intact; a hit is read to be sure."""
        if not any(pack.find(id) for pack in self.packs()):
            return False
        try:
            self.read(kind, id)
        except DamagedError:
            return False
        return True

    def find_prefix(self, kind: Kind, prefix: str) -> list[bytes]:
        """Return the ids of the objects of ``kind`` that begin with the hex digits ``prefix``, sorted.

        Raises:
            DamagedError: one that may be among them is damaged.
        """
        digits = 2 * PREFIX_SIZE
        low, high = (int(prefix[:digits].ljust(digits, fill), 16) for fill in "0f")
        found = set()
        for pack in self.packs():
            for number in pack.find_between(low, high):
                version = self._read_at(pack, number, kind, delta.MAX_DEPTH)
                if version is not None and (id := object_id(kind, version[0])).hex().startswith(prefix):
                    found.add(id)
        return sorted(found)

    def _read_at(self, pack: Pack, number: int, kind: Kind, depth: int) -> tuple[bytes, int] | None:
        index = pack.block_of(number)
        block = pack.block(index)
        if block.kind is not kind:
            return None
        start, end = pack.bounds_of(number, block)
        if block.is_compressed:
            stored = self._plain(pack, index, block, end)[start:end]
        else:
            stored = pack.part(block, start, end)
        if block.encoding is not Encoding.DELTAS:
            return stored, 0
        version = delta.parse(stored)
        if version.depth > depth:
            raise pack.damaged("its page versions go round in a circle")
        base, below = self.read_base(kind, version.base, version.depth - 1)
        return delta.apply(version, base), below + 1

    def read_base(self, kind: Kind, id: bytes, depth: int) -> tuple[bytes, int]:
        """Return a page that another is stored against, as ``read_version`` does.

        What cannot be read is not tried again: else many deltas that claim to be one page, each of them against such
        another, would take for ever.

        Raises:
            DamagedError: it cannot be read.
        """
        if (id, depth) in self._lost:
            raise MissingObjectError(f"{kind.name.lower()} {id.hex()[:16]} cannot be read", hint=_FSCK)
        try:
            return self.read_version(kind, id, depth)
        except DamagedError:
            self._lost.add((id, depth))
            raise

    def _plain(self, pack: Pack, index: int, block: Block, end: int) -> bytes:
        """Return the plain bytes of a block up to ``end``, at least.

        Who reads one object of a block often reads no other: the first time nothing behind it is decompressed, and
        nothing kept, so that one after the other can use the same memory.
        """
        key = (pack.name, index)
        data = self._blocks.pop(key, None)
        if data is not None:
            self._cached -= len(data)
        elif key not in self._touched:
            self._touched.add(key)
            return pack.plain(block, end)
        else:
            data = pack.plain(block)
        self._blocks[key] = data
        self._cached += len(data)
        while self._cached > BLOCK_CACHE and len(self._blocks) > 1:
            self._cached -= len(self._blocks.popitem(last=False)[1])
        return data
