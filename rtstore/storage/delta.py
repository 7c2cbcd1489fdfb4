"""A version of a page, stored against an older version of the same page.

An edit changes 32 bytes of a page of about 6 kB. A delta is ``depth (1 byte), id of the older page (32 bytes),
zstd frame`` where the frame was made with the older page as raw-content prefix. ``depth`` counts the deltas
from here down to a page that is stored whole, at most ``MAX_DEPTH``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from zstandard import (
    DICT_TYPE_RAWCONTENT,
    ZstdCompressionDict,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    frame_content_size,
)

from rtstore.errors import DamagedError
from rtstore.model.ids import OBJECT_ID_SIZE

MAX_DEPTH: Final = 8
#: An edited page is a few stretches of the old one: higher levels find no shorter form, and take four times as long.
LEVEL: Final = 1
#: No page is ever as large as this; bounds what a damaged or hostile delta may decompress to.
MAX_PAGE_BYTES: Final = 16 << 20


class Delta(NamedTuple):
    """The parts of a stored delta."""

    depth: int
    base: bytes
    frame: bytes


def make(data: bytes, base_id: bytes, base: bytes, depth: int) -> bytes:
    """Return the stored form of ``data`` against the page ``base``, which itself has ``depth - 1`` deltas below."""
    prefix = ZstdCompressionDict(base, dict_type=DICT_TYPE_RAWCONTENT)
    frame = ZstdCompressor(level=LEVEL, dict_data=prefix).compress(data)
    return bytes((depth,)) + base_id + frame


def parse(stored: bytes) -> Delta:
    """Take a stored delta apart.

    Raises:
        DamagedError: it is none.
    """
    depth = stored[0] if stored else 0
    if len(stored) <= 1 + OBJECT_ID_SIZE or not 1 <= depth <= MAX_DEPTH:
        raise DamagedError("a stored page version is damaged")
    return Delta(depth, stored[1 : 1 + OBJECT_ID_SIZE], stored[1 + OBJECT_ID_SIZE :])


def apply(delta: Delta, base: bytes) -> bytes:
    """Return the page that ``delta`` makes of ``base``.

    Raises:
        DamagedError: the delta does not decompress.
    """
    prefix = ZstdCompressionDict(base, dict_type=DICT_TYPE_RAWCONTENT)
    try:
        if not 0 <= frame_content_size(delta.frame) <= MAX_PAGE_BYTES:
            raise DamagedError("a stored page version has an impossible size")
        return ZstdDecompressor(dict_data=prefix).decompress(delta.frame, allow_extra_data=False)
    except ZstdError as error:
        raise DamagedError(f"a stored page version cannot be read ({error})") from error
