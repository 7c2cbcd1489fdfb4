"""The manifest beside an exported file: from which commit and options it came, and its hash.

It holds no time and no path, so that one commit with the same options gives the same manifest everywhere.
"""

from __future__ import annotations

import os
from typing import Any, Final

import msgspec

from rtstore.curate.exporting.output import hash_of
from rtstore.errors import InputError
from rtstore.formats.exports.manifest_name import SUFFIX
from rtstore.storage.files import Files

KIND: Final = "rtstore.export"
#: A manifest is small; whatever is larger is none.
_MOST: Final = 4 << 20


class Source(msgspec.Struct, frozen=True):
    """A file that an option names: its name and BLAKE3."""

    name: str
    blake3: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an exported file. ``counts`` says how many entries there were, and where they went."""

    kind: str = KIND
    version: int = 1
    commit: str
    dataset: str
    side: str | None = None
    options: dict[str, Any]
    sources: dict[str, Source] = {}
    counts: dict[str, int]
    file: str
    bytes: int
    blake3: str


def manifest_path(path: str) -> str:
    """Return where the manifest of a file is."""
    return path + SUFFIX


def write_manifest(files: Files, path: str, manifest: Manifest) -> None:
    """Write the manifest of the file at ``path``.

    Raises:
        StorageError: the operating system refused.
    """
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    files.write_atomically(manifest_path(path), text + b"\n", durable=False)


def read_manifest(path: str) -> Manifest:
    """Return the manifest of the file at ``path``.

    Raises:
        InputError: there is none, or it is none.
    """
    place = manifest_path(path)
    try:
        with open(place, "rb") as file:
            data = file.read(_MOST + 1)
    except FileNotFoundError:
        hint = "It is written beside each export, and says from which commit and options the file came."
        raise InputError(f"{path} has no manifest, {os.path.basename(place)}", hint=hint) from None
    except OSError as error:
        raise InputError(f"{place} cannot be read: {error.strerror}") from error
    try:
        manifest = msgspec.json.decode(data, type=Manifest) if len(data) <= _MOST else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is no manifest of an export: {error}", path=place) from error
    if manifest is None or manifest.kind != KIND:
        raise InputError("is no manifest of an export", path=place)
    if manifest.version != 1:
        raise InputError("was written by a newer rtstore", path=place)
    return manifest


def is_export(path: str) -> bool:
    """Whether a file is one that was exported, and what was exported: by the manifest beside it.

    A file that is older than its manifest is believed to be what that says, unless it has another size.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        manifest = read_manifest(path)
    except InputError:
        return False
    try:
        file, beside = os.stat(path), os.stat(manifest_path(path))
    except OSError:
        return False
    if manifest.file != os.path.basename(path) or manifest.bytes != file.st_size:
        return False
    return file.st_mtime_ns <= beside.st_mtime_ns or hash_of(path)[0] == manifest.blake3


def is_manifest(path: str) -> bool:
    """Whether what is at a path is the manifest of an export."""
    try:
        read_manifest(path.removesuffix(SUFFIX))
    except InputError:
        return False
    return True
