"""Git's objects as bytes: what is pushed is made here, what was fetched is taken apart here.

Author, date and message of a commit are constants, so that a git host learns nothing from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rtstore.errors import TamperError
from rtstore.remote.git.repository import GitObject

FILE: Final = 0o100644
DIRECTORY: Final = 0o040000
_SIGNATURE: Final = "rtstore <rtstore@localhost> 0 +0000"
_MESSAGE: Final = "rtstore backup"
_HEX: Final = frozenset("0123456789abcdef")
_ID_SIZE: Final = 20


class TreeEntry(NamedTuple):
    """A file or directory of a tree."""

    name: str
    mode: int
    id: str


class Commit(NamedTuple):
    """What matters of a commit."""

    tree: str
    parents: tuple[str, ...]


def object_id(kind: str, data: bytes) -> str:
    """Return the id git gives to an object."""
    digest = hashlib.sha1(f"{kind} {len(data)}\0".encode(), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def blob(data: bytes) -> GitObject:
    """Return a file's content as an object."""
    return GitObject("blob", object_id("blob", data), data)


def tree(entries: Iterable[TreeEntry]) -> GitObject:
    """Return a directory as an object; the entries may come in any order."""
    data = b"".join(
        b"%o %s\0%s" % (entry.mode, _name(entry), bytes.fromhex(entry.id))
        for entry in sorted(entries, key=_order)
    )
    return GitObject("tree", object_id("tree", data), data)


def commit(tree: str, parents: Sequence[str] = ()) -> GitObject:
    """Return a commit as an object."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {_SIGNATURE}", f"committer {_SIGNATURE}", "", _MESSAGE, ""]
    data = "\n".join(lines).encode()
    return GitObject("commit", object_id("commit", data), data)


def parse_tree(data: bytes) -> list[TreeEntry]:
    """Return the entries of a tree.

    Raises:
        TamperError: it is not a tree as git writes it.
    """
    entries = []
    at = 0
    while at < len(data):
        space, end = data.find(b" ", at), data.find(b"\0", at)
        mode, name = data[at:space], data[space + 1 : end]
        id = data[end + 1 : end + 1 + _ID_SIZE]
        if not at < space < end or not mode.isdigit() or set(mode) & set(b"89") or len(mode) > 6:
            raise _damaged("tree")
        if not name or b"/" in name or name in (b".", b"..") or len(id) != _ID_SIZE:
            raise _damaged("tree")
        entries.append(TreeEntry(name.decode("utf-8", "surrogateescape"), int(mode, 8), id.hex()))
        at = end + 1 + _ID_SIZE
    if len({entry.name for entry in entries}) != len(entries):
        raise _damaged("tree")
    return entries


def parse_commit(data: bytes) -> Commit:
    """Return what matters of a commit.

    Raises:
        TamperError: it is not a commit as git writes it.
    """
    trees: list[str] = []
    parents: list[str] = []
    for line in data.partition(b"\n\n")[0].split(b"\n"):
        field, _, value = line.partition(b" ")
        if field not in (b"tree", b"parent"):
            break
        (trees if field == b"tree" else parents).append(value.decode("ascii", "replace"))
    if len(trees) != 1 or not all(map(is_id, [*trees, *parents])):
        raise _damaged("commit")
    return Commit(trees[0], tuple(parents))


def is_id(text: str) -> bool:
    """Tell whether a text is an object id: 40 hex digits."""
    return len(text) == 2 * _ID_SIZE and _HEX.issuperset(text)


def _name(entry: TreeEntry) -> bytes:
    return entry.name.encode("utf-8", "surrogateescape")


def _order(entry: TreeEntry) -> bytes:
    """Git sorts a directory as if its name ended with a slash."""
    return _name(entry) + (b"/" if entry.mode == DIRECTORY else b"")


def _damaged(kind: str) -> TamperError:
    return TamperError(
        f"the remote sent a git {kind} that is none",
        hint="The repository is damaged or was altered: run `git fsck` in it.",
    )
