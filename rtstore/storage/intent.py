"""The record of a command that replaces several working files, so that the next one can finish or undo it.

It is written when all new files lie under temporary names, before the first is renamed, and cleared after the
last. While it exists: if the operation it names is the newest, the renames are carried on; otherwise the
command never happened, and the temporary files are removed.
"""

from __future__ import annotations

import os
from typing import Final

import msgspec

from rtstore.errors import DamagedError
from rtstore.model.ids import OBJECT_ID_SIZE
from rtstore.storage.files import WINDOWS, Files, is_temporary
from rtstore.storage.sealed import seal, unseal
from rtstore.storage.signature import Signature

_PURPOSE: Final = b"rtstore intent v1"


class Replacement(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One working file to replace. Paths are relative to the workspace, with ``/``.

    ``temporary`` holds the new content; None: the file is to be removed. ``expected`` is the signature of the
    file that is to be replaced or removed; None: there was none.
    """

    temporary: str | None
    final: str
    expected: Signature | None


class Intent(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a command is about to do to working files, as part of ``operation``."""

    operation: bytes
    replacements: tuple[Replacement, ...]


def write_intent(files: Files, directory: str, intent: Intent) -> None:
    """Record, durably, what is about to happen to working files. ``directory`` is the store's.

    Raises:
        StorageError: the operating system refused.
    """
    files.write_atomically(_path(directory), seal(msgspec.msgpack.encode(intent), _PURPOSE))


def read_intent(files: Files, directory: str) -> Intent | None:
    """Return what a command that did not finish was about to do; None if all finished.

    Raises:
        DamagedError: the record is not what rtstore wrote.
    """
    path = _path(directory)
    try:
        data = unseal(files.read(path), _PURPOSE)
    except FileNotFoundError:
        return None
    intent = None if data is None else _decode(data)
    if intent is None:
        raise DamagedError(
            f"{path} is damaged: an interrupted command cannot be finished",
            hint="Run `rtstore fsck --rescue`: working files stay as they are; `rtstore status` tells.",
        )
    return intent


def clear_intent(files: Files, directory: str) -> None:
    """Forget the record, durably: all working files are as they should be.

    Raises:
        StorageError: the operating system refused.
    """
    files.remove(_path(directory), missing_ok=True)
    files.sync_directory(directory)


def _path(directory: str) -> str:
    return f"{directory}{os.sep}intent"


def _decode(data: bytes) -> Intent | None:
    try:
        intent = msgspec.msgpack.decode(data, type=Intent)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    items = intent.replacements
    temporary = [item.temporary for item in items if item.temporary is not None]
    sound = (
        len(intent.operation) == OBJECT_ID_SIZE
        and all(map(_stays_inside, [*temporary, *(item.final for item in items)]))
        # Whatever becomes of the command, these are renamed or removed.
        and all(is_temporary(path.rpartition("/")[2]) for path in temporary)
    )
    return intent if sound else None


def _stays_inside(path: str) -> bool:
    """Return whether a path cannot lead out of the workspace, on this operating system."""
    parts = path.replace("\\", "/").split("/")
    return not {"", ".", ".."} & set(parts) and not (WINDOWS and ":" in path)
