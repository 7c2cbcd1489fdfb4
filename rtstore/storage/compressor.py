"""Compression of many blocks on a second thread, while the first one parses."""

from __future__ import annotations

from queue import SimpleQueue
from threading import BoundedSemaphore, Thread

from zstandard import ZstdCompressionDict, ZstdCompressor

from rtstore.storage.packwriter import PackWriter

Buffer = bytes | bytearray | memoryview

#: Batches that may wait for the compressor; bounds memory to this many times a batch of a few MB.
QUEUE = 3


class BackgroundCompressor:
    """Compresses batches of blocks in order and hands them to a pack writer.

    A batch is compressed in one call, by ``threads`` threads: with a call a block, the thread would queue for
    the interpreter lock at every block. What fails is raised by the next ``submit`` or by ``finish``.
    """

    def __init__(
        self,
        writer: PackWriter,
        level: int,
        threads: int = 1,
        dictionary: ZstdCompressionDict | None = None,
    ) -> None:
        self._writer = writer
        self._threads = threads
        self._compressor = ZstdCompressor(level=level, dict_data=dictionary)
        self._queue: SimpleQueue[list[Buffer] | None] = SimpleQueue()
        self._room = BoundedSemaphore(QUEUE)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, name="rtstore-compressor", daemon=True)
        self._thread.start()

    def submit(self, blocks: list[Buffer]) -> None:
        """Queue a batch; waits while ``QUEUE`` of them are waiting."""
        self._room.acquire()
        self._raise()
        self._queue.put(blocks)

    def finish(self) -> None:
        """Wait until everything is written."""
        self._queue.put(None)
        self._thread.join()
        self._raise()

    def abandon(self) -> None:
        """Stop without looking at the result."""
        self._queue.put(None)
        self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (blocks := self._queue.get()) is not None:
            try:
                if self._error is None:
                    compressed = self._compressor.multi_compress_to_buffer(blocks, threads=self._threads)
                    # One call for all: at every call the thread queues for the interpreter lock.
                    self._writer.write_blocks(
                        [compressed[index].tobytes() for index in range(len(compressed))]
                    )
            except BaseException as error:  # handed to the other thread, which raises it
                self._error = error
            finally:
                self._room.release()
