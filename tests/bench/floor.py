"""The least work that recording, rescanning and restoring a JSONL file can be, timed on this machine.

No tree, no index, no fsync: a store can come close to these times and not beat them.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from blake3 import blake3
from zstandard import ZstdCompressor, ZstdDecompressor

BLOCK = 128 << 10
CHUNK = 4 << 20
RANGE = 100_000


class _Stamp(msgspec.Struct):
    entry_uuid: str | None = None


class _Identity(msgspec.Struct):
    id: Any = None
    rolethread: _Stamp | None = msgspec.field(default=None, name="_rolethread")


class Floor(NamedTuple):
    """Seconds that each kind of work takes at least."""

    record: float
    rescan: float
    restore: float


def measure(file: Path, scratch: Path) -> Floor:
    """Time the floor for one file; ``scratch`` is a directory for what is written."""
    blocks, copy = scratch / "floor.blocks", scratch / "floor.copy"
    gc.disable()
    try:
        return Floor(
            _timed(lambda: record(file, blocks)),
            _timed(lambda: rescan(file)),
            _timed(lambda: restore(blocks, copy)),
        )
    finally:
        gc.enable()
        blocks.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)


def record(file: Path, blocks: Path) -> None:
    """Check UTF-8 and JSON, read each line's id and hash it; compress on a second thread; write."""
    decode = msgspec.json.Decoder(_Identity).decode
    digests = []
    compressor = ZstdCompressor(level=3)

    def compress(text: bytes) -> Any:
        pieces: list[bytes | bytearray | memoryview] = [
            text[at : at + BLOCK] for at in range(0, len(text), BLOCK)
        ]
        return compressor.multi_compress_to_buffer(pieces, threads=1)

    with open(file, "rb") as source, open(blocks, "wb") as sink, ThreadPoolExecutor(1) as second:
        waiting: deque[Future[Any]] = deque()
        rest = b""
        while chunk := source.read(CHUNK):
            text, _, rest = (rest + chunk).rpartition(b"\n")
            waiting.append(second.submit(compress, text))
            text.decode()  # the JSON decoder does not look at the UTF-8 of what it skips
            for line in text.split(b"\n"):
                decode(line)
                digests.append(blake3(line).digest())
            while len(waiting) > 3:
                sink.writelines(waiting.popleft().result())
        for each in waiting:
            sink.writelines(each.result())


def rescan(file: Path) -> None:
    """Hash the file in ranges: what it takes to see that nothing changed."""
    with open(file, "rb") as source:
        while piece := source.read(RANGE):
            blake3(piece).digest()


def restore(blocks: Path, copy: Path) -> None:
    """Decompress the blocks that ``record`` wrote, and write the file."""
    with open(blocks, "rb") as source, open(copy, "wb") as sink:
        reader = ZstdDecompressor().stream_reader(source, read_across_frames=True)
        while piece := reader.read(1 << 20):
            sink.write(piece)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
