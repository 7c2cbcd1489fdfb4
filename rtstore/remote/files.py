"""The files of a backup's branch as git sees them: their names and ids, from which its trees are made again.

What the remote has is remembered as 40 bytes a part, so that a push builds on it without having it here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from rtstore.errors import RemoteError, TamperError
from rtstore.remote.format.head import NAME_SIZE
from rtstore.remote.git.objects import DIRECTORY, FILE, TreeEntry, parse_commit, parse_tree, tree
from rtstore.remote.git.repository import GitObject, GitObjects

HEAD: Final = "head.age"
FORMAT: Final = "format.json"
README: Final = "README.md"
SCRIPT: Final = "restore.py"
ATTRIBUTES: Final = ".gitattributes"
KEYS: Final = "keys"
PARTS: Final = "parts"
#: The only files that a backup has besides its keys and parts.
PLAIN: Final = (README, FORMAT, SCRIPT, ATTRIBUTES, HEAD)
#: The largest tree and commit of git that are looked at. That of a backup of ten million parts has 3 MB.
MAX_TREE: Final = 4 << 20
_PART: Final = re.compile(rf"([0-9a-f]{{{2 * NAME_SIZE}}})\.age")
_KEY: Final = re.compile(r"[a-z]+\.age")
_FAN: Final = re.compile(r"[0-9a-f]{2}")


class NotABackupError(RemoteError):
    """A branch holds something else than a backup."""


class BackupFiles(msgspec.Struct):
    """Git ids of the files by name: ``plain`` ones at the top, ``keys``, and ``parts`` by name without the ending."""

    plain: dict[str, str] = {}
    keys: dict[str, str] = {}
    parts: dict[str, str] = {}

    def copy(self) -> BackupFiles:
        """Return a copy that can be changed."""
        return BackupFiles(dict(self.plain), dict(self.keys), dict(self.parts))

    def trees(self) -> list[GitObject]:
        """Return the trees, the top one last."""
        fans: dict[str, list[TreeEntry]] = {}
        for name, id in self.parts.items():
            fans.setdefault(name[:2], []).append(TreeEntry(f"{name}.age", FILE, id))
        below = {fan: tree(entries) for fan, entries in sorted(fans.items())}
        top = [TreeEntry(name, FILE, id) for name, id in self.plain.items()]
        found = list(below.values())
        if below:
            parts = tree(TreeEntry(fan, DIRECTORY, each.id) for fan, each in below.items())
            top.append(TreeEntry(PARTS, DIRECTORY, parts.id))
            found.append(parts)
        if self.keys:
            keys = tree(TreeEntry(name, FILE, id) for name, id in self.keys.items())
            top.append(TreeEntry(KEYS, DIRECTORY, keys.id))
            found.append(keys)
        return [*found, tree(top)]


def read_files(objects: GitObjects, commit: str, known: BackupFiles, limit: int = MAX_TREE) -> BackupFiles:
    """Return the files of a commit. Trees that are not in ``objects`` are those of ``known``.

    Raises:
        RemoteError: the branch holds something else than a backup.
        TamperError: a tree is damaged or missing.
    """
    remembered = {each.id: each.data for each in known.trees()}

    def read(id: str) -> list[TreeEntry]:
        data = remembered.get(id)
        return parse_tree(objects.read("tree", id, limit) if data is None else data)

    top = read(parse_commit(objects.read("commit", commit, limit)).tree)
    names = {entry.name for entry in top}
    if FORMAT not in names:
        raise not_a_backup()
    files = BackupFiles({}, {}, {})
    for entry in top:
        if entry.name == KEYS and entry.mode == DIRECTORY:
            files.keys = _files(read(entry.id), lambda name: name if _KEY.fullmatch(name) else None)
        elif entry.name == PARTS and entry.mode == DIRECTORY:
            for fan in read(entry.id):
                if fan.mode != DIRECTORY or not _FAN.fullmatch(fan.name):
                    raise _stray(f"{PARTS}/{fan.name}")
                files.parts.update(_files(read(fan.id), _part_name(fan.name)))
        elif entry.name in PLAIN and entry.mode == FILE:
            files.plain[entry.name] = entry.id
        else:
            raise _stray(entry.name)
    return files


def _files(entries: list[TreeEntry], name_of: Callable[[str], str | None]) -> dict[str, str]:
    found = {}
    for entry in entries:
        name = name_of(entry.name)
        if name is None or entry.mode != FILE:
            raise _stray(entry.name)
        found[name] = entry.id
    return found


def _part_name(fan: str) -> Callable[[str], str | None]:
    def name_of(file: str) -> str | None:
        match = _PART.fullmatch(file)
        return match[1] if match is not None and file.startswith(fan) else None

    return name_of


def not_a_backup() -> NotABackupError:
    """Return the error for a branch that holds something else."""
    return NotABackupError(
        "the branch on the remote holds something else than an rtstore backup; nothing was written to it",
        hint="Name another branch: `--branch rtstore`, for instance.",
    )


def _stray(name: str) -> TamperError:
    return TamperError(
        f"the backup on the remote has a file that rtstore did not put there: {name!r}",
        hint="Remove it from the branch with git, if you know whose it is.",
    )
