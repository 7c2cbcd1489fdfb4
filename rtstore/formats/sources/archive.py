"""The conversations in the export of an account: a JSON file, or a ZIP archive that holds it."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from rtstore.errors import InputError
from rtstore.formats.sources.base import SAMPLE_SIZE, Reject, Sample
from rtstore.formats.sources.objects import decoded, objects_of
from rtstore.formats.sources.records import Record

MAGIC: Final = b"PK\x03\x04"
#: Large exports are in several files.
_NAME: Final = re.compile(r"(?:^|/)conversations(?:-\d+)?\.json$")
#: Files in an archive, and bytes of one when it is unpacked: more than any export, less than a disk.
_MAX_FILES: Final = 100_000
_MAX_SIZE: Final = 16 << 30
#: How many times smaller than its text a file of conversations may be. Ordinary text is 3 to 10 times smaller.
_MAX_RATIO: Final = 200
_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    ValueError,
    OSError,
)


def conversations(path: str) -> Iterator[Record | Reject]:
    """Yield the conversations of an export.

    Raises:
        InputError: it is damaged, or there are none in it.
    """
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            file.seek(0)
            yield from decoded(objects_of(file, path))
            return
        with _opened(file, path) as archive:
            names = _names(archive, path)
            for info in names:
                with archive.open(info) as member:
                    for found in decoded(objects_of(member, f"{path}:{info.filename}")):
                        yield found if len(names) == 1 else _placed(found, info.filename)


def first_sample(path: str) -> Sample:
    """Return what the first file of conversations in an archive is like.

    Raises:
        InputError: it is damaged, or there is none in it.
    """
    with open(path, "rb") as file, _opened(file, path) as archive:
        info = _names(archive, path)[0]
        with archive.open(info) as member:
            return Sample(info.filename, info.file_size, member.read(SAMPLE_SIZE))


def _placed(found: Record | Reject, name: str) -> Record | Reject:
    """Return what was found, with the file that it is in."""
    place = f"{name}, {found.place}"
    if isinstance(found, Reject):
        return Reject(place, found.reason, found.text)
    return found._replace(place=place)


@contextmanager
def _opened(file: IO[bytes], path: str) -> Iterator[zipfile.ZipFile]:
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            yield archive
    except _ERRORS as error:
        raise InputError(
            f"the archive cannot be read: {str(error)[:200] or type(error).__name__}",
            path=path,
            hint="Download the export again, or unpack it and import its conversations.json.",
        ) from error


def _names(archive: zipfile.ZipFile, path: str) -> list[zipfile.ZipInfo]:
    """Return the files of conversations in an archive, in the order of their names."""
    every = archive.infolist()
    found = sorted(
        (info for info in every[:_MAX_FILES] if _NAME.search(info.filename)), key=lambda one: one.filename
    )
    if not found:
        raise InputError(
            "there is no conversations.json in the archive",
            path=path,
            hint="Unpack it, and import the file that holds the conversations.",
        )
    for info in found:
        if info.file_size > _MAX_SIZE or info.file_size > _MAX_RATIO * max(info.compress_size, 1 << 16):
            raise InputError(
                f"{info.filename} in the archive is {info.compress_size:,} bytes and would become {info.file_size:,}",
                path=path,
                hint="No export is like that. If you trust it, unpack it and import its conversations.json.",
            )
    return found
