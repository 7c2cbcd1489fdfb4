"""The text in a PNG file, as character cards are kept in pictures.

Written here and not left to a library of images: what is needed is a walk over the file's chunks, and such a library
brings decoders of many formats, which are much code to trust with a file by somebody unknown.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Final

from rtstore.errors import InputError

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
#: The most a text may have, compressed and not, in bytes; the largest cards have a few.
MAX_TEXT: Final = 16 << 20
_HEADER: Final = struct.Struct(">I4s")
_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
_HINT: Final = (
    "Download or save the picture again; some sites and programs shrink pictures and lose what is in them."
)


def texts(file: IO[bytes], path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the texts in a PNG file, each with its keyword. Other chunks are passed over.

    Raises:
        InputError: it is no PNG file, it is damaged or cut off, or a text is too large.
    """
    size = os.fstat(file.fileno()).st_size
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise _damaged("not a PNG file", path)
    while True:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise _damaged("the picture is cut off", path)
        length, kind = _HEADER.unpack(header)
        if file.tell() + length + 4 > size:
            raise _damaged(f"the picture is cut off in its {_name(kind)} chunk", path)
        if kind == b"IEND":
            return
        if kind in _TEXTS:
            yield _text(kind, _checked(file, kind, length, path), path)
        else:
            file.seek(length + 4, os.SEEK_CUR)


def _checked(file: IO[bytes], kind: bytes, length: int, path: str) -> bytes:
    if length > MAX_TEXT:
        raise _too_large(path)
    data = file.read(length)
    if struct.unpack(">I", file.read(4))[0] != zlib.crc32(kind + data):
        raise _damaged(f"the checksum of a {_name(kind)} chunk of the picture is wrong", path)
    return data


def _text(kind: bytes, data: bytes, path: str) -> tuple[str, bytes]:
    keyword, _, rest = data.partition(b"\0")
    if kind == b"zTXt":
        rest = _inflated(rest[1:], path)
    elif kind == b"iTXt":
        is_compressed, rest = rest[:1] == b"\1", rest[2:]
        rest = rest.partition(b"\0")[2].partition(b"\0")[2]  # after language and translated keyword
        rest = _inflated(rest, path) if is_compressed else rest
    return keyword.decode("latin-1"), rest


def _inflated(data: bytes, path: str) -> bytes:
    decoder = zlib.decompressobj()
    try:
        text = decoder.decompress(data, MAX_TEXT + 1)
    except zlib.error as error:
        raise _damaged("a text in the picture cannot be decompressed", path) from error
    if len(text) > MAX_TEXT:
        raise _too_large(path)
    if not decoder.eof:
        raise _damaged("a compressed text in the picture is cut off", path)
    return text


def _too_large(path: str) -> InputError:
    return InputError(f"a text in the picture is larger than {MAX_TEXT >> 20} MiB, and no card is", path=path)


def _damaged(what: str, path: str) -> InputError:
    return InputError(what, path=path, hint=_HINT)


def _name(kind: bytes) -> str:
    return "".join(char if char.isalnum() else "?" for char in kind.decode("latin-1"))
