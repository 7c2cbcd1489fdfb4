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
from rtstore.model.names import dataset_problem
from rtstore.storage.files import Files, is_temporary
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

    Whether it is what its operation says is for the caller to see.

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
        raise damaged(directory)
    return intent


def damaged(directory: str) -> DamagedError:
    """Return the error for a record that cannot be what a command was about to do."""
    return DamagedError(
        f"{_path(directory)} is damaged: an interrupted command cannot be finished",
        hint="Run `rtstore fsck --rescue`: working files stay as they are; `rtstore status` tells.",
    )


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
    sound = len(intent.operation) == OBJECT_ID_SIZE and all(map(_is_sound, intent.replacements))
    return intent if sound else None


def _is_sound(replacement: Replacement) -> bool:
    """Tell whether a replacement names a file in the workspace and, beside it, one that is temporary.

    Whatever becomes of the command, the temporary one is renamed or removed.
    """
    if dataset_problem(replacement.final) is not None:
        return False
    if replacement.temporary is None:
        return True
    directory, _, name = replacement.temporary.rpartition("/")
    above, _, final = replacement.final.rpartition("/")
    return directory == above and is_temporary(name, final)
